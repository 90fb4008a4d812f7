"""Aligns two texts: section by section, block by block, word by word. Pure; says nothing about what a change means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clausewatch.model import BLOCK_END, Alignment, BlockChange, Change, Edit, SectionChange, Text
from differ.blocks import find_moved, pair_blocks
from differ.likeness import heading_key
from differ.order import rising
from differ.outline import pair_sections
from differ.sections import Section, sections
from differ.words import IN, OUT, SAME, join, word_edits

Slot = tuple[int | None, int | None]
"""Indices of a section or a block in the old and in the new text; None: not on that side."""


def align(before: Text, after: Text) -> Alignment:
    """Two texts side by side, the same on every machine.

    Over ``blocks`` as over ``sections``, what stayed or went joins to the old text in its order, what stayed or came
    to the new text in its order.
    """
    old, new = sections(before), sections(after)
    pairs = pair_sections(old, new)
    moved_sections = _out_of_order(pairs, old)
    rows = [(slot, list(_block_slots(slot, old, new))) for slot in _slots(pairs, len(old), len(new))]
    changes = _BlockChanges(before, after, _moved_blocks(before, after, rows))
    blocks: list[BlockChange] = []
    found: list[SectionChange] = []
    for slot, block_slots in rows:
        inside = [changes.of(block_slot) for block_slot in block_slots]
        blocks += inside
        found.append(_section_change(slot, old, new, inside=inside, is_moved=slot in moved_sections))
    return Alignment(before, after, tuple(blocks), tuple(found))


def _slots(pairs: Sequence[tuple[int, int]], old_count: int, new_count: int) -> list[Slot]:
    """All of both sides in the order of the new one; what is old alone follows what stood before it."""
    to_new = dict(pairs)
    followers: dict[int | None, list[int]] = {}
    leader = None
    for i in range(old_count):
        if i in to_new:
            leader = to_new[i]
        else:
            followers.setdefault(leader, []).append(i)
    to_old = {j: i for i, j in pairs}
    slots: list[Slot] = [(i, None) for i in followers.get(None, ())]
    for j in range(new_count):
        slots.append((to_old.get(j), j))
        slots += [(i, None) for i in followers.get(j, ())]
    return slots


def _out_of_order(pairs: list[tuple[int, int]], old: Sequence[Section]) -> set[Slot]:
    weights = [sum(len(block.text) for block in old[i].blocks) for i, _ in pairs]
    kept = rising(pairs, weights)
    return {pair for at, pair in enumerate(pairs) if at not in kept}


def _block_slots(slot: Slot, old: Sequence[Section], new: Sequence[Section]) -> Iterator[Slot]:
    """The blocks of a section change, as indices into the texts."""
    left = old[slot[0]] if slot[0] is not None else None
    right = new[slot[1]] if slot[1] is not None else None
    ours, theirs = left.blocks if left else (), right.blocks if right else ()
    for i, j in _slots(pair_blocks(ours, theirs), len(ours), len(theirs)):
        yield (
            left.first + i if left is not None and i is not None else None,
            right.first + j if right is not None and j is not None else None,
        )


def _moved_blocks(before: Text, after: Text, rows: list[tuple[Slot, list[Slot]]]) -> list[tuple[int, int]]:
    gone = [i for _, slots in rows for i, j in slots if i is not None and j is None]
    came = [j for _, slots in rows for i, j in slots if j is not None and i is None]
    pairs = find_moved([before.blocks[i] for i in gone], [after.blocks[j] for j in came])
    return [(gone[x], came[y]) for x, y in pairs]


class _BlockChanges:
    """Makes block changes in order and numbers what moved as it is met."""

    def __init__(self, before: Text, after: Text, moved: list[tuple[int, int]]) -> None:
        self._before = before
        self._after = after
        self._left = dict(moved)
        self._came = {j: i for i, j in moved}
        self._ids: dict[int, str] = {}

    def of(self, slot: Slot) -> BlockChange:
        i, j = slot
        gone = "" if i is None else self._before.blocks[i].text + BLOCK_END
        came = "" if j is None else self._after.blocks[j].text + BLOCK_END
        if i is not None and j is not None:
            return BlockChange(i, j, word_edits(gone, came))
        moved = self._moved(i, j)
        return BlockChange(i, j, (Edit(OUT, gone, moved) if i is not None else Edit(IN, came, moved),), moved)

    def _moved(self, i: int | None, j: int | None) -> str | None:
        if i is None and j is not None:
            i = self._came.get(j)
        if i is None or i not in self._left:
            return None
        return self._ids.setdefault(i, f"m{len(self._ids) + 1}")


def _section_change(
    slot: Slot, old: Sequence[Section], new: Sequence[Section], *, inside: list[BlockChange], is_moved: bool
) -> SectionChange:
    left = old[slot[0]] if slot[0] is not None else None
    right = new[slot[1]] if slot[1] is not None else None
    edits: list[Edit] = []
    for block in inside:
        join(edits, block.edits)
    return SectionChange(
        change=_changes(left, right, inside, is_moved=is_moved),
        before=left.path if left else None,
        after=right.path if right else None,
        before_start=left.start if left else None,
        after_start=right.start if right else None,
        edits=tuple(edits),
    )


def _changes(
    left: Section | None, right: Section | None, inside: list[BlockChange], *, is_moved: bool
) -> tuple[Change, ...]:
    if left is None or right is None:
        return (Change.ADDED if left is None else Change.REMOVED,)
    changes = []
    is_renamed = bool(left.path and right.path) and heading_key(left.path[-1]) != heading_key(right.path[-1])
    body = inside[1:] if is_renamed and inside[0].before == left.first and inside[0].after == right.first else inside
    if any(edit.op != SAME for block in body for edit in block.edits):
        changes.append(Change.EDITED)
    if is_moved:
        changes.append(Change.MOVED)
    if is_renamed:
        changes.append(Change.RENAMED)
    return tuple(changes)
