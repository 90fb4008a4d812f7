"""The sections of a comparison, packed without their words: these stand in the two texts, and lengths lead to them."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import Any

from archive.packing import pack_values, unpack_values
from clausewatch.errors import Damaged
from clausewatch.model import BLOCK_END, Change, Edit, Form, SectionChange

# numbers stand for these: new ones are added at their ends
_CHANGES = (Change.ADDED, Change.REMOVED, Change.EDITED, Change.MOVED, Change.RENAMED, Change.SPLIT, Change.MERGED)
_FORMS = (Form.NUMBERING, Form.CASE, Form.PUNCTUATION, Form.SPACING, Form.BREAKS)
_OPS = ("=", "-", "+")
_BASE = 16  # of numbers that stand for several changes or forms
_IN_WORDS, _IN_LENGTHS = 0, 1

Path = tuple[str, ...]


def pack_sections(sections: Sequence[SectionChange], *, before_sha256: str, after_sha256: str) -> bytes:
    """What is kept of a comparison's sections. Where they do not join to the texts of these hashes, as they are
    to, their words are kept with them."""
    old, new = _joined(sections, "before_start", "=-"), _joined(sections, "after_start", "=+")
    if (_sha256(old), _sha256(new)) == (before_sha256, after_sha256):
        try:
            packed = _packed(sections, old, new)
            if unpack_sections(packed, old, new) == tuple(sections):
                return packed
        except _InWordsOnly:
            pass
    return pack_values([_IN_WORDS, [_row_in_words(section) for section in sections]])


def unpack_sections(packed: bytes, old: str, new: str) -> tuple[SectionChange, ...]:
    """What ``pack_sections`` packed, with the text of the unchanged ones; ``old`` and ``new`` are the texts that were
    compared. Raises Damaged."""
    form, *columns = unpack_values(packed)
    try:
        if form == _IN_LENGTHS:
            return fill_sections(_Reader(_Columns(*columns), old, new).sections(), old)
        return fill_sections([section_in_words(*row) for row in columns[0]], old)
    except (ValueError, IndexError, TypeError, StopIteration) as error:
        raise Damaged(f"sections are damaged ({error!r}); restore the database from a backup") from None


def fill_sections(sections: Sequence[SectionChange], old: str) -> tuple[SectionChange, ...]:
    """The sections with the text of unchanged ones, which is kept of none: it goes to where the next one begins."""
    starts = sorted(section.before_start for section in sections if section.before_start is not None)
    ends = dict(pairwise([*starts, len(old)]))
    return tuple(
        section if section.edits or section.before_start is None else _unchanged(section, ends, old)
        for section in sections
    )


def _unchanged(section: SectionChange, ends: Mapping[int, int], old: str) -> SectionChange:
    start = section.before_start or 0
    # each field by name: ``replace`` takes five times as long, and a page shows hundreds of sections
    return SectionChange(
        change=section.change, before=section.before, after=section.after, before_start=section.before_start,
        after_start=section.after_start, edits=(Edit("=", old[start : ends[start]]),), form=section.form,
    )  # fmt: skip


class _InWordsOnly(Exception):
    """The sections are none that lengths can tell of."""


def _joined(sections: Sequence[SectionChange], start: str, ops: str) -> str:
    own = [section for section in sections if getattr(section, start) is not None]
    return "".join(
        edit.text for section in sorted(own, key=attrgetter(start)) for edit in section.edits if edit.op in ops
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- in words ---------------------------------------------------------------------------------------------------


def _row_in_words(section: SectionChange) -> list[Any]:
    edits = [[edit.op, edit.text, edit.moved] for edit in section.edits] if section.change else []
    return [
        section.change, section.before, section.after, section.before_start, section.after_start, edits, section.form
    ]  # fmt: skip


def section_in_words(
    change: list[str], before: list[str] | None, after: list[str] | None, before_start: int | None,
    after_start: int | None, edits: list[list[Any]], form: Sequence[str] = (),
) -> SectionChange:  # fmt: skip
    return SectionChange(
        change=tuple(map(Change, change)), before=None if before is None else tuple(before),
        after=None if after is None else tuple(after), before_start=before_start, after_start=after_start,
        edits=tuple(Edit(op, text, moved) for op, text, moved in edits), form=tuple(map(Form, form)),
    )  # fmt: skip


# --- in lengths -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Columns:
    """What is kept, by what it means: that packs better than section by section."""

    changes: list[int] = field(default_factory=list)
    forms: list[int] = field(default_factory=list)
    # for each side how many lines further a section begins than the one before in the list; none: it has no such side
    before: list[int | None] = field(default_factory=list)
    after: list[int | None] = field(default_factory=list)
    # headings, of the sections that have that side: 0 as on the other side; 1 + how many are those of the section
    # before, if only the section's own line comes after them; else -1, how many are the same, and the others in words
    paths: list[Any] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)  # edits of each changed section
    ops: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)  # ids, in the order of those edits that have one


class _Side:
    """One text while sections are gone through: where its lines begin, and what was there last."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split(BLOCK_END)
        ends = map(len(BLOCK_END).__add__, map(len, self.lines))  # the quickest of several ways: texts have thousands
        self.starts = list(accumulate(ends, initial=0))
        self.at = 0  # line of the section before
        self.path: Path = ()  # its headings

    def common(self, path: Path) -> int:
        """How many headings the path shares with the one before."""
        for number, (one, other) in enumerate(zip(self.path, path, strict=False)):
            if one != other:
                return number
        return min(len(self.path), len(path))


