"""What a finding is about in a few words, and the pieces of both texts that prove it."""

from __future__ import annotations

import re

from clausewatch.model import Kind, Quote

from .kinds import Verdict
from .names import Name
from .parties import new_parties
from .places import new_countries
from .rules import Lexicon
from .units import Piece, Unit
from .values import ages_of, periods_of

QUOTE_LENGTH = 320  # most sentences are shorter, and are quoted whole
SUBJECT_WORDS = 12
SIDE_WORDS = 7  # of "old -> new"
MOST_NAMES = 3  # in one subject
ARROW = " -> "
CLAUSE_WORDS = 6  # that a subject may be longer to end where a clause ends, and is at least where it is cut before
PLACE_END = ": "
PLACE_WORDS = 7  # of a heading that is told before the words

_VALUED = frozenset({Kind.RETENTION, Kind.RIGHTS, Kind.NOTICE, Kind.CHILDREN})
_NAMED = frozenset({Kind.RECIPIENT, Kind.TRANSFER})
_EDGE = " \t,;:.?!|()[]\"“”'’*–—-•"
_HANGING_BEFORE = frozenset(
    ["and", "are", "as", "at", "by", "from", "in", "is", "of", "on", "or", "such", "than", "that", "which"]
)
_HANGING_AFTER = _HANGING_BEFORE.union(
    ["a", "an", "be", "for", "if", "including", "its", "may", "our", "the", "their", "to", "will", "with", "your"]
)
_CLAUSE_ENDS = ",;:.|()[]"
_NUMBERING = re.compile(r"^(?:(?:section|article|part) )?(?:\d+(?:\.\d+)*|[ivxlc]+|[a-z])[.)]\s+", re.IGNORECASE)
_BREAK = re.compile(r"[;:.|()\[\]]|, (?:which|and|or|where|so)\b")


def subject_of(unit: Unit, verdict: Verdict, *, lexicon: Lexicon) -> str:
    """The names or ``18 months -> 24 months`` where there are any; else the words that changed, after the heading that
    they stand under: ``Cookies: advertising partners``."""
    exact = _exact(unit, verdict.kind, lexicon=lexicon)
    if exact:
        return exact
    words = _words_of(unit, verdict, lexicon=lexicon)
    place = place_of(unit.main.context.section)
    is_told = not place or place.casefold() in words.casefold()
    return words if is_told or not words else f"{place}{PLACE_END}{words}"


def words_of(subject: str, section: tuple[str, ...]) -> str:
    """A subject without the heading that it stands under."""
    return subject.removeprefix(place_of(section) + PLACE_END)


def place_of(section: tuple[str, ...]) -> str:
    """The heading that says what a passage is about; empty where it is long, or the title of the document."""
    heading = _NUMBERING.sub("", section[-1]).strip(_EDGE) if len(section) > 1 else ""
    return heading if 0 < len(heading.split()) <= PLACE_WORDS else ""


def _exact(unit: Unit, kind: Kind, *, lexicon: Lexicon) -> str:
    """The recipients or countries that one side alone names, or the values that changed."""
    named = [_joined(named_in(piece, kind, lexicon=lexicon)) for piece in (unit.before, unit.after)]
    if any(named):
        return ARROW.join(filter(None, named))
    return _value_pair(unit.before, unit.after, kind=kind) if unit.before and unit.after else ""


def _words_of(unit: Unit, verdict: Verdict, *, lexicon: Lexicon) -> str:
    """``old -> new`` where a few words changed, else the phrase around those that came or went."""
    before, after = unit.before, unit.after
    if before and after and verdict.rule.was:
        was = verdict.rule.was.search(before.sentence.text)
        return f"{_around(before, was.span()) if was else ''}{ARROW}{_around(after, verdict.match)}"
    if before and after and before.changed and after.changed:
        old, new = (_phrase(piece, lexicon, SIDE_WORDS) for piece in (before, after))
        return f"{old}{ARROW}{new}" if old and new else old or new
    if len(verdict.piece.changed) > SUBJECT_WORDS:
        return _around(verdict.piece, verdict.match)
    return _phrase(verdict.piece, lexicon, SUBJECT_WORDS, is_whole=verdict.rule.is_listed)


def is_exact(unit: Unit, kind: Kind, *, lexicon: Lexicon) -> bool:
    """Whether the subject is a name or values and no mere piece of the text."""
    return bool(_exact(unit, kind, lexicon=lexicon))


def named_in(piece: Piece | None, kind: Kind, *, lexicon: Lexicon) -> tuple[Name, ...]:
    """The recipients or countries that only this side names."""
    if piece is None or kind not in _NAMED:
        return ()
    return (new_parties if kind is Kind.RECIPIENT else new_countries)(piece, lexicon=lexicon)


def _joined(names: tuple[Name, ...]) -> str:
    return ", ".join(list(dict.fromkeys(name.value for name in names))[:MOST_NAMES])


