"""Pairs the blocks of two texts: those that stayed, were edited, or moved to another place. Leaves words to others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from clausewatch.model import Block, BlockKind, Text
from differ.hunks import heaviest_matches
from differ.likeness import Profile, candidates, profile, similarity, words_of
from differ.order import rising

ALIKE = 0.4  # blocks between the same neighbours that are one edited block
MOVED_ALIKE = 0.8  # blocks anywhere that are one moved block
MOVED_WORDS = 8  # shorter blocks recur by chance: "See above."
ALL_PAIRS = 400  # pairs of blocks that are all looked at; beyond, those that share rare words

_KEPT_SIZES = 2048

Pair = tuple[int, int]
Span = tuple[range, range]
"""Blocks of the old and of the new text that stand in one pair of sections."""


@dataclass
class Matched:
    """Which block of the new text each old one became. Those that stayed rise on both sides within their span."""

    stayed: dict[int, int] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)

    @cached_property
    def sources(self) -> dict[int, int]:
        """Where each moved block of the new text stood; to be asked for when matching is over."""
        return {j: i for i, j in self.moved.items()}


def match_blocks(before: Text, after: Text, spans: Sequence[Span]) -> Matched:
    """Equal blocks in place first, then moved ones, then edited ones: a moved block is not taken for an edit."""
    return _Matcher(before, after, spans).run()


class _Matcher:
    def __init__(self, before: Text, after: Text, spans: Sequence[Span]) -> None:
        self._old, self._new = before.blocks, after.blocks
        self._spans = spans
        self._matched = Matched()
        self._profiles: dict[tuple[bool, int], Profile] = {}

    def run(self) -> Matched:
        stayed, moved = self._matched.stayed, self._matched.moved
        for span in self._spans:
            stayed.update(self._equal(span))
        if len(stayed) == len(self._old) == len(self._new):
            return self._matched
        gaps = list(self._gaps())
        moved.update(self._apart(self._twins(*self._left()), gaps))
        came = set(moved.values())
        for gap in gaps:
            stayed.update(self._little_changed(gap, came))
        gaps = list(self._gaps())
        moved.update(self._apart(self._alike(*self._left()), gaps))
        came = set(moved.values())
        for gap in gaps:
            stayed.update(self._edited(gap, came))
        moved.update(self._twins(*self._left()))
        moved.update(self._alike(*self._left()))
        return self._matched

    def _equal(self, span: Span) -> list[Pair]:
        """The headings of two sections that belong together are a pair, whatever they say."""
        ours, theirs = span
        pairs: list[Pair] = []
        if ours and theirs and self._old[ours[0]].kind is self._new[theirs[0]].kind is BlockKind.HEADING:
            pairs.append((ours[0], theirs[0]))
            ours, theirs = ours[1:], theirs[1:]
        texts, others = [self._old[i].text for i in ours], [self._new[j].text for j in theirs]
        if texts == others:
            return [*pairs, *zip(ours, theirs, strict=True)]
        found = heaviest_matches(texts, others)
        return pairs + [(ours[x], theirs[y]) for x, y in found]

    def _gaps(self) -> Iterator[Span]:
        """What lies between neighbours that stayed, where both sides have something."""
        for ours, theirs in self._spans:
            i, j = ours.start, theirs.start
            stayed = [(x, self._matched.stayed[x]) for x in ours if x in self._matched.stayed]
            for x, y in (*stayed, (ours.stop, theirs.stop)):
                if x > i and y > j:
                    yield range(i, x), range(j, y)
                i, j = x + 1, y + 1

    def _apart(self, pairs: dict[int, int], gaps: Sequence[Span]) -> dict[int, int]:
        """Those that left one gap and came elsewhere."""
        old_gap = {i: at for at, (ours, _) in enumerate(gaps) for i in ours}
        new_gap = {j: at for at, (_, theirs) in enumerate(gaps) for j in theirs}
        return {i: j for i, j in pairs.items() if i not in old_gap or old_gap[i] != new_gap.get(j)}

    def _left(self) -> tuple[list[int], list[int]]:
        pairs = (self._matched.stayed, self._matched.moved)
        gone, came = set().union(*pairs), {j for pair in pairs for j in pair.values()}
        return (
            [i for i, block in enumerate(self._old) if i not in gone and _is_large(block)],
            [j for j, block in enumerate(self._new) if j not in came and _is_large(block)],
        )

    def _twins(self, gone: Sequence[int], came: Sequence[int]) -> dict[int, int]:
        """Equal blocks; several copies in their order."""
        waiting: dict[str, list[int]] = {}
        for j in reversed(came):
            waiting.setdefault(self._new[j].text, []).append(j)
        copies = ((i, waiting.get(self._old[i].text)) for i in gone)
        return {i: places.pop() for i, places in copies if places}

    def _alike(self, gone: Sequence[int], came: Sequence[int]) -> dict[int, int]:
        """Blocks that are nearly equal."""
        if not gone or not came:
            return {}
        ours, theirs = [self._profile(True, i) for i in gone], [self._profile(False, j) for j in came]
        found = _best(ours, theirs, _candidates(ours, theirs), MOVED_ALIKE)
        return {gone[x]: came[y] for x, y in found}

    def _little_changed(self, gap: Span, moved_here: set[int]) -> list[Pair]:
        """Blocks that are nearly equal and stand in the same place of a gap: no need to look for them elsewhere."""
        if len(gap[0]) != len(gap[1]) or not moved_here.isdisjoint(gap[1]):
            return []
        if any(i in self._matched.moved for i in gap[0]):
            return []
        pairs = zip(*gap, strict=True)
        return [(i, j) for i, j in pairs if similarity(self._profile(True, i), self._profile(False, j)) >= MOVED_ALIKE]

    def _edited(self, gap: Span, moved_here: set[int]) -> list[Pair]:
        gone = [i for i in gap[0] if i not in self._matched.moved]
        came = [j for j in gap[1] if j not in moved_here]
        ours, theirs = [self._profile(True, i) for i in gone], [self._profile(False, j) for j in came]
        if len(gone) * len(came) <= ALL_PAIRS:
            possible = [(x, y) for x in range(len(gone)) for y in range(len(came))]
        else:
            possible = _candidates(ours, theirs)
        found = _best(ours, theirs, possible, ALIKE)
        kept = rising(found, [ours[x].total() for x, _ in found])
        return [(gone[x], came[y]) for at, (x, y) in enumerate(found) if at in kept]

    def _profile(self, is_old: bool, index: int) -> Profile:
        key = (is_old, index)
        if key not in self._profiles:
            self._profiles[key] = profile((self._old if is_old else self._new)[index].text)
        return self._profiles[key]


def _is_large(block: Block) -> bool:
    return _has_many_words(block.text)


@lru_cache(_KEPT_SIZES)  # asked again whenever some blocks were paired
def _has_many_words(text: str) -> bool:
    return len(words_of(text)) >= MOVED_WORDS


def _candidates(ours: Sequence[Profile], theirs: Sequence[Profile]) -> list[Pair]:
    return candidates([one.keys() for one in ours], [one.keys() for one in theirs])


def _best(old: Sequence[Profile], new: Sequence[Profile], possible: Sequence[Pair], least: float) -> list[Pair]:
    """The most alike pairs first, each index in one pair at most; by rising first index."""
    sizes = [one.total() for one in old], [other.total() for other in new]
    near = [(x, y) for x, y in possible if 2 * min(sizes[0][x], sizes[1][y]) >= least * (sizes[0][x] + sizes[1][y])]
    scored = ((similarity(old[x], new[y]), x, y) for x, y in near)
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, x, y in sorted((-score, abs(x - y), x, y) for score, x, y in scored if score >= least):
        if x not in pairs and y not in taken:
            pairs[x] = y
            taken.add(y)
    return sorted(pairs.items())
