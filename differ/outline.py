"""Pairs the sections of two texts by heading and content together. Leaves blocks and words to others."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from differ.likeness import Profile, candidates, heading_key, profile, similarity
from differ.sections import Section

ALIKE = 0.4  # content that makes sections with different headings one renamed section
HEADING_WEIGHT = 0.4
PARENT_BONUS = 0.05  # of two equally good sections the one under the same parent

Pair = tuple[int, int]


@dataclass(frozen=True)
class _Face:
    """What a section is recognised by."""

    heading: str
    heading_words: Profile
    parent: str
    body: Profile
    signs: frozenset[Hashable]


def pair_sections(old: Sequence[Section], new: Sequence[Section]) -> list[Pair]:
    """Indices of sections that belong together, by rising index of the old one. Each stands in one pair at most."""
    pairs = _identical(old, new)
    left = _without(len(old), {i for i, _ in pairs})
    right = _without(len(new), {j for _, j in pairs})
    if left and right:
        pairs += _alike(left, right, [_face(old[i]) for i in left], [_face(new[j]) for j in right])
    return sorted(pairs)


def _without(count: int, taken: set[int]) -> list[int]:
    return [index for index in range(count) if index not in taken]


def _identical(old: Sequence[Section], new: Sequence[Section]) -> list[Pair]:
    """Equal text under the same headings first, then equal text anywhere; several copies in their order."""
    pairs: list[Pair] = []
    for with_path in (True, False):
        left = _without(len(old), {i for i, _ in pairs})
        right = _without(len(new), {j for _, j in pairs})
        waiting: dict[Hashable, list[int]] = {}
        for j in reversed(right):
            waiting.setdefault(_key(new[j], with_path), []).append(j)
        for i in left:
            copies = waiting.get(_key(old[i], with_path))
            if copies:
                pairs.append((i, copies.pop()))
    return pairs


def _key(section: Section, with_path: bool) -> Hashable:
    return (section.path if with_path else None, tuple(block.text for block in section.blocks))


def _face(section: Section) -> _Face:
    headed = bool(section.path)
    heading = section.path[-1] if headed else ""
    body = [block.text for block in section.blocks[1 if headed else 0 :]]
    content = profile(" \N{BULLET} ".join(body))
    key = heading_key(heading)
    parent = heading_key(section.path[-2]) if len(section.path) > 1 else ""
    signs = {("text", text) for text in body} | {("heading", key)} | {part for part in content if type(part) is tuple}
    return _Face(key, profile(heading), parent, content, frozenset(signs))


def _alike(left: list[int], right: list[int], old: list[_Face], new: list[_Face]) -> list[Pair]:
    scored = []
    for i, j in _possible(old, new):
        score = _score(old[i], new[j])
        if score > 0:
            scored.append((-score, abs(left[i] - right[j]), i, j))
    pairs: list[Pair] = []
    gone: set[int] = set()
    taken: set[int] = set()
    for _, _, i, j in sorted(scored):
        if i not in gone and j not in taken:
            gone.add(i)
            taken.add(j)
            pairs.append((left[i], right[j]))
    return pairs


def _possible(old: list[_Face], new: list[_Face]) -> set[Pair]:
    """Pairs with rare words in common, and pairs with one heading, copies of a heading in their order."""
    found = set(candidates([face.signs for face in old], [face.signs for face in new]))
    under: dict[str, list[int]] = {}
    for j, face in enumerate(new):
        under.setdefault(face.heading, []).append(j)
    seen: dict[str, int] = {}
    for i, face in enumerate(old):
        same = under.get(face.heading, [])
        turn = seen.get(face.heading, 0)
        seen[face.heading] = turn + 1
        found |= {(i, j) for j in same[max(0, turn - 2) : turn + 3]}
    return found


def _score(old: _Face, new: _Face) -> float:
    """0 where the two are not one section."""
    content = similarity(old.body, new.body)
    same_heading = old.heading == new.heading
    heading = 1.0 if same_heading else similarity(old.heading_words, new.heading_words)
    if not old.body and not new.body:
        content = heading
    if not same_heading and content < ALIKE:
        return 0.0
    bonus = PARENT_BONUS if old.parent == new.parent else 0.0
    return (1 - HEADING_WEIGHT) * content + HEADING_WEIGHT * heading + bonus
