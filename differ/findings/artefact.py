"""Whether the difference of two versions comes from the capture and not from the vendor, judged over the whole pair.

``gate`` holds back every finding; ``chrome_only`` explains a pair in which none was found."""

from __future__ import annotations

import re
from collections.abc import Iterable

from clausewatch.model import Alignment, BlockKind, Text

from .sentences import Body, Sentence
from .units import Difference

COMMON_FROM = 0.3
"""With a smaller share of common sentences two texts are hardly two versions of one document."""

WALL_WORDS = 400
"""A page that speaks of errors and holds more words than this is a policy."""

LOST_FROM = 3
"""Sentences that must be missing together before a lost part is believed."""

CHROME_WORDS = 8
"""A menu entry, a teaser or a button has at most so many words."""

MOJIBAKE = re.compile(r"Ã[\x80-¿]|â€|Â[\xa0-¿]|\ufffd|ï¿½")
WALLS = re.compile(
    r"access denied|enable javascript|verify (?:that )?you are (?:a )?human|checking your browser"
    r"|page (?:could )?not (?:be )?found|error 40[34]|404 error|403 forbidden|are you a robot|captcha|just a moment"
    r"|unusual traffic|sign in to continue",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"</?[a-z]+[^>]*>|\[email\s?protected|data:image|\]\(|opens in a new (?:tab|window)", re.IGNORECASE
)
_TICKER = re.compile(r"[$€£]\s?\d|[+-]?\d+(?:\.\d+)?%|\d+ (?:minutes?|hours?|days?) ago")
_STOPPED = re.compile(r"[.!?…:;][\"”’')\]]*$")


def gate(difference: Difference) -> str | None:
    """Why nothing of the pair can be believed, None where it can."""
    before, after = difference.before, difference.after
    languages = before.text.language, after.text.language
    if all(languages) and languages[0] != languages[1]:
        return f"the language changed from {languages[0]} to {languages[1]}"
    for name, body in (("old", before), ("new", after)):
        if body.text.words < WALL_WORDS and WALLS.search(body.text.text):
            return f"the {name} text is an error page or a wall"
    if _is_garbled(before) != _is_garbled(after):
        return "the letters of one text are garbled"
    if _common_share(before, after) < COMMON_FROM:
        return "the texts have hardly a sentence in common: another document or region"
    if not difference.come and len(difference.gone) >= LOST_FROM:
        return _lost(difference.gone, before.text, after.text, verb="is missing from the new text")
    if not difference.gone and len(difference.come) >= LOST_FROM:
        return _lost(difference.come, after.text, before.text, verb="was missing from the old text")
    return None


def _is_garbled(body: Body) -> bool:
    return len(MOJIBAKE.findall(body.text.text)) > 5


def _common_share(before: Body, after: Body) -> float:
    """Share of the words of the smaller text that stand in sentences of the other."""
    small, large = sorted((before, after), key=lambda body: len(body.keys))
    total = sum(len(sentence.keys) for sentence in small.sentences)
    if not total:
        return 0.0
    return sum(len(sentence.keys) for sentence in small.sentences if large.holds(sentence)) / total


def _lost(sentences: tuple[Sentence, ...], long: Text, short: Text, *, verb: str) -> str | None:
    """Whether what only the long text has is its top, its end or all of its lists; the short one has nothing new."""
    blocks = sorted({sentence.block for sentence in sentences})
    span = blocks[-1] - blocks[0] + 1
    if len(blocks) < 0.7 * span and not _all_items(blocks, long):
        return None
    if blocks[0] <= 1 and _is_top(blocks, long):
        return f"the top of the page {verb}"
    if blocks[-1] >= len(long.blocks) - 2 and _is_cut(short, long):
        return f"the end of the page {verb}"
    if _all_items(blocks, long) and _hanging_leads(short) > _hanging_leads(long) + 2:
        return f"lists of which the lead-ins stand {verb.replace('is', 'are', 1).replace('was', 'were', 1)}"
    return None


def _is_top(blocks: list[int], long: Text) -> bool:
    """The title among what is lost, and not much more than a tenth of the page with it."""
    return long.blocks[blocks[0]].kind is BlockKind.HEADING and blocks[-1] <= max(12, len(long.blocks) // 8)


def _is_cut(short: Text, long: Text) -> bool:
    """The last line of the short text is the beginning of a longer line, or stops without a stop."""
    last = next((block.text for block in reversed(short.blocks) if block.kind is not BlockKind.HEADING), "")
    continued = any(block.text.startswith(last) and len(block.text) > len(last) for block in long.blocks)
    return bool(last) and not _STOPPED.search(last) and (continued or len(last.split()) > CHROME_WORDS)


def _all_items(blocks: Iterable[int], text: Text) -> bool:
    return all(text.blocks[index].kind is BlockKind.ITEM for index in blocks)


def _hanging_leads(text: Text) -> int:
    """Lines that introduce a list that does not follow."""
    following = zip(text.blocks, text.blocks[1:], strict=False)
    return sum(
        1
        for line, after in following
        if line.kind is BlockKind.PARAGRAPH and line.text.endswith(":") and after.kind is BlockKind.HEADING
    )


def chrome_only(alignment: Alignment, difference: Difference, *, have_bodies_differed: bool) -> str | None:
    """Why a pair without findings differs at all, if the reason lies outside the document; None for editing."""
    if alignment.before.blocks == alignment.after.blocks:
        return "the texts are equal: what differs lies outside of them" if have_bodies_differed else None
    left = [
        *((sentence, alignment.before) for sentence in difference.gone),
        *((sentence, alignment.after) for sentence in difference.come),
    ]
    if left:
        if all(is_chrome(sentence, text) for sentence, text in left):
            return "only menus, banners, teasers or remains of markup differ"
        return None
    changed = [
        *(alignment.before.blocks[c.before] for c in alignment.blocks if c.before is not None and not c.is_unchanged),
        *(alignment.after.blocks[c.after] for c in alignment.blocks if c.after is not None and not c.is_unchanged),
    ]
    if changed and all(
        len(block.text.split()) <= CHROME_WORDS and not _STOPPED.search(block.text) for block in changed
    ):
        return "only lists of links around the text differ"
    return None


def is_chrome(sentence: Sentence, text: Text) -> bool:
    """Whether a line is no part of what the document says: a menu entry, a ticker, markup that was not read."""
    if _MARKUP.search(sentence.text) or _TICKER.search(sentence.text):
        return True
    block = text.blocks[sentence.block]
    is_edge = sentence.block < 4 or sentence.block >= len(text.blocks) - 6
    if block.kind is BlockKind.ROW:
        return False
    is_short = len(sentence.keys) <= CHROME_WORDS and not _STOPPED.search(sentence.text)
    return is_short or (is_edge and len(sentence.keys) <= 3 * CHROME_WORDS)
