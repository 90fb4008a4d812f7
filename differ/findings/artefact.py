"""Whether the difference of two versions comes from the capture and not from the vendor, judged over the whole pair.

``gate`` holds back every finding, ``loss_of`` in losses.py those of a lost part; ``surroundings`` and ``fragments`` say
what else differs that is no part of the document."""

from __future__ import annotations

import re
from collections.abc import Iterable

from clausewatch.model import Alignment, Block, BlockKind

from .bodies import Body
from .losses import STOPPED, Loss
from .rules import Lexicon
from .sentences import ADDRESS_KEY, Sentence
from .units import Difference, Piece, Unit

COMMON_FROM = 0.3
"""With a smaller share of common sentences two texts are hardly two versions of one document."""

KEPT_FROM = 0.5
"""With a larger share of kept text they are, though no sentence be left as it was."""

BROKEN_FROM, BROKEN_SHARE = 1.5, 0.01
"""A text with half as many blocks more and hardly a letter more is the same text in other lines."""

OTHER_LINES = "the same words stand in other lines"

ENTRIES_FROM = 3
"""Lines outside of the document that repeat headings, from which they are a table of contents."""

HELD_WORDS = 4
"""A shorter line stands in the other text by chance; with what is beside it, it does not."""

DIGITS = "0123456789"

WALL_WORDS = 400
"""A page that speaks of errors and holds more words than this is a policy."""

TITLE_WITHIN = 5
"""What stands above a title is a banner if it is no more than so many blocks."""

AROUND_SHARE = 0.2
"""Share of the lines that differ from which the surroundings are worth telling."""

FOOTER_FROM = 3
"""Lines after the last long block from which they may be a footer."""

CHROME_WORDS = 8
"""A menu entry, a teaser or a button has at most so many words."""

MOJIBAKE = re.compile(r"Ã[\x80-¿]|â€|Â[\xa0-¿]|\ufffd|ï¿½")
_MOJIBAKE_SIGNS = ("Ã", "â€", "Â", "\ufffd", "ï¿½")
"""Without one of these nothing is: far sooner told."""
WALLS = re.compile(
    r"access denied|enable javascript|verify (?:that )?you are (?:a )?human|checking your browser"
    r"|page (?:could )?not (?:be )?found|error 40[34]|404 error|403 forbidden|are you a robot|captcha|just a moment"
    r"|unusual traffic|sign in to continue",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"</?[a-z]+[^>]*>|data:image|\]\(|opens (?:in a new|email)", re.IGNORECASE)
_HIDDEN = re.compile(r"\[email\s?protected", re.IGNORECASE)
_COPYRIGHT = re.compile(r"©|\(c\)|copyright|all rights reserved", re.IGNORECASE)
_TICKER = re.compile(r"[$€£]\s?\d|\d%|\d (?:minutes?|hours?|days?) ago")


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
    return None


def _is_garbled(body: Body) -> bool:
    text = body.text.text
    return any(sign in text for sign in _MOJIBAKE_SIGNS) and len(MOJIBAKE.findall(text)) > 5


def _common_share(before: Body, after: Body) -> float:
    """Share of the words of the smaller text that stand in sentences of the other."""
    small, large = sorted((before, after), key=lambda body: body.size)
    if not small.size:
        return 0.0 if large.size else 1.0
    return small.words_in(large) / small.size


def _kept_share(alignment: Alignment) -> float:
    """Share of the characters of the smaller text that the comparison keeps: a short notice may change a word in
    each of its sentences and be the same notice."""
    kept = sum(len(edit.text) for change in alignment.blocks for edit in change.edits if edit.op == "=")
    return kept / max(1, min(len(alignment.before.text), len(alignment.after.text)))


