"""What is left of two versions when all that stands in both is set aside: sentences that came, went or were altered,
each with the words that changed. Wording with the same meaning ends here; what a change is about, kinds.py says."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property

from clausewatch.model import Alignment, BlockKind, Direction

from .context import Context
from .rules import Lexicon
from .sentences import SHINGLE_WORDS, Body, Sentence, Word

PAIRED_FROM = 0.45
"""Share of common words from which two sentences are one that was altered (the best of those tried)."""

MASKED_FROM = 1 / 3
"""An unpaired sentence is partly old only if at least this share of it stands in the other version."""

CLAUSE_MARKS = (",", ";", ":", "(", ")")

GROWN_WORDS = 4
"""So many words of a sentence must stand in a longer one for it to be the same, grown."""

RENAMES_FROM = 3
"""The same words replaced by the same words this often are a new name for an old thing."""


@dataclass(frozen=True)
class Piece:
    """A sentence of one version and which of its words changed."""

    sentence: Sentence
    context: Context
    changed: frozenset[int]  # indices into sentence.words
    novel: frozenset[str] = frozenset()  # changed words that stand nowhere in the other version

    @cached_property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Runs of changed words as offsets in the sentence, a single unchanged word between two bridged."""
        spans: list[tuple[int, int]] = []
        last = -9
        for index in sorted(self.changed):
            word = self.sentence.words[index]
            if index - last <= 2:
                spans[-1] = (spans[-1][0], word.end)
            else:
                spans.append((word.start, word.end))
            last = index
        return tuple(spans)

    @property
    def changed_words(self) -> tuple[Word, ...]:
        return tuple(self.sentence.words[index] for index in sorted(self.changed))

    @property
    def changed_keys(self) -> tuple[str, ...]:
        return tuple(word.key for word in self.changed_words)


@dataclass(frozen=True)
class Unit:
    """A sentence that came (no before), went (no after) or was altered."""

    before: Piece | None
    after: Piece | None
    likeness: float = 0.0  # of the two, 0 to 1

    @property
    def direction(self) -> Direction:
        if self.before is None:
            return Direction.ADDED
        return Direction.REMOVED if self.after is None else Direction.CHANGED

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in (self.before, self.after) if piece is not None)

    @property
    def is_insertion(self) -> bool:
        """Words came and none went."""
        return self.after is not None and bool(self.after.changed) and not (self.before and self.before.changed)

    @property
    def is_deletion(self) -> bool:
        return self.before is not None and bool(self.before.changed) and not (self.after and self.after.changed)

    @property
    def main(self) -> Piece:
        """The newer piece that holds changed words."""
        if self.after is not None and self.after.changed:
            return self.after
        return self.before or self.after  # type: ignore[return-value]  # a unit has a side


@dataclass(frozen=True)
class Difference:
    """Two versions and the units between them."""

    before: Body
    after: Body
    units: tuple[Unit, ...]
    gone: tuple[Sentence, ...]  # sentences of the old version that do not stand in the new one
    come: tuple[Sentence, ...]


def difference_of(alignment: Alignment, *, lexicon: Lexicon) -> Difference:
    """The units between the two texts of an alignment, in the order of the new text, what went first."""
    before, after = Body(alignment.before), Body(alignment.after)
    partners = {c.after: c.before for c in alignment.blocks if c.after is not None and c.before is not None}
    changed_before = {c.before for c in alignment.blocks if c.before is not None and not c.is_unchanged and not c.moved}
    changed_after = {c.after for c in alignment.blocks if c.after is not None and not c.is_unchanged and not c.moved}
    gone = [s for s in before.sentences if s.block in changed_before and _is_new(s, before, after)]
    come = [s for s in after.sentences if s.block in changed_after and _is_new(s, after, before)]
    back = {old: new for new, old in partners.items()}
    gone, come = (
        gone + _grown(come, before, gone, partners=partners),
        come + _grown(gone, after, come, partners=back),
    )
    units = []
    for old, new, likeness in _pair(gone, come, partners=partners):
        unit = _unit(old, new, bodies=(before, after), likeness=likeness)
        units.append(unit)
    renames = _renames(units, lexicon=lexicon)
    kept = tuple(unit for unit in units if not _is_editorial(unit, renames, lexicon=lexicon))
    kept = tuple(_widened(unit, lexicon=lexicon) for unit in kept)
    return Difference(before, after, kept, tuple(gone), tuple(come))


def _grown(longer: list[Sentence], other: Body, known: list[Sentence], *, partners: dict[int, int]) -> list[Sentence]:
    """Sentences of the paired blocks that stand whole in a longer one: words were put before or after them."""
    found: dict[Sentence, None] = {}
    for sentence in longer:
        for candidate in other.in_block(partners.get(sentence.block, -1)):
            if len(candidate.keys) >= GROWN_WORDS and candidate.run in sentence.run and candidate not in known:
                found[candidate] = None
                break
    return list(found)


def _is_new(sentence: Sentence, own: Body, other: Body) -> bool:
    """Whether a sentence has words, no equal in the other version, and is no entry of a table of contents."""
    if not sentence.keys or other.holds(sentence):
        return False
    is_entry = (
        sentence.run.strip("0123456789") in own.heading_runs
        and own.text.blocks[sentence.block].kind is not BlockKind.HEADING
    )
    return not is_entry


