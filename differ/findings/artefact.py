"""Whether the difference of two versions comes from the capture and not from the vendor, judged over the whole pair."""

from __future__ import annotations

import re

from .sentences import Body
from .units import Difference

COMMON_FROM = 0.3
"""With a smaller share of common sentences two texts are hardly two versions of one document."""

MOJIBAKE = re.compile(r"Ã[\x80-¿]|â€|Â[\xa0-¿]|\ufffd|ï¿½")
WALLS = re.compile(
    r"access denied|enable javascript|verify (?:that )?you are (?:a )?human|checking your browser"
    r"|page (?:could )?not (?:be )?found|error 40[34]|404 error"
    r"|403 forbidden|are you a robot|captcha|just a moment|unusual traffic|sign in to continue",
    re.IGNORECASE,
)
WALL_WORDS = 400  # a page that says so and holds more than this is a policy that speaks of errors


def reason_of(difference: Difference) -> str | None:
    """Why the whole pair is an artefact, None if it is not."""
    before, after = difference.before, difference.after
    languages = before.text.language, after.text.language
    if all(languages) and languages[0] != languages[1]:
        return f"the language changed from {languages[0]} to {languages[1]}"
    for name, body in (("old", before), ("new", after)):
        if body.text.words < WALL_WORDS and WALLS.search(body.text.text):
            return f"the {name} text is an error page or a wall"
    if _mojibake(before) != _mojibake(after):
        return "the letters of one text are garbled"
    if _common_share(before, after) < COMMON_FROM:
        return "the texts have hardly a sentence in common: another document or region"
    return None


def _mojibake(body: Body) -> bool:
    return len(MOJIBAKE.findall(body.text.text)) > 5


def _common_share(before: Body, after: Body) -> float:
    """Share of the words of the smaller text that stand in sentences of the other."""
    small, large = sorted((before, after), key=lambda body: len(body.keys))
    total = sum(len(sentence.keys) for sentence in small.sentences)
    if not total:
        return 0.0
    return sum(len(sentence.keys) for sentence in small.sentences if large.holds(sentence)) / total