def is_broken_otherwise(difference: Difference) -> bool:
    """Whether one text is the other in lines of another length: no letter more, hardly a word that is not in both."""
    before, after = difference.before, difference.after
    counts = sorted(len(body.text.blocks) for body in (before, after))
    if counts[1] < BROKEN_FROM * counts[0] or not difference.units:
        return False
    lengths = sorted(len(body.run) for body in (before, after))
    if lengths[1] - lengths[0] > BROKEN_SHARE * lengths[1]:
        return False
    left = [(s, after) for s in difference.gone] + [(s, before) for s in difference.come]
    return sum(len(s.run) for s, other in left if s.run.strip(DIGITS) not in other.run) <= BROKEN_SHARE * lengths[1]


def is_said_anew(unit: Unit, difference: Difference) -> bool:
    """Whether a word that changed does not stand in the other text between the words that are beside it here: then it
    is no matter of lines."""
    sides = ((unit.before, difference.after), (unit.after, difference.before))
    return any(piece is not None and _holds_what_is_not_in(piece, other) for piece, other in sides)


def _holds_what_is_not_in(piece: Piece, other: Body) -> bool:
    keys = piece.sentence.keys
    beside = ("".join(keys[max(0, index - 1) : index + 2]) for index in piece.changed)
    return any(run not in other.run for run in beside)


def rewrapped(difference: Difference) -> frozenset[tuple[bool, int]]:
    """The short lines of one text that stand in the other as well, in a row with what is beside them here: whether it
    is the new text, and where the line begins. A table that became a list says the same in other lines."""
    found = set()
    sides = (
        (False, difference.before, difference.after, difference.gone),
        (True, difference.after, difference.before, difference.come),
    )
    for is_new, own, other, left in sides:
        wanted = {sentence.start for sentence in left if len(sentence.keys) < HELD_WORDS}
        lines = own.sentences if wanted else ()  # of a long text they are dear
        for at, line in enumerate(lines):
            if line.start not in wanted:
                continue
            joined = [lines[at - 1].run + line.run] if at else []
            joined += [line.run + lines[at + 1].run] if at + 1 < len(lines) else []
            if any(len(run) > len(line.run) and run in other.run for run in joined):
                found.add((is_new, line.start))
    return frozenset(found)


# --- what stands around the document --------------------------------------------------------------------------


def surroundings(
    alignment: Alignment, difference: Difference, *, lexicon: Lexicon, have_bodies_differed: bool
) -> str | None:
    """What differs outside of the document, if anything does; None where all that differs may be the vendor's."""
    before, after = alignment.before, alignment.after
    if before.blocks == after.blocks:
        return "the texts are equal: what differs lies outside of them" if have_bodies_differed else None
    if _hidden_in(before.text) != _hidden_in(after.text):
        return "mail addresses were hidden by the capture"
    left = _left(difference, lexicon=lexicon)
    if any(_is_loose(sentence, lexicon) for sentence, _ in left):
        return "remains of markup, or figures that change from hour to hour, stand in one of the texts"
    around = sum(is_chrome(sentence, body) and not body.contexts[sentence.block].is_heading for sentence, body in left)
    if around and around >= AROUND_SHARE * len(left):
        return "menus, banners or teasers around the text differ"
    return _lists_around(alignment, difference)


def _hidden_in(text: str) -> int:
    return len(_HIDDEN.findall(text)) if "[" in text else 0


def _left(difference: Difference, *, lexicon: Lexicon) -> list[tuple[Sentence, Body]]:
    """What only one version says, without the lines that say from when it is."""
    sides = ((difference.before, difference.gone), (difference.after, difference.come))
    return [(s, body) for body, sentences in sides for s in sentences if not lexicon.is_date_line(s.text)]


def fragments(difference: Difference, *, lexicon: Lexicon) -> str | None:
    """Why a pair without findings differs at all, if only in lines that look like entries of a menu; else None."""
    left = _left(difference, lexicon=lexicon)
    if left and all(_is_fragment(sentence, body, lexicon) for sentence, body in left):
        return "only menus, banners or teasers differ"
    return None


