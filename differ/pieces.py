"""Finds sentences that left one block and came to another, as where a paragraph was split or two became one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from clausewatch.model import BlockChange, Edit, SectionChange
from differ.blocks import MOVED_WORDS
from differ.likeness import words_of
from differ.words import IN, OUT, SAME

_Place = tuple[int, int]
"""Index of a block change, and of an edit in it."""


def mark_moved_pieces(changes: Sequence[BlockChange]) -> list[BlockChange]:
    """Gives edits with the same words, MOVED_WORDS or more, one id where they went and where they came.

    Then all ids are renamed m1, m2, ... as they are met.
    """
    changed = {at: change for at, change in enumerate(changes) if not change.is_unchanged}
    waiting: dict[tuple[str, ...], list[_Place]] = {}
    for place, words in reversed(list(_pieces(changed, IN))):
        waiting.setdefault(words, []).append(place)
    found: dict[_Place, str] = {}
    for place, words in _pieces(changed, OUT) if waiting else ():
        if waiting.get(words):
            found[place] = found[waiting[words].pop()] = f"piece {len(found)}"
    for at in {at for at, _ in found}:
        changed[at] = _marked(changed[at], at, found)
    changed = _renamed(changed)
    return [changed.get(at, change) for at, change in enumerate(changes)]


def _pieces(changed: Mapping[int, BlockChange], op: str) -> Iterator[tuple[_Place, tuple[str, ...]]]:
    """Runs with nothing in exchange, and whole blocks; a word for word exchange is an edit where it stands."""
    for at, change in changed.items():
        for index, edit in enumerate(change.edits):
            if edit.op != op or edit.moved is not None or _is_exchange(change.edits, index):
                continue
            words = tuple(words_of(edit.text))
            if len(words) >= MOVED_WORDS:
                yield (at, index), words


def _is_exchange(edits: Sequence[Edit], index: int) -> bool:
    beside = edits[max(0, index - 1) : index + 2]
    return any(edit.op not in (SAME, edits[index].op) for edit in beside)


def _marked(change: BlockChange, at: int, found: dict[_Place, str]) -> BlockChange:
    edits = tuple(replace(edit, moved=found.get((at, index), edit.moved)) for index, edit in enumerate(change.edits))
    is_whole = len(edits) == 1  # else it is a piece of a block
    return replace(change, edits=edits, moved=edits[0].moved if is_whole else change.moved)


def _renamed(changed: Mapping[int, BlockChange]) -> dict[int, BlockChange]:
    names: dict[str, str] = {}
    renamed = {}
    for at, change in changed.items():
        moved = [edit.moved for edit in change.edits if edit.moved]
        for name in moved:
            names.setdefault(name, f"m{len(names) + 1}")
        if moved:
            edits = tuple(replace(edit, moved=names[edit.moved] if edit.moved else None) for edit in change.edits)
            change = replace(change, edits=edits, moved=names[change.moved] if change.moved else None)
        renamed[at] = change
    return renamed


def renumbered(sections: Iterable[SectionChange]) -> Iterator[SectionChange]:
    """The same with ids m1, m2, ... as they are met; blocks whose halves came together again have left gaps."""
    names: dict[str, str] = {}
    for section in sections:
        if any(edit.moved for edit in section.edits):
            edits = [
                replace(edit, moved=names.setdefault(edit.moved, f"m{len(names) + 1}")) if edit.moved else edit
                for edit in section.edits
            ]
            section = replace(section, edits=tuple(edits))
        yield section
