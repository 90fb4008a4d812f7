"""Whether the difference of two versions comes from the capture and not from the vendor, judged over the whole pair.

``gate`` holds back every finding; ``chrome_only`` explains a pair in which none was found."""

from __future__ import annotations

import re
from collections.abc import Iterable

from clausewatch.model import Alignment, BlockKind, Text

from .rules import Lexicon
from .sentences import Body, Sentence
from .units import Difference

COMMON_FROM = 0.3
"""With a smaller share of common sentences two texts are hardly two versions of one document."""

KEPT_FROM = 0.5
"""With a larger share of kept text they are, though no sentence be left as it was."""

WALL_WORDS = 400
"""A page that speaks of errors and holds more words than this is a policy."""

LOST_FROM = 3
"""Sentences that must be missing together before a lost part is believed."""

LISTS_FROM = 3
"""Whole lists that must be missing together, with what introduces them left behind."""

CHROME_WORDS = 8
"""A menu entry, a teaser or a button has at most so many words."""

MOJIBAKE = re.compile(r"Ã[\x80-¿]|â€|Â[\xa0-¿]|\ufffd|ï¿½")
WALLS = re.compile(
    r"access denied|enable javascript|verify (?:that )?you are (?:a )?human|checking your browser"
    r"|page (?:could )?not (?:be )?found|error 40[34]|404 error|403 forbidden|are you a robot|captcha|just a moment"
    r"|unusual traffic|sign in to continue",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"</?[a-z]+[^>]*>|data:image|\]\(|opens (?:in a new|email)", re.IGNORECASE)
_HIDDEN = re.compile(r"\[email\s?protected", re.IGNORECASE)
_TICKER = re.compile(r"[$€£]\s?\d|\d%|\d (?:minutes?|hours?|days?) ago")
_STOPPED = re.compile(r"[.!?…:;][\"”’')\]]*$")


def gate(alignment: Alignment, difference: Difference) -> str | None:
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
    if _common_share(before, after) < COMMON_FROM and _kept_share(alignment) < KEPT_FROM:
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
        return 0.0 if large.keys else 1.0
    return sum(len(sentence.keys) for sentence in small.sentences if large.holds(sentence)) / total


def _kept_share(alignment: Alignment) -> float:
    """Share of the characters of the smaller text that the comparison keeps: a short notice may change a word in
    each of its sentences and be the same notice."""
    kept = sum(len(edit.text) for change in alignment.blocks for edit in change.edits if edit.op == "=")
    return kept / max(1, min(len(alignment.before.text), len(alignment.after.text)))


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
    if _lost_lists(blocks, long) >= LISTS_FROM:
        return f"whole lists: what they held {verb}, what introduces them is left"
    return None


def _lost_lists(blocks: list[int], long: Text) -> int:
    """How many lists are lost as a whole; none if a part of one is left, or if other text is lost too."""
    lost = set(blocks)
    if not _all_items(blocks, long):
        return 0
    count = 0
    for index in blocks:
        if index - 1 not in lost:
            count += 1
        beside = [long.blocks[at] for at in (index - 1, index + 1) if at not in lost and 0 <= at < len(long.blocks)]
        if any(block.kind is BlockKind.ITEM for block in beside):
            return 0
    return count


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


def chrome_only(
    alignment: Alignment, difference: Difference, *, lexicon: Lexicon, have_bodies_differed: bool
) -> str | None:
    """Why a pair without findings differs at all, if the reason lies outside the document; None for editing."""
    before, after = alignment.before, alignment.after
    if before.blocks == after.blocks:
        return "the texts are equal: what differs lies outside of them" if have_bodies_differed else None
    left = [*((s, difference.before) for s in difference.gone), *((s, difference.after) for s in difference.come)]
    if not all(_is_loose(sentence, body, lexicon) for sentence, body in left):
        return None
    if len(_HIDDEN.findall(before.text)) != len(_HIDDEN.findall(after.text)):
        return "mail addresses were hidden by the capture"
    if left:
        return "only menus, banners, teasers or remains of markup differ"
    changes = [change for change in alignment.blocks if not change.is_unchanged]
    changed = [before.blocks[change.before] for change in changes if change.before is not None]
    changed += [after.blocks[change.after] for change in changes if change.after is not None]
    if changed and all(_is_link_text(block.text) for block in changed):
        return "only lists of links around the text differ"
    return None


def _is_link_text(line: str) -> bool:
    return len(line.split()) <= CHROME_WORDS and not line.endswith((".", "!", ";", ":"))


def _is_loose(sentence: Sentence, body: Body, lexicon: Lexicon) -> bool:
    """Whether a line may be no part of what the document says: a menu entry, a ticker, markup that was not read."""
    if _MARKUP.search(sentence.text) or _TICKER.search(sentence.text) or _HIDDEN.search(sentence.text):
        return True
    kind = body.text.blocks[sentence.block].kind
    first, last = body.bounds
    if kind is BlockKind.ROW or (kind is BlockKind.HEADING and first < sentence.block < last):
        return False
    if is_chrome(sentence, body):
        return True
    is_phrase = len(sentence.keys) > CHROME_WORDS and any(key in lexicon.stop for key in sentence.keys)
    return not is_phrase and not _STOPPED.search(sentence.text)


def is_chrome(sentence: Sentence, body: Body) -> bool:
    """Whether a line stands before the first or after the last long block, and is too short to be part of the text."""
    first, last = body.bounds
    if first <= sentence.block <= last or body.contexts[sentence.block].lead:
        return False
    return len(sentence.keys) <= CHROME_WORDS and not _STOPPED.search(sentence.text)