def _pair(
    gone: list[Sentence], come: list[Sentence], *, partners: dict[int, int]
) -> list[tuple[Sentence | None, Sentence | None, float]]:
    scored = sorted(_candidates(gone, come, partners=partners), reverse=True)
    old_of: dict[int, tuple[int, float]] = {}
    used: set[int] = set()
    for score, minus_new, minus_old in scored:
        new, old = -minus_new, -minus_old
        if new not in old_of and old not in used:
            old_of[new] = (old, score)
            used.add(old)
    alone: list[tuple[Sentence | None, Sentence | None, float]] = [
        (s, None, 0.0) for i, s in enumerate(gone) if i not in used
    ]
    for new, sentence in enumerate(come):
        old_index, score = old_of.get(new, (-1, 0.0))
        alone.append((gone[old_index] if old_index >= 0 else None, sentence, score))
    return alone


def _candidates(
    gone: list[Sentence], come: list[Sentence], *, partners: dict[int, int]
) -> list[tuple[float, int, int]]:
    """Likeness of each old and new sentence that share a word, as (likeness, -new, -old)."""
    bags = [Counter(s.keys) for s in gone]
    holders: dict[str, list[int]] = defaultdict(list)
    for index, bag in enumerate(bags):
        for key in bag:
            holders[key].append(index)
    found = []
    for new, sentence in enumerate(come):
        bag = Counter(sentence.keys)
        common: Counter[int] = Counter()
        for key, count in bag.items():
            for old in holders.get(key, ()):
                common[old] += min(count, bags[old][key])
        for old, shared in common.items():
            likeness = 2 * shared / (len(sentence.keys) + len(gone[old].keys))
            if partners.get(sentence.block) == gone[old].block:
                likeness += 0.1
            if likeness >= PAIRED_FROM:
                found.append((likeness, -new, -old))
    return found


def _unit(
    old: Sentence | None,
    new: Sentence | None,
    *,
    bodies: tuple[Body, Body],
    likeness: float,
) -> Unit:
    before, after = bodies
    if old is not None and new is not None:
        went, came = _word_changes(old, new)
        return Unit(
            _piece(old, before, went, other=after),
            _piece(new, after, came, other=before),
            min(likeness, 1.0),
        )
    if new is not None:
        return Unit(None, _piece(new, after, _unmasked(new, before), other=before))
    assert old is not None
    return Unit(_piece(old, before, _unmasked(old, after), other=after), None)


def _piece(sentence: Sentence, own: Body, changed: frozenset[int], *, other: Body) -> Piece:
    novel = frozenset(sentence.keys[index] for index in changed) - other.vocabulary
    return Piece(sentence, own.contexts[sentence.block], changed, novel)


def _word_changes(old: Sentence, new: Sentence) -> tuple[frozenset[int], frozenset[int]]:
    went: set[int] = set()
    came: set[int] = set()
    for op, i1, i2, j1, j2 in SequenceMatcher(None, old.keys, new.keys, autojunk=False).get_opcodes():
        if op != "equal":
            went.update(range(i1, i2))
            came.update(range(j1, j2))
    return frozenset(went), frozenset(came)


def _unmasked(sentence: Sentence, other: Body) -> frozenset[int]:
    """The words that are not part of a longer run in the other version, if enough of the sentence is."""
    keys = sentence.keys
    old: set[int] = set()
    for at in range(len(keys) - SHINGLE_WORDS + 1):
        if keys[at : at + SHINGLE_WORDS] in other.shingles:
            old.update(range(at, at + SHINGLE_WORDS))
    if len(old) < MASKED_FROM * len(keys):
        old = set()
    return frozenset(range(len(keys))) - old


def _renames(units: list[Unit], *, lexicon: Lexicon) -> frozenset[tuple[tuple[str, ...], tuple[str, ...]]]:
    counts: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = Counter()
    for unit in units:
        if unit.before and unit.after and unit.before.changed and unit.after.changed:
            counts[unit.before.changed_keys, unit.after.changed_keys] += 1
    forms = lexicon.patterns["legal_form"]
    often = (pair for pair, count in counts.items() if count >= RENAMES_FROM)
    return frozenset(pair for pair in often if not any(forms.fullmatch(key) for side in pair for key in side))


def _is_editorial(unit: Unit, renames: frozenset[tuple[tuple[str, ...], tuple[str, ...]]], *, lexicon: Lexicon) -> bool:
    keys = [piece.changed_keys for piece in unit.pieces]
    if unit.before and unit.after and (keys[0], keys[1]) in renames:
        return True
    if any(lexicon.is_date_line(piece.sentence.text) for piece in unit.pieces):
        return True
    if not any(key.isalpha() for key in keys[-1] + keys[0]) and max(len(p.sentence.keys) for p in unit.pieces) < 3:
        return True
    meanings = [Counter(filter(None, map(lexicon.meaning, side))) for side in keys]
    if unit.before and unit.after:
        return meanings[0] == meanings[1] and not _differs_in_force(keys[0], keys[1], lexicon=lexicon)
    return not any(meanings)


def _widened(unit: Unit, *, lexicon: Lexicon) -> Unit:
    """Where only small words changed, what they turn around is the clause that they stand in."""
    if unit.before is None or unit.after is None:
        return unit
    if not all(map(lexicon.is_small, unit.before.changed_keys + unit.after.changed_keys)):
        return unit
    return replace(unit, before=_clause(unit.before), after=_clause(unit.after))


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
