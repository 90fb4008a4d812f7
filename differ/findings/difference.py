"""What is left of two versions when all that stands in both is set aside: sentences that came, went or were altered,
each with the words that changed. Editing that means the same is for editorial.py to know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

from clausewatch.model import Alignment, BlockKind
from differ.hunks import hunks

from .bodies import Body
from .editorial import is_editorial, laid_out_otherwise, renames_of, widened
from .phrases import tokens_of
from .rules import Lexicon
from .sentences import SHINGLE_WORDS, Sentence, shingles_of
from .units import Difference, Piece, Unit

PAIRED_FROM = 0.45
"""Share of common words from which two sentences are one that was altered (the best of those tried)."""

SAME_BLOCK = 0.1
"""What it adds to likeness that two sentences stand in blocks that are a pair."""

SAME_START = 4
"""Sentences of a pair of blocks that begin with so many equal words are one, however they go on."""

MOST_HOLDERS = 100
"""A word or a block of more old sentences than this brings none of them up as a partner: it would bring them all."""

MASKED_FROM = 1 / 3
"""An unpaired sentence is partly old only if at least this share of it stands in the other version."""

GROWN_WORDS = 4
"""So many words of a sentence must stand in a longer one for it to be the same, grown."""


def difference_of(alignment: Alignment, *, lexicon: Lexicon) -> Difference:
    """The units between the two texts of an alignment, in the order of the new text, what went first."""
    before, after = Body(alignment.before), Body(alignment.after)
    partners = {c.after: c.before for c in alignment.blocks if c.after is not None and c.before is not None}
    changed_before = {c.before for c in alignment.blocks if c.before is not None and not c.is_unchanged and not c.moved}
    changed_after = {c.after for c in alignment.blocks if c.after is not None and not c.is_unchanged and not c.moved}
    gone = [s for index in sorted(changed_before) for s in before.in_block(index) if _is_new(s, before, after)]
    come = [s for index in sorted(changed_after) for s in after.in_block(index) if _is_new(s, after, before)]
    back = {old: new for new, old in partners.items()}
    old = gone + _grown(come, before, gone, partners=partners)
    new = come + _grown(gone, after, come, partners=back)
    pairs = _pair(old, new, partners=partners)
    units = [
        _unit(left, right, bodies=(before, after), likeness=likeness, lexicon=lexicon)
        for left, right, likeness in pairs
    ]
    renames = renames_of(units, lexicon=lexicon)
    left = [unit for unit in units if not is_editorial(unit, renames, lexicon=lexicon)]
    laid_out = laid_out_otherwise(left, lexicon=lexicon)
    kept = tuple(unit for unit in left if unit.main.context.section not in laid_out)
    kept = tuple(widened(unit, lexicon=lexicon) for unit in kept)
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
    """Likeness of each old and new sentence that share a word or a block, as (likeness, -new, -old)."""
    bags = [_bag(s.keys) for s in gone]
    holders: dict[str | int, list[int]] = defaultdict(list)  # by word, and by block
    for old, lost in enumerate(gone):
        holders[lost.block].append(old)
        for key in set(lost.keys):
            holders[key].append(old)
    found = []
    for new, sentence in enumerate(come):
        bag, words = _bag(sentence.keys), len(sentence.keys)
        partner = partners.get(sentence.block, -1)
        shared: list[str | int] = [*set(sentence.keys), partner]
        known = (holders[key] for key in shared if key in holders and len(holders[key]) <= MOST_HOLDERS)
        for old in set(chain.from_iterable(known)):
            lost = gone[old]
            if lost.block != partner and 2 * min(words, len(lost.keys)) / (words + len(lost.keys)) < PAIRED_FROM:
                continue  # of such lengths that no words could make them alike
            likeness = 2 * len(bag & bags[old]) / (words + len(lost.keys))
            likeness += SAME_BLOCK if lost.block == partner else 0.0
            if lost.block == partner and sentence.keys[:SAME_START] == lost.keys[:SAME_START]:
                likeness = max(likeness, PAIRED_FROM)
            if likeness >= PAIRED_FROM:
                found.append((likeness, -new, -old))
    return found


def _bag(keys: Sequence[str]) -> frozenset[str | tuple[str, int]]:
    """Words with their repetitions, told apart by number: what two have in common is then found as fast as for sets."""
    times: dict[str, int] = {}
    bag: list[str | tuple[str, int]] = []
    for key in keys:
        time = times[key] = times.get(key, 0) + 1
        bag.append(key if time == 1 else (key, time))
    return frozenset(bag)


def _unit(
    old: Sentence | None,
    new: Sentence | None,
    *,
    bodies: tuple[Body, Body],
    likeness: float,
    lexicon: Lexicon,
) -> Unit:
    before, after = bodies
    if old is not None and new is not None:
        went, came = _word_changes(old, new, lexicon=lexicon)
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
    novel = other.novel_among(frozenset(sentence.keys[index] for index in changed))
    return Piece(sentence, own.contexts[sentence.block], changed, novel, own.never_small_among(novel))


def _word_changes(old: Sentence, new: Sentence, *, lexicon: Lexicon) -> tuple[frozenset[int], frozenset[int]]:
    left, right = (tokens_of(sentence.keys, lexicon=lexicon) for sentence in (old, new))
    keys = [token.key for token in left], [token.key for token in right]
    went: set[int] = set()
    came: set[int] = set()
    for i1, i2, j1, j2 in hunks(*keys):
        if "".join(keys[0][i1:i2]) == "".join(keys[1][j1:j2]):
            continue  # a capture that joins two words changes no letter
        went.update(*(range(token.first, token.last + 1) for token in left[i1:i2]))
        came.update(*(range(token.first, token.last + 1) for token in right[j1:j2]))
    return frozenset(went), frozenset(came)


def _unmasked(sentence: Sentence, other: Body) -> frozenset[int]:
    """The words that are not part of a longer run in the other version, if enough of the sentence is."""
    keys = sentence.keys
    old: set[int] = set()
    shingles = other.shingles
    for at, shingle in enumerate(shingles_of(keys)):
        if shingle in shingles:
            old.update(range(at, at + SHINGLE_WORDS))
    if len(old) < MASKED_FROM * len(keys):
        old = set()
    return frozenset(range(len(keys))) - old
