"""A document's timeline as all its readings make it: versions, and the steps between them that are to be compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import differ
from archive.comparisons import Step, upgrade_comparisons
from archive.documents import settled_by
from archive.texts import StoredLooks, looks_in, pieces_of, stored_looks
from archive.versions import Run, versions_of_snapshots
from clausewatch.model import ComparisonState, Document, Look, content_id
from differ import timeline as timelines
from differ.shapes import Piece, Shape
from differ.timeline import UPGRADED, Timeline, timeline_of

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Derived:
    """The timeline as the looks that were read make it."""

    stored: StoredLooks  # that it was made of
    timeline: Timeline
    versions: list[Run]
    steps: list[Step]
    is_upgrade: bool  # we read anew what was settled before


def derive(connection: Connection, document: Document) -> Derived:
    """The document's timeline as all its readings make it."""
    stored = stored_looks(connection, document)
    looks = looks_in(stored)
    shapes = shapes_of(connection, looks)
    is_upgrade = settled_by(connection, document) not in (None, differ.REVISION)
    was = versions_of_snapshots(connection, document) if is_upgrade else {}
    ours = upgrade_comparisons(connection, document)
    timeline = timeline_of(looks, shapes, was=was)
    runs = timeline.runs
    ids = [content_id("version", document.id, run.key, run.ordinal) for run in runs]
    return Derived(
        stored=stored, timeline=timeline, is_upgrade=is_upgrade,
        versions=[_version_row(run, id) for run, id in zip(runs, ids, strict=True)],
        steps=[_step(step, runs, ids, ours=ours) for step in timeline.steps],
    )  # fmt: skip


def shapes_of(connection: Connection, looks: Sequence[Look]) -> Mapping[str, Shape]:
    """The shapes of the texts that these looks found, by their ids. They are read once one is asked for, which a text
    that nothing rotates in, and that has no variant, seldom takes."""
    return _Shapes(connection, frozenset(look.text for look in looks if look.text))


class _Shapes(Mapping[str, Shape]):
    """All are read at once: the numbers of blocks are those of these texts together."""

    def __init__(self, connection: Connection, texts: frozenset[str]) -> None:
        self._connection, self._texts = connection, texts

    @cached_property
    def _read(self) -> dict[str, Shape]:
        pieces = pieces_of(self._connection, self._texts)
        return {text: Shape(tuple(Piece(*piece) for piece in each)) for text, each in pieces.items()}

    def __getitem__(self, text: str) -> Shape:
        return self._read[text]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)


def _step(step: timelines.Step, runs: Sequence[timelines.Run], ids: Sequence[str], *, ours: Collection[str]) -> Step:
    before, after = runs[step.before], runs[step.after]
    id = content_id("comparison", ids[step.before], ids[step.after])
    is_ours = id in ours  # once found to be our doing it stays so, when nothing tells any more that it was
    return Step(
        id=id, before=ids[step.before], after=ids[step.after], before_text=before.text, after_text=after.text,
        after_at=after.first_at, state=ComparisonState.UPGRADE if is_ours else step.state,
        may_notify=step.may_notify and not is_ours, reason=UPGRADED if is_ours else step.reason,
    )  # fmt: skip


def _version_row(run: timelines.Run, version: str) -> Run:
    return Run(
        id=version, ordinal=run.ordinal, text=run.text, first_at=run.first_at, last_at=run.last_at,
        snapshots=run.snapshots,
    )  # fmt: skip
