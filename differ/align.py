"""Aligns two texts: section by section, block by block, word by word. Pure; says nothing about what a change means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import eq

from clausewatch.model import BLOCK_END, Alignment, BlockChange, Change, Edit, SectionChange, Text
from differ.blocks import Matched, match_blocks
from differ.likeness import heading_key
from differ.order import rising
from differ.outline import pair_sections
from differ.paragraph_splits import section_edits
from differ.pieces import mark_moved_pieces, renumbered
from differ.section_splits import Outline, cut_sections
from differ.sections import Section, sections
from differ.words import IN, OUT, SAME, forms, is_cosmetic, joined, word_edits

Slot = tuple[int | None, int | None]
"""Index of a block in the old and in the new text; None: not on that side."""

Couple = tuple[Section | None, Section | None]
"""A section of the old text and what it became; None: not on that side."""


def align(before: Text, after: Text) -> Alignment:
    """Two texts side by side, the same on every machine.

    Over ``blocks`` as over ``sections``, what stayed or went joins to the old text in its order, what stayed or came
    to the new text in its order.
    """
    ours, theirs = sections(before), sections(after)
    outline = cut_sections(ours, theirs, pair_sections(ours, theirs))
    old, new, pairs = outline.old, outline.new, outline.pairs
    couples: list[Couple] = [
        (None if i is None else old[i], None if j is None else new[j])
        for i, j in _interleaved(pairs, range(len(old)), range(len(new)))
    ]
    matched = match_blocks(before, after, [(_blocks_of(old[i]), _blocks_of(new[j])) for i, j in pairs])
    slots = [_slots(couple, matched) for couple in couples]
    changes = [_block_change(slot, before, after, matched) for row in slots for slot in row]
    blocks = mark_moved_pieces(changes)
    out_of_order = _out_of_order(pairs, old)
    found: list[SectionChange] = []
    at = 0
    for couple, row in zip(couples, slots, strict=True):
        inside = blocks[at : at + len(row)]
        at += len(row)
        is_moved = couple[0] is not None and couple[0].first in out_of_order
        found.append(_section_change(couple, inside, joint=_joint(couple, outline), is_moved=is_moved))
    return Alignment(before, after, tuple(blocks), tuple(renumbered(found)))


def _interleaved(pairs: Iterable[tuple[int, int]], old: range, new: range) -> list[Slot]:
    """All of both sides in the order of the new one; what is old alone follows what stood before it."""
    to_new = dict(pairs)
    followers: dict[int | None, list[int]] = {}
    leader = None
    for i in old:
        if i in to_new:
            leader = to_new[i]
        else:
            followers.setdefault(leader, []).append(i)
    to_old = {j: i for i, j in to_new.items()}
    slots: list[Slot] = [(i, None) for i in followers.get(None, ())]
    for j in new:
        slots.append((to_old.get(j), j))
        slots += [(i, None) for i in followers.get(j, ())]
    return slots


def _blocks_of(section: Section | None) -> range:
    return range(section.first, section.first + len(section.blocks)) if section else range(0)


def _slots(couple: Couple, matched: Matched) -> list[Slot]:
    ours, theirs = (_blocks_of(section) for section in couple)
    if len(ours) == len(theirs) and all(map(eq, map(matched.stayed.get, ours), theirs)):
        return list(zip(ours, theirs, strict=True))
    return _interleaved([(i, matched.stayed[i]) for i in ours if i in matched.stayed], ours, theirs)


def _out_of_order(pairs: list[tuple[int, int]], old: Sequence[Section]) -> set[int]:
    """First blocks of the old sections that stand elsewhere among the pairs now."""
    sizes = [sum(len(block.text) for block in old[i].blocks) for i, _ in pairs]
    more = sum(sizes) + 1
    kept = rising(pairs, [more + size for size in sizes])  # fewest moved, then the smallest
    return {old[i].first for at, (i, _) in enumerate(pairs) if at not in kept}


def _block_change(slot: Slot, before: Text, after: Text, matched: Matched) -> BlockChange:
    i, j = slot
    if i is not None and j is not None:
        line, other = _line(before, i), _line(after, j)
        return BlockChange(i, j, (Edit(SAME, line),) if line == other else word_edits(line, other))
    if i is not None:
        goal = matched.moved.get(i)
        way = () if goal is None else word_edits(_line(before, i), _line(after, goal))
        return _half(slot, Edit(OUT, _line(before, i)), way, name=f"block {i}")
    assert j is not None  # no slot is empty on both sides
    source = matched.sources.get(j)
    way = () if source is None else word_edits(_line(before, source), _line(after, j))
    return _half(slot, Edit(IN, _line(after, j)), way, name=f"block {source}")


def _line(text: Text, index: int) -> str:
    return text.blocks[index].text + BLOCK_END


def _half(slot: Slot, whole: Edit, way: Sequence[Edit], *, name: str) -> BlockChange:
    """A block on one side. Of one that changed on its way only the words that it kept are told as moved."""
    if not way:
        return BlockChange(*slot, (whole,))
    if all(edit.op == SAME for edit in way) or is_cosmetic(way):
        return BlockChange(*slot, (Edit(whole.op, whole.text, name),), name)
    edits = []
    for at, edit in enumerate(way):
        is_kept = edit.op == SAME and any(map(str.isalnum, edit.text))
        if edit.op in (SAME, whole.op):
            edits.append(Edit(whole.op, edit.text, f"{name} {at}" if is_kept else None))
    return BlockChange(*slot, tuple(joined(edits)))


def _joint(couple: Couple, outline: Outline) -> Change | None:
    """Whether a part was cut off here or joined here, by a heading that came or went."""
    left, right = couple
    if right is not None and right.first in outline.split:
        return Change.SPLIT
    return Change.MERGED if left is not None and left.first in outline.merged else None


def _section_change(
    couple: Couple, inside: list[BlockChange], *, joint: Change | None, is_moved: bool
) -> SectionChange:
    left, right = couple
    is_same = all(block.is_unchanged for block in inside)
    change = _changes(couple, [] if is_same else inside, joint=joint, is_moved=is_moved)
    edits = (_unchanged(inside),) if is_same else tuple(section_edits(inside))
    return SectionChange(
        change=change,
        before=left.path if left else None,
        after=right.path if right else None,
        before_start=left.start if left else None,
        after_start=right.start if right else None,
        edits=edits,
        form=forms(edits) if Change.EDITED in change else (),
    )


def _unchanged(inside: list[BlockChange]) -> Edit:
    return Edit(SAME, "".join([edit.text for block in inside for edit in block.edits]))


def _changes(couple: Couple, inside: list[BlockChange], *, joint: Change | None, is_moved: bool) -> tuple[Change, ...]:
    left, right = couple
    if left is None or right is None:
        return (Change.ADDED if left is None else Change.REMOVED,)
    is_renamed = joint is None and bool(left.path and right.path) and _has_other_heading(left, right)
    heading = (None, right.first) if joint is Change.SPLIT else (left.first, None) if joint is Change.MERGED else None
    body = inside[1:] if is_renamed else [block for block in inside if (block.before, block.after) != heading]
    told = [
        (Change.EDITED, not all(block.is_unchanged for block in body)),
        (Change.MOVED, is_moved),
        (Change.RENAMED, is_renamed),
    ]
    return (*([joint] if joint else []), *(change for change, holds in told if holds))


def _has_other_heading(left: Section, right: Section) -> bool:
    ours, theirs = left.path[-1], right.path[-1]
    return ours != theirs and heading_key(ours) != heading_key(theirs)
