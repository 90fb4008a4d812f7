"""Which changes of words are editing: the same meaning, the same thing under a new name, a date. And which small words
turn a sentence around."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from .phrases import tokens_of
from .pointers import only_points
from .rules import Lexicon
from .units import Piece, Unit

RENAMES_FROM = 3
"""The same words replaced by the same words this often are a new name for an old thing."""

Rename = tuple[tuple[str, ...], tuple[str, ...]]
"""The words that went and the words that came."""

NAMING = frozenset({"we", "you", "doc", "use"})
"""Families of words that are written for each other without saying something else."""

ENTRY_WORDS = 15  # of a line of a table of contents

CLAUSE_MARKS = (",", ";", ":", "(", ")")


def renames_of(units: Sequence[Unit], *, lexicon: Lexicon) -> frozenset[Rename]:
    """Words that give way to the same other words again and again, addresses and legal forms left out. One clause that
    is altered everywhere is no new name: small words that turn it around, and words of weight, are none."""
    counts: Counter[Rename] = Counter()
    for unit in units:
        if unit.before and unit.after and unit.before.changed and unit.after.changed:
            if any(_has_weight(piece, lexicon=lexicon) for piece in unit.pieces):
                continue
            counts.update(_replaced(unit.before, unit.after))
    often = (pair for pair, count in counts.items() if count >= RENAMES_FROM)
    return frozenset(pair for pair in often if not any(_is_fact(key, lexicon=lexicon) for key in chain(*pair)))


def _replaced(before: Piece, after: Piece) -> tuple[Rename, ...]:
    """Which words gave way to which; as one where they cannot be told apart."""
    if len(before.runs) == len(after.runs):
        return tuple(zip(before.runs, after.runs, strict=True))
    return ((before.changed_keys, after.changed_keys),)


def _has_weight(piece: Piece, *, lexicon: Lexicon) -> bool:
    """Whether a changed word that is written small says what a policy is about, or turns a sentence around."""
    text = piece.sentence.text
    return any(
        not text[word.start].isupper()
        and (
            any(word.key in words for words in lexicon.words.values())
            or lexicon.families.get(word.key, "we") not in NAMING
        )
        for word in piece.changed_words
    )


def _is_fact(key: str, *, lexicon: Lexicon) -> bool:
    """Whether a word is no part of a name that can change while its bearer stays: a legal form, a number."""
    return any(map(str.isdigit, key)) or lexicon.patterns["legal_form"].fullmatch(key) is not None


def is_editorial(unit: Unit, renames: frozenset[Rename], *, lexicon: Lexicon) -> bool:
    """Whether a unit says what was said before."""
    keys = [piece.changed_keys for piece in unit.pieces]
    if unit.before and unit.after and renames.issuperset(_replaced(unit.before, unit.after)):
        return True
    if all(_is_title(piece) or _is_entry(piece, lexicon) for piece in unit.pieces):
        return True
    if only_points(unit, language=lexicon.language):
        return True
    if any(lexicon.is_date_line(piece.sentence.text) for piece in unit.pieces):
        return True
    if not any(key.isalpha() for key in keys[-1] + keys[0]) and max(len(p.sentence.keys) for p in unit.pieces) < 3:
        return True
    if unit.before and unit.after:
        return _means_the_same(unit.before, unit.after, lexicon=lexicon)
    return not any(map(lexicon.meaning, keys[0]))


def _is_title(piece: Piece) -> bool:
    """A heading that names what follows; one that is a sentence says something itself."""
    return piece.context.is_heading and not piece.sentence.text.rstrip().endswith((".", "!"))


def _is_entry(piece: Piece, lexicon: Lexicon) -> bool:
    """Whether a line is one of a table of contents."""
    if not piece.context.section or piece.sentence.text.rstrip().endswith((".", "!")):
        return False
    is_short = len(piece.sentence.keys) <= ENTRY_WORDS
    return is_short and lexicon.patterns["contents"].fullmatch(piece.context.section[-1].strip(" :")) is not None


def laid_out_otherwise(units: Sequence[Unit], *, lexicon: Lexicon) -> frozenset[tuple[str, ...]]:
    """The sections in which sentences came and went, and the words of those that came are those of the ones that went:
    a line that became a list says the same."""
    sides: dict[tuple[str, ...], tuple[list[Piece], list[Piece]]] = defaultdict(lambda: ([], []))
    for unit in units:
        for side, piece in zip(sides[unit.main.context.section], (unit.before, unit.after), strict=True):
            if piece is not None:
                side.append(piece)
    return frozenset(section for section, found in sides.items() if _say_the_same(*found, lexicon=lexicon))


def _say_the_same(before: Sequence[Piece], after: Sequence[Piece], *, lexicon: Lexicon) -> bool:
    """Whether all words of both are the same but labels: "Phone: ..."."""
    if not before or not after or len(before) == len(after) == 1:
        return False  # a pair of sentences is for ``_means_the_same``
    went, came = (tuple(key for piece in side for key in piece.changed_keys) for side in (before, after))
    meanings = [Counter(filter(None, map(lexicon.meaning, side))) for side in (went, came)]
    left = (meanings[0] - meanings[1]) | (meanings[1] - meanings[0])
    labels = {lexicon.meaning(key) for piece in (*before, *after) for key in _labels(piece)}
    return labels.issuperset(left) and not _differs_in_force(went, came, lexicon=lexicon)


def _labels(piece: Piece) -> Iterator[str]:
    """The changed words that only announce what follows."""
    for word in piece.changed_words:
        if piece.sentence.text[word.end : word.end + 1] == ":":
            yield word.key


def _means_the_same(before: Piece, after: Piece, *, lexicon: Lexicon) -> bool:
    left, right = (Counter(t.key for t in tokens_of(p.sentence.keys, lexicon=lexicon)) for p in (before, after))
    went, came = tuple((left - right).elements()), tuple((right - left).elements())
    meanings = [Counter(filter(None, map(lexicon.meaning, side))) for side in (went, came)]
    return meanings[0] == meanings[1] and not _differs_in_force(went, came, lexicon=lexicon)


def widened(unit: Unit, *, lexicon: Lexicon) -> Unit:
    """Where only small words changed, what they turn around is the clause that they stand in."""
    if unit.before is None or unit.after is None:
        return unit
    if not all(map(lexicon.is_small, unit.before.changed_keys + unit.after.changed_keys)):
        return unit
    return replace(unit, before=_clause(unit.before), after=_clause(unit.after), is_turned=True)


def _clause(piece: Piece) -> Piece:
    text, words = piece.sentence.text, piece.sentence.words
    if not piece.changed:
        return piece
    first, last = words[min(piece.changed)], words[max(piece.changed)]
    start = max(text.rfind(mark, 0, first.start) for mark in CLAUSE_MARKS)
    ends = [at for mark in CLAUSE_MARKS if (at := text.find(mark, last.end)) >= 0]
    inside = (i for i, word in enumerate(words) if word.start > start and word.end <= min(ends, default=len(text)))
    return replace(piece, changed=frozenset(inside))


def _differs_in_force(went: tuple[str, ...], came: tuple[str, ...], *, lexicon: Lexicon) -> bool:
    """Whether "not" or "only" came or went, or "may" became "will": small words that turn a sentence around."""
    return any(
        bool(words.intersection(went)) != bool(words.intersection(came))
        for words in (lexicon.words["negation"], lexicon.words["duty"], lexicon.words["bound"])
    )