def _packed(sections: Sequence[SectionChange], old: str, new: str) -> bytes:
    kept, before, after = _Columns(), _Side(old), _Side(new)
    for section in sections:
        kept.changes.append(_number([_CHANGES.index(each) for each in section.change]))
        kept.forms.append(_number([_FORMS.index(each) for each in section.form]))
        kept.before.append(_place(before, section.before_start))
        kept.after.append(_place(after, section.after_start))
        if section.before is not None:
            kept.paths += _path(before, section.before)
        if section.after is not None:
            same = section.after == section.before
            kept.paths += [0] if same else _path(after, section.after)
            after.path = section.after
        if section.change:
            kept.counts.append(len(section.edits))
            for edit in section.edits:
                kept.ops.append(_OPS.index(edit.op) + len(_OPS) * (edit.moved is not None))
                kept.lengths.append(len(edit.text))
                kept.moved += [] if edit.moved is None else [edit.moved]
    return pack_values([_IN_LENGTHS, *astuple(kept)])


def _number(several: Sequence[int]) -> int:
    number = 0
    for each in reversed(several):
        number = number * _BASE + each + 1
    return number


def _several(number: int) -> list[int]:
    several = []
    while number:
        number, each = divmod(number, _BASE)
        several.append(each - 1)
    return several


def _place(side: _Side, start: int | None) -> int | None:
    if start is None:
        return None
    number = bisect_left(side.starts, start)
    if side.starts[number : number + 1] != [start]:
        raise _InWordsOnly
    gap, side.at = number - side.at, number
    return gap


def _path(side: _Side, path: Path) -> list[Any]:
    shared = side.common(path)
    side.path = path
    is_own_line = path[shared:] == (side.lines[side.at],)
    return [shared + 1] if is_own_line else [-1, shared, list(path[shared:])]


class _Reader:
    """Sections out of columns and the two texts."""

    def __init__(self, kept: _Columns, old: str, new: str) -> None:
        self._kept = kept
        self._before, self._after = _Side(old), _Side(new)
        self._paths, self._counts = iter(kept.paths), iter(kept.counts)
        self._edits, self._moved = zip(kept.ops, kept.lengths, strict=True), iter(kept.moved)

    def sections(self) -> list[SectionChange]:
        kept = self._kept
        return [self._section(*row) for row in zip(kept.changes, kept.forms, kept.before, kept.after, strict=True)]

    def _section(self, changes: int, forms: int, before: int | None, after: int | None) -> SectionChange:
        change = tuple(_CHANGES[each] for each in _several(changes))
        starts = self._start(self._before, before), self._start(self._after, after)
        old_path = None if before is None else self._path(self._before, ())
        new_path = None if after is None else self._path(self._after, old_path or ())
        edits = tuple(self._edits_from(*starts, count=next(self._counts))) if change else ()
        return SectionChange(
            change=change, before=old_path, after=new_path, before_start=starts[0], after_start=starts[1], edits=edits,
            form=tuple(_FORMS[each] for each in _several(forms)),
        )  # fmt: skip

    def _start(self, side: _Side, gap: int | None) -> int | None:
        if gap is None:
            return None
        side.at += gap
        return side.starts[side.at]

    def _path(self, side: _Side, other: Path) -> Path:
        shared = next(self._paths)
        if shared == 0:
            side.path = other
        elif shared > 0:
            side.path = (*side.path[: shared - 1], side.lines[side.at])
        else:
            side.path = (*side.path[: next(self._paths)], *next(self._paths))
        return side.path

    def _edits_from(self, before: int | None, after: int | None, *, count: int) -> list[Edit]:
        i, j, edits = before or 0, after or 0, []
        for _ in range(count):
            number, length = next(self._edits)
            op = _OPS[number % len(_OPS)]
            text = self._after.text[j : j + length] if op == "+" else self._before.text[i : i + length]
            i += length if op != "+" else 0
            j += length if op != "-" else 0
            edits.append(Edit(op, text, next(self._moved) if number >= len(_OPS) else None))
        return edits