def _value_pair(before: Piece, after: Piece, *, kind: Kind) -> str:
    find = ages_of if kind is Kind.CHILDREN else periods_of
    if kind not in _VALUED:
        return ""
    old = [str(value) for value in find(before.sentence.text)]
    new = [str(value) for value in find(after.sentence.text)]
    went = [value for value in old if value not in new]
    came = [value for value in new if value not in old]
    return f"{', '.join(went)} -> {', '.join(came)}" if went and came else ""


def _phrase(piece: Piece, lexicon: Lexicon, most_words: int, *, is_whole: bool = False) -> str:
    """The changed words with the word before and after where they would stand alone and are nothing whole, without
    words at the edges that mean nothing."""
    words = piece.sentence.words
    indices = sorted(piece.changed)
    while indices and words[indices[0]].key in lexicon.stop and len(indices) > 1:
        indices.pop(0)
    while indices and words[indices[-1]].key in lexicon.stop and len(indices) > 1:
        indices.pop()
    if not indices:
        return ""
    first, last = indices[0], indices[-1]
    if last - first >= most_words:
        last = _clause_end(piece, first, first + most_words - 1)
    if last - first < 2 and not is_whole:
        first, last = max(0, first - 2), min(len(words) - 1, last + 2)
    return _tidy(piece, first, last)


def _clause_end(piece: Piece, first: int, last: int) -> int:
    """The word that ends a clause next after ``last``, if it is near; else before it, if enough is left; else
    ``last``."""
    words, text = piece.sentence.words, piece.sentence.text

    def ends(at: int) -> bool:
        following = text[words[at].end : words[at + 1].start if at + 1 < len(words) else len(text)]
        return at + 1 == len(words) or any(mark in following for mark in _CLAUSE_ENDS)

    later = (at for at in range(last, min(len(words), last + CLAUSE_WORDS + 1)) if ends(at))
    sooner = (at for at in range(last, first + CLAUSE_WORDS - 2, -1) if ends(at))
    return next(later, next(sooner, last))


def _tidy(piece: Piece, first: int, last: int) -> str:
    """The words between two, without little ones at the edges that hang on what is cut off."""
    words = piece.sentence.words
    while first < last and words[first].key in _HANGING_BEFORE:
        first += 1
    while first < last and words[last].key in _HANGING_AFTER:
        last -= 1
    text, end = piece.sentence.text, words[last].end
    said = text[words[first].start : end]
    if said.count("(") > said.count(")"):
        said = f"{said})" if text[end : end + 1] == ")" else said[: said.rindex("(")] or said
        return said.strip(_EDGE.replace(")", ""))
    return said.strip(_EDGE)


def _around(piece: Piece, match: tuple[int, int]) -> str:
    """The words of the rule's match and what follows up to the end of the clause."""
    words, text = piece.sentence.words, piece.sentence.text
    first = next(index for index, word in enumerate(words) if word.end > match[0])
    last = min(len(words) - 1, first + SUBJECT_WORDS - 1)
    end = _BREAK.search(text, max(words[first].start, match[1]), words[last].end)
    while end and last > first and words[last].start >= end.start():
        last -= 1
    return _tidy(piece, first, last)


def quote_of(piece: Piece | None, verdict: Verdict, *, lexicon: Lexicon) -> Quote | None:
    """The line of the sentence that holds what the subject names, what the rule fired on, or the changed words; or a
    window of it, cut between words."""
    if piece is None:
        return None
    named = named_in(piece, verdict.kind, lexicon=lexicon)
    changed = (piece.spans[0][0], piece.spans[-1][1]) if piece.spans else (0, 0)
    focus = verdict.match if piece is verdict.piece else changed
    if named:
        focus = (named[0].start, named[0].end)
    low, high = _line(piece, focus)
    start, end = _window(piece, (max(focus[0], low), min(focus[1], high)), (low, high))
    offset = piece.sentence.start
    return Quote(piece.sentence.text[start:end], offset + start, offset + end)


def _line(piece: Piece, focus: tuple[int, int]) -> tuple[int, int]:
    """The part of the sentence between the line breaks around the beginning of the focus."""
    breaks = piece.sentence.breaks
    low = max((at + 1 for at in breaks if at < focus[0]), default=0)
    high = min((at for at in breaks if at >= max(focus[0], low)), default=len(piece.sentence.text))
    return low, high


def _window(piece: Piece, focus: tuple[int, int], line: tuple[int, int]) -> tuple[int, int]:
    low, high = line
    if high - low <= QUOTE_LENGTH:
        return low, high
    spare = max(0, QUOTE_LENGTH - (focus[1] - focus[0]))
    start = max(low, min(focus[0] - spare // 2, high - QUOTE_LENGTH))
    end = min(high, start + QUOTE_LENGTH)
    starts = [word.start for word in piece.sentence.words if word.start >= start]
    ends = [word.end for word in piece.sentence.words if word.end <= end]
    start = low if start == low else starts[0]
    end = high if end == high else ends[-1]
    return (start, end) if start < end else (start, min(high, start + QUOTE_LENGTH))
