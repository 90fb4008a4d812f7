"""What a finding is about in a few words, and the pieces of both texts that prove it."""

from __future__ import annotations

import re

from clausewatch.model import Kind, Quote

from .kinds import Verdict
from .rules import Lexicon
from .units import Piece, Unit
from .values import ages_of, periods_of

QUOTE_LENGTH = 240
SUBJECT_WORDS = 12
SIDE_WORDS = 7  # of "old -> new"

_VALUED = frozenset({Kind.RETENTION, Kind.RIGHTS, Kind.NOTICE, Kind.CHILDREN})
_EDGE = " \t,;:.|()[]\"“”'’*–—-•"
_LINE_BREAK = re.compile(r" \| | (?=[A-Z*•])|(?<=[.:;]) (?=\S)")
_BREAK = re.compile(r"[;:.|()\[\]]|, (?:which|and|or|where|so)\b")


def subject_of(unit: Unit, verdict: Verdict, *, lexicon: Lexicon) -> str:
    """``18 months -> 24 months`` where a value changed, ``old -> new`` where a few words did, else the noun phrase."""
    before, after = unit.before, unit.after
    if before and after:
        values = _value_pair(before, after, kind=verdict.kind)
        if values:
            return values
        if before.changed and after.changed:
            old, new = (_phrase(piece, lexicon, SIDE_WORDS) for piece in (before, after))
            return f"{old} -> {new}" if old and new else old or new
    if len(verdict.piece.changed) > SUBJECT_WORDS:
        return _around(verdict.piece, verdict.match)
    return _phrase(verdict.piece, lexicon, SUBJECT_WORDS)


def _value_pair(before: Piece, after: Piece, *, kind: Kind) -> str:
    find = ages_of if kind is Kind.CHILDREN else periods_of
    if kind not in _VALUED:
        return ""
    old = [str(value) for value in find(before.sentence.text)]
    new = [str(value) for value in find(after.sentence.text)]
    went = [value for value in old if value not in new]
    came = [value for value in new if value not in old]
    return f"{', '.join(went)} -> {', '.join(came)}" if went and came else ""


def _phrase(piece: Piece, lexicon: Lexicon, most_words: int) -> str:
    """The changed words with the word before and after where they would stand alone, without words at the edges
    that mean nothing."""
    words = piece.sentence.words
    indices = sorted(piece.changed)
    while indices and words[indices[0]].key in lexicon.stop and len(indices) > 1:
        indices.pop(0)
    while indices and words[indices[-1]].key in lexicon.stop and len(indices) > 1:
        indices.pop()
    if not indices:
        return ""
    first, last = indices[0], min(indices[-1], indices[0] + most_words - 1)
    if last - first < 2:
        first, last = max(0, first - 2), min(len(words) - 1, last + 2)
    return piece.sentence.text[words[first].start : words[last].end].strip(_EDGE)


def _around(piece: Piece, match: tuple[int, int]) -> str:
    """The words of the rule's match and what follows up to the end of the clause."""
    words = piece.sentence.words
    first = next(index for index, word in enumerate(words) if word.end > match[0])
    last = min(len(words) - 1, first + SUBJECT_WORDS - 1)
    text = piece.sentence.text[words[first].start : words[last].end]
    end = _BREAK.search(text, max(0, match[1] - words[first].start))
    return (text[: end.start()] if end else text).strip(_EDGE)


def quote_of(piece: Piece | None, *, around: tuple[int, int] | None = None) -> Quote | None:
    """The sentence, or the window of it that holds ``around`` (by default the changed words), cut between words."""
    if piece is None:
        return None
    text, offset = piece.sentence.text, piece.sentence.start
    start, end = _cell_line(piece, around) if piece.context.is_row else _window(piece, around)
    return Quote(text[start:end], offset + start, offset + end)


def _cell_line(piece: Piece, around: tuple[int, int] | None) -> tuple[int, int]:
    """The whole row if its cells are of one line each, else the line of the cell that holds the change.

    A text keeps no mark of line breaks within a cell; that a capital follows a small word is the only sign of one.
    """
    text = piece.sentence.text
    breaks = [match.span() for match in _LINE_BREAK.finditer(text)]
    inner = [span for span in breaks if "|" not in text[span[0] : span[1]]]
    if not inner and len(text) <= QUOTE_LENGTH:
        return 0, len(text)
    focus = around or (piece.spans[0] if piece.spans else (0, 0))
    start = max((end for _, end in breaks if end <= focus[0]), default=0)
    end = min((begin for begin, _ in breaks if begin > start and begin >= min(focus[1], start + 1)), default=len(text))
    return start, min(end, start + QUOTE_LENGTH)


def _window(piece: Piece, around: tuple[int, int] | None) -> tuple[int, int]:
    text = piece.sentence.text
    if len(text) <= QUOTE_LENGTH:
        return 0, len(text)
    focus = around or (piece.spans[0][0], piece.spans[-1][1]) if piece.spans else around or (0, 0)
    spare = max(0, QUOTE_LENGTH - (focus[1] - focus[0]))
    start = max(0, min(focus[0] - spare // 2, len(text) - QUOTE_LENGTH))
    end = min(len(text), start + QUOTE_LENGTH)
    starts = [word.start for word in piece.sentence.words if word.start >= start]
    ends = [word.end for word in piece.sentence.words if word.end <= end]
    start = 0 if start == 0 else starts[0]
    end = len(text) if end == len(text) else ends[-1]
    return (start, end) if start < end else (start, min(len(text), start + QUOTE_LENGTH))