def _lists_around(alignment: Alignment, difference: Difference) -> str | None:
    """Lines without a new word before or after the document: a table of contents that came, links in another order."""
    changes = [change for change in alignment.blocks if not change.is_unchanged]
    sides = [(difference.before, c.before) for c in changes] + [(difference.after, c.after) for c in changes]
    changed = [(body, index) for body, index in sides if index is not None]
    outside = [body.text.blocks[at] for body, at in changed if not body.bounds[0] <= at <= body.bounds[1]]
    entries = sum(_is_entry(block, (difference.before, difference.after)) for block in outside)
    if entries >= ENTRIES_FROM:
        return "a table of contents was caught or lost"
    if outside and len(outside) == len(changed) and not difference.gone and not difference.come:
        return "only lists of links around the text differ"
    return None


def _is_entry(block: Block, bodies: Iterable[Body]) -> bool:
    """Whether a line that is no heading says what a heading says."""
    if block.kind is BlockKind.HEADING:
        return False
    run = "".join(filter(str.isalnum, block.text.lower())).lstrip(DIGITS)
    return any(not body.heading_runs.isdisjoint((run, run.rstrip(DIGITS))) for body in bodies)


def _is_loose(sentence: Sentence, lexicon: Lexicon) -> bool:
    """Whether a line holds markup that was not read, or figures that change by themselves."""
    if _MARKUP.search(sentence.text):
        return True
    is_phrase = len(sentence.keys) > CHROME_WORDS and any(key in lexicon.stop for key in sentence.keys)
    return bool(_TICKER.search(sentence.text)) and not is_phrase


def _is_fragment(sentence: Sentence, body: Body, lexicon: Lexicon) -> bool:
    """Whether a line could stand in a menu: short, without a stop, a comma or an address, under no lead-in."""
    if is_chrome(sentence, body) or _is_loose(sentence, lexicon):
        return True
    kind = body.text.blocks[sentence.block].kind
    if kind in (BlockKind.ROW, BlockKind.HEADING) or body.contexts[sentence.block].lead:
        return False
    return _is_short(sentence) and not sentence.text.endswith(",") and ADDRESS_KEY not in sentence.keys


def is_chrome(sentence: Sentence, body: Body) -> bool:
    """Whether a line is no part of the text: it stands before the title, or before the first or after the last long
    block, too short to be part of it or among lines that mostly are."""
    first, last = body.bounds
    if sentence.block < _title_at(body):
        return True
    if first <= sentence.block <= last or body.contexts[sentence.block].lead:
        return False
    return _is_short(sentence) or (sentence.block > last and _is_imprint(sentence) and _is_footer(body, last + 1))


def _is_short(sentence: Sentence) -> bool:
    return len(sentence.keys) <= CHROME_WORDS and not STOPPED.search(sentence.text)


def _is_imprint(sentence: Sentence) -> bool:
    """A longer line of a footer: a call to act, a line on copyright."""
    return _COPYRIGHT.search(sentence.text) is not None or (
        not STOPPED.search(sentence.text) and ADDRESS_KEY not in sentence.keys
    )


def _title_at(body: Body) -> int:
    """The block of the title, if it is the one heading of the first level and near the top; else 0."""
    titles = body.titles
    return titles[0] if len(titles) == 1 and titles[0] <= TITLE_WITHIN else 0


def _is_footer(body: Body, start: int) -> bool:
    """Whether most of the lines from a block on are menu entries."""
    lines = [sentence for at in range(start, len(body.text.blocks)) for sentence in body.in_block(at)]
    return len(lines) >= FOOTER_FROM and 2 * sum(map(_is_short, lines)) > len(lines)


def is_of_capture(
    unit: Unit, difference: Difference, *, loss: Loss | None, in_other_lines: frozenset[tuple[bool, int]]
) -> bool:
    """Whether all that changed stands around the text, in a part that the capture lost or caught, or in other lines."""
    gone, come = (loss.gone, loss.come) if loss else (frozenset[int](), frozenset[int]())
    sides = ((False, unit.before, difference.before, gone), (True, unit.after, difference.after, come))
    return all(
        piece.sentence.block in lost
        or is_chrome(piece.sentence, body)
        or (is_new, piece.sentence.start) in in_other_lines
        for is_new, piece, body, lost in sides
        if piece is not None
    )
