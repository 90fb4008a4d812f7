"""Word edits between two texts: diff-match-patch over tokens, then made readable. Says nothing about what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from clausewatch.model import Edit
from differ.hunks import Hunk, hunks
from differ.readable import made_readable
from differ.tokens import Tokens, tokenise

SAME, OUT, IN = "=", "-", "+"


def word_edits(before: str, after: str) -> tuple[Edit, ...]:
    """The edits that lead from one text to the other: "=" and "-" join to the first, "=" and "+" to the second."""
    if before == after:
        return (Edit(SAME, before),) if before else ()
    old, new = tokenise(before), tokenise(after)
    return _edits(old, new, made_readable(old, new, hunks(old.words, new.words)))


def _edits(old: Tokens, new: Tokens, found: list[Hunk]) -> tuple[Edit, ...]:
    edits: list[Edit] = []
    i = j = 0
    for a, b, c, d in found:
        edits += _kept(old, new, i, j, a - i)
        edits += _changed(old, new, (a, b, c, d))
        i, j = b, d
    edits += _kept(old, new, i, j, len(old.words) - i)
    edits += _white(old.gap(len(old.words)), new.gap(len(new.words)))
    return compact(edits)


def _kept(old: Tokens, new: Tokens, i: int, j: int, count: int) -> list[Edit]:
    text = old.slice(i, i + count)
    if text == new.slice(j, j + count):
        return [Edit(SAME, text)]
    edits: list[Edit] = []
    for k in range(count):
        edits += _white(old.gap(i + k), new.gap(j + k))
        edits.append(Edit(SAME, old.words[i + k]))
    return edits


def _changed(old: Tokens, new: Tokens, hunk: Hunk) -> list[Edit]:
    """The white space before the two sides stays where it is equal: "18" became "24", not " 18" " 24"."""
    a, b, c, d = hunk
    gone, came = old.slice(a, b), new.slice(c, d)
    gap = old.gap(a)
    if not (gone and came and gap == new.gap(c)):
        return [Edit(OUT, gone), Edit(IN, came)]
    return [Edit(SAME, gap), Edit(OUT, gone[len(gap) :]), Edit(IN, came[len(gap) :])]


def _white(before: str, after: str) -> list[Edit]:
    return [Edit(SAME, before)] if before == after else [Edit(OUT, before), Edit(IN, after)]


def compact(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Joins neighbours: one "-" and one "+" between two "=" at most, nothing empty. What moved stays by itself."""
    sorted_edits: list[Edit] = []
    gone: list[str] = []
    came: list[str] = []
    for edit in edits:
        if edit.op == SAME or edit.moved is not None:
            if edit.text:
                sorted_edits += (*_pair("".join(gone), "".join(came)), edit)
                gone, came = [], []
        else:
            (gone if edit.op == OUT else came).append(edit.text)
    return tuple(joined((*sorted_edits, *_pair("".join(gone), "".join(came)))))


def _pair(gone: str, came: str) -> tuple[Edit, ...]:
    return (Edit(SAME, gone),) if gone == came else (Edit(OUT, gone), Edit(IN, came))


def joined(edits: Iterable[Edit]) -> list[Edit]:
    """What is empty is left out, equal neighbours become one."""
    runs = groupby((edit for edit in edits if edit.text), key=lambda edit: (edit.op, edit.moved))
    return [Edit(op, "".join([edit.text for edit in run]), moved) for (op, moved), run in runs]


_NUMBERING = re.compile(r"\A(?:\d{1,3}(?:\.\d{1,3})*[.)]|[ivxlc]{1,5}[.)]|[a-z][.)]|\([\da-z]{1,4}\))\s+(?=\S)")
_SPOKEN = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+|[%€$£¥<>=+]")


def is_cosmetic(edits: Iterable[Edit]) -> bool:
    """Whether the two sides differ in numbering, case, punctuation or spacing alone. False where they are equal.

    >>> is_cosmetic([Edit("-", "1. "), Edit("+", "2) "), Edit("=", "Your e-mail"), Edit("+", ".")])
    True
    """
    kept = tuple(edits)
    before = "".join(edit.text for edit in kept if edit.op != IN)
    after = "".join(edit.text for edit in kept if edit.op != OUT)
    return before != after and _spoken(before) == _spoken(after)


def _spoken(text: str) -> str:
    """What is left when it is read aloud. Numbers stay apart: "1 5" is not "15"."""
    lines = (_NUMBERING.sub("", line.strip(), count=1) for line in text.casefold().splitlines())
    words = _SPOKEN.findall(" ".join(line for line in lines))
    return "".join(f" {word} " if word[0].isdigit() else word for word in words)
