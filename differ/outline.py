"""Pairs the sections of two texts by heading and content together. Leaves blocks and words to others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from differ.likeness import Profile, candidates, heading_key, profile, similarity
from differ.sections import Section

ALIKE = 0.4  # content that makes sections with different headings one renamed section
NEIGHBOURS_ALIKE = 0.25  # the same between sections that belong together already
HEADINGS_ALIKE = 0.5  # headings that make one section of two with little or no text, between such neighbours
RELATED = 0.2  # content that leaves a heading no doubt, if it stands once on each side
NEARLY = 0.8  # the same, if it stands several times on each side
LITTLE = 40  # words and pairs of words, some twenty words; less content says nothing against a heading
HEADING_WEIGHT = 0.4
PARENT_BONUS = 0.05  # of two equally good sections the one under the same parent
ALL_PAIRS = 400  # pairs between two neighbours that are all looked at; beyond that nobody could tell either

Pair = tuple[int, int]


@dataclass(frozen=True)
class _Face:
    """What a section is recognised by."""

    line: str  # the heading as it stands there
    heading: str
    parent: str
    copy: int  # how many sections before it have this heading
    copies: int  # how many have it in all
    lines: tuple[str, ...]  # the blocks under the heading

    # what follows is dear, and few sections need it: most are known by their heading and lines that stayed
    @cached_property
    def heading_words(self) -> Profile:
        return profile(self.line)

    @cached_property
    def body(self) -> Profile:
        return profile(" ".join(self.lines))

    @cached_property
    def signs(self) -> frozenset[Hashable]:
        texts = {("text", text) for text in self.lines}
        return frozenset(texts | {("heading", self.heading)} | {part for part in self.body if " " in part})

    def keeps_most_of(self, other: _Face) -> bool:
        """Whether lines that stand in both make up most of the letters of each."""
        larger = max(sum(map(len, self.lines)), sum(map(len, other.lines)))
        return sum(map(len, set(self.lines) & set(other.lines))) > larger / 2


def pair_sections(old: Sequence[Section], new: Sequence[Section]) -> list[Pair]:
    """Indices of sections that belong together, by rising index of the old one. Each stands in one pair at most."""
    pairs = _identical(old, new)
    left, right = _unpaired(pairs, len(old), len(new))
    if not left or not right:
        return sorted(pairs)
    ours, theirs = _faces(old, left), _faces(new, right)
    pairs += _certain(ours, theirs)
    left, right = _unpaired(pairs, len(old), len(new))
    possible = _possible([ours[i] for i in left], [theirs[j] for j in right])
    pairs += _best({(left[x], right[y]): _score(ours[left[x]], theirs[right[y]]) for x, y in possible})
    between = _between(sorted(pairs), len(old), len(new))
    pairs += _best({(i, j): _neighbour_score(ours[i], theirs[j]) for i, j in between})
    return sorted(pairs)


def _unpaired(pairs: Sequence[Pair], old_count: int, new_count: int) -> tuple[list[int], list[int]]:
    gone, taken = {i for i, _ in pairs}, {j for _, j in pairs}
    return [i for i in range(old_count) if i not in gone], [j for j in range(new_count) if j not in taken]


def _identical(old: Sequence[Section], new: Sequence[Section]) -> list[Pair]:
    """Equal text under the same headings first, then equal text anywhere; several copies in their order."""
    pairs: list[Pair] = []
    for has_path in (True, False):
        left, right = _unpaired(pairs, len(old), len(new))
        waiting: dict[Hashable, list[int]] = {}
        for j in reversed(right):
            waiting.setdefault(_key(new[j], has_path), []).append(j)
        for i in left:
            copies = waiting.get(_key(old[i], has_path))
            if copies:
                pairs.append((i, copies.pop()))
    return pairs


def _key(section: Section, has_path: bool) -> Hashable:
    return (section.path if has_path else None, tuple(block.text for block in section.blocks))


def _faces(sections: Sequence[Section], wanted: Sequence[int]) -> dict[int, _Face]:
    places: dict[str, list[int]] = {}
    keys = [heading_key(section.path[-1]) if section.path else "" for section in sections]
    for at, key in enumerate(keys):
        places.setdefault(key, []).append(at)
    copies = {at: (turn, len(row)) for row in places.values() for turn, at in enumerate(row)}
    return {at: _face(sections[at], keys[at], copies[at]) for at in wanted}


def _face(section: Section, key: str, copies: tuple[int, int]) -> _Face:
    return _Face(
        section.path[-1] if section.path else "",
        key,
        heading_key(section.path[-2]) if len(section.path) > 1 else "",
        *copies,
        tuple([block.text for block in section.blocks[1 if section.path else 0 :]]),
    )


def _certain(old: Mapping[int, _Face], new: Mapping[int, _Face]) -> list[Pair]:
    """Sections whose heading leaves no doubt; the others need not be looked at then. Copies go by their order."""
    under = {(face.heading, face.copy, face.copies): j for j, face in new.items()}
    keyed = ((i, under.get((face.heading, face.copy, face.copies))) for i, face in old.items())
    return [(i, j) for i, j in keyed if j is not None and _is_certain(old[i], new[j])]


def _is_certain(old: _Face, new: _Face) -> bool:
    if old.copies > 1:
        return similarity(old.body, new.body) >= NEARLY
    if old.keeps_most_of(new):
        return True
    return min(old.body.total(), new.body.total()) < LITTLE or similarity(old.body, new.body) >= RELATED


def _best(scores: dict[Pair, float]) -> list[Pair]:
    """The best pairs first, each section in one at most; of equals the nearest."""
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, i, j in sorted((-score, abs(i - j), i, j) for (i, j), score in scores.items() if score > 0):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return sorted(pairs.items())


def _possible(old: list[_Face], new: list[_Face]) -> set[Pair]:
    """Pairs with rare words in common, and pairs with one heading, copies of a heading in their order."""
    found = set(candidates([face.signs for face in old], [face.signs for face in new]))
    under: dict[str, list[int]] = {}
    for j, face in enumerate(new):
        under.setdefault(face.heading, []).append(j)
    seen: Counter[str] = Counter()
    for i, face in enumerate(old):
        turn = seen[face.heading]
        seen[face.heading] += 1
        found |= {(i, j) for j in under.get(face.heading, [])[max(0, turn - 2) : turn + 3]}
    return found


def _score(old: _Face, new: _Face) -> float:
    """0 where the two are not one section."""
    content = similarity(old.body, new.body)
    is_same_heading = old.heading == new.heading
    heading = 1.0 if is_same_heading else similarity(old.heading_words, new.heading_words)
    if not old.body and not new.body:
        content = heading
    if not is_same_heading and content < ALIKE:
        return 0.0
    score = (1 - HEADING_WEIGHT) * content + HEADING_WEIGHT * heading
    if old.parent == new.parent:
        score += PARENT_BONUS
    return score


def _between(pairs: Sequence[Pair], old_count: int, new_count: int) -> Iterator[Pair]:
    """Unpaired sections that lie between the same neighbours, by their order in the old text."""
    place = dict(pairs)
    back = {j: i for i, j in pairs}
    for i in range(old_count):
        if i in place or (i > 0 and i - 1 not in place):
            continue
        j = place[i - 1] + 1 if i else 0
        rows = _run(i, place, old_count), _run(j, back, new_count)
        is_closed = rows[0].stop == old_count or place[rows[0].stop] == rows[1].stop
        if is_closed and len(rows[0]) * len(rows[1]) <= ALL_PAIRS:
            yield from ((x, y) for x in rows[0] for y in rows[1])


def _run(first: int, paired: dict[int, int], count: int) -> range:
    last = first
    while last < count and last not in paired:
        last += 1
    return range(first, last)


def _neighbour_score(old: _Face, new: _Face) -> float:
    content = similarity(old.body, new.body)
    heading = similarity(old.heading_words, new.heading_words)
    is_small = min(old.body.total(), new.body.total()) < LITTLE
    if content < NEIGHBOURS_ALIKE and not (is_small and heading >= HEADINGS_ALIKE):
        return 0.0
    return content + heading
