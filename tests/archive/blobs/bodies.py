"""Bodies to store: pages of a fictional vendor that change a little from one to the next."""

from __future__ import annotations

import random

WORDS = "we share keep delete your data with partners for months under law unless consent is withdrawn"


def pages(count: int, *, seed: int = 1, sentences: int = 60) -> list[bytes]:
    """Pages of some kilobytes; each has one sentence other than the one before, and a number of its own."""
    chance = random.Random(seed)
    words = WORDS.split()
    lines = [" ".join(chance.choices(words, k=14)) for _ in range(sentences)]
    found = []
    for number in range(count):
        lines[chance.randrange(sentences)] = " ".join(chance.choices(words, k=14))
        text = "".join(f"<p>{line}.</p>\n" for line in lines)
        found.append(f"<h1>Privacy of Harbor Kites</h1>\n<!-- {number} {chance.random()} -->\n{text}".encode())
    return found
