"""The version that each document is at, as far as it was settled, and how it is prolonged by looks that found it again.
Whether nothing else follows from such looks is left to ``clausewatch.jobs.steady``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Select,
    bindparam,
    case,
    exists,
    func,
    insert,
    select,
    update,
)

from archive.looks import record_good_looks
from archive.pages import fetch_records
from archive.tables import comparisons, documents, readings, snapshots, takedowns, tallies, texts, versions
from archive.watches import record_good_look
from clausewatch.model import ComparisonState, Document

_DECIDED = (ComparisonState.CONFIRMED.value, ComparisonState.HISTORY.value)


@dataclass(frozen=True, slots=True)
class Current:
    """The last version on a document's timeline, which its newest look that was read shows."""

    document: str  # id
    version: str
    ordinal: int  # earlier versions with the same text
    last_at: datetime
    snapshots: int  # that show it
    counted: int  # of them those that stand in no earlier version
    first_text: str  # ids of texts that these were read as: the first and the last in order
    last_text: str
    sightings: int  # looks that found it ...
    live_sightings: int  # ... of them live ones
    signals: int  # record: of one of them
    versions: int  # on the timeline
    has_returns: bool  # untold ones, from a text that was told


@dataclass(frozen=True, slots=True)
class Prolonged:
    """A current version, and looks that found it again, in the order of their capture."""

    document: Document
    current: Current
    snapshots: tuple[str, ...]
    last_at: datetime


def current_versions(connection: Connection, ids: Iterable[str], *, normaliser: int, differ: int) -> dict[str, Current]:
    """The current versions of these documents, no more than a few, by document.

    Left out is a document whose versions do not tell of all that was read of it by that revision of the normaliser, or
    whose comparisons and facts are not all of that revision of the differ; one whose newest look was not the document;
    one of which something was taken down; and one whose current version's comparisons are not decided for good.
    """
    given = {"of_documents": sorted(ids), "by": normaliser, "differ": differ}
    found = [Current(*row) for row in connection.execute(_current(), given)]
    return {each.document: each for each in found}


@cache  # to build it takes longer than to ask it
def _current() -> Select[Any]:
    live = case((snapshots.c.is_live.is_(True), snapshots.c.sightings), else_=0)
    own = versions.c.id, versions.c.ordinal, versions.c.last_at, versions.c.snapshots
    return (
        select(
            documents.c.id, *own, func.count(), func.min(readings.c.text), func.max(readings.c.text),
            func.sum(snapshots.c.sightings), func.sum(live), func.max(readings.c.signals), tallies.c.versions,
            _has_returns().label("has_returns"),
        )
        .select_from(documents)
        .join(versions, versions.c.document == documents.c.id)
        .join(tallies, tallies.c.document == documents.c.id)
        .join(snapshots, snapshots.c.version == versions.c.id)
        .join(readings, readings.c.snapshot == snapshots.c.id)
        .where(
            documents.c.id.in_(bindparam("of_documents", expanding=True)), documents.c.normaliser == bindparam("by"),
            versions.c.is_current.is_(True), versions.c.id == _version_of_newest(), ~_has_later(), ~_is_outdated(),
            ~_is_undecided(), ~exists().where(takedowns.c.document == documents.c.id),
        )
        .group_by(documents.c.id, *own, tallies.c.versions)
    )  # fmt: skip


def _version_of_newest() -> ColumnElement[str]:
    """The version of the newest snapshot that was read; none where that is not the document."""
    newest, read = snapshots.alias(), readings.alias()
    return (
        select(newest.c.version)
        .join(read, read.c.snapshot == newest.c.id)
        .where(newest.c.document == documents.c.id)
        .order_by(newest.c.captured_at.desc(), newest.c.id.desc())
        .limit(1)
        .correlate(documents)
        .scalar_subquery()
    )


def _has_later() -> ColumnElement[bool]:
    """Whether another version was found as late."""
    other = versions.alias()
    return exists().where(
        other.c.document == versions.c.document, other.c.is_current.is_(True), other.c.id != versions.c.id,
        other.c.last_at >= versions.c.last_at,
    )  # fmt: skip


def _is_outdated() -> ColumnElement[bool]:
    """Whether another revision of the differ compared the document's versions, or read their facts."""
    other = versions.alias()
    compared = exists().where(
        comparisons.c.document == documents.c.id, comparisons.c.is_current.is_(True),
        comparisons.c.differ != bindparam("differ"),
    )  # fmt: skip
    read = exists().where(
        other.c.document == documents.c.id, other.c.is_current.is_(True), other.c.text == texts.c.id,
        texts.c.facts != bindparam("differ"),
    )  # fmt: skip
    return compared | read


def _is_undecided() -> ColumnElement[bool]:
    """Whether a step to the version is held, or was decided by what its looks were. A text that was there before is no
    news, whatever they were."""
    return (versions.c.ordinal == 0) & exists().where(
        comparisons.c.after == versions.c.id, comparisons.c.is_current.is_(True), comparisons.c.state.not_in(_DECIDED)
    )


def _has_returns() -> ColumnElement[bool]:
    told, after = comparisons.alias(), versions.alias()
    return exists().where(
        comparisons.c.document == documents.c.id, comparisons.c.is_current.is_(True),
        comparisons.c.state == ComparisonState.UNSTABLE.value, comparisons.c.told_at.is_(None),
        comparisons.c.after == after.c.id, after.c.ordinal > 0,
        exists().where(told.c.after == comparisons.c.before, told.c.told_at.is_not(None)),
    )  # fmt: skip


_since = bindparam("since", type_=snapshots.c.seen_at.type)
_KEYS = (
    select(snapshots.c.document, func.count(readings.c.key.distinct()))
    .join(readings)
    .where(
        snapshots.c.document.in_(bindparam("of_documents", expanding=True)), snapshots.c.version.is_not(None),
        (snapshots.c.captured_at >= _since) | (snapshots.c.seen_at >= _since),
    )
    .group_by(snapshots.c.document)
)  # fmt: skip


def count_texts(connection: Connection, ids: Iterable[str], *, since: datetime) -> dict[str, int]:
    """How many different texts these documents, no more than a few, were found to have since then."""
    given = {"of_documents": sorted(ids), "since": since}
    return {row[0]: row[1] for row in connection.execute(_KEYS, given)}


def signals_of(connection: Connection, found: Iterable[Current]) -> dict[str, bytes]:
    """The signals of one reading of each of these versions, as they are kept, by document."""
    records = {each.document: each.signals for each in found}
    kept = fetch_records(connection, records.values())
    return {document: kept[record] for document, record in records.items() if record in kept}


# --- prolonging -----------------------------------------------------------------------------------------------

_at = bindparam("at", type_=versions.c.last_at.type)
_ADD = insert(readings)
_ATTACH = (
    update(snapshots)
    .where(snapshots.c.id == bindparam("of_snapshot"))
    .values(fault=None, fault_reason=None, version=bindparam("at_version"))
)
_LENGTHEN = (
    update(versions).where(versions.c.id == bindparam("of_version")).values(last_at=_at, snapshots=bindparam("in_all"))
)
_COUNT = update(tallies).where(tallies.c.document == bindparam("of_document")).values(last_at=_at)
_SETTLE = update(documents).where(documents.c.id == bindparam("of_document")).values(is_unsettled=False)


def prolong(connection: Connection, prolonged: Sequence[Prolonged], *, read: Sequence[Mapping[str, Any]]) -> None:
    """Have these looks belong to the versions that they found, one or more, and the documents settled and seen.

    ``read`` are the rows of their readings. The caller notes the change, by ``archive.changes``, at the end of the
    transaction.
    """
    _execute(connection, _ADD, read)
    shown = [(snapshot, each) for each in prolonged for snapshot in each.snapshots]
    _execute(connection, _ATTACH, [{"of_snapshot": id, "at_version": each.current.version} for id, each in shown])
    _execute(
        connection, _LENGTHEN,
        [{"of_version": each.current.version, "at": each.last_at,
          "in_all": each.current.snapshots + len(each.snapshots)} for each in prolonged],
    )  # fmt: skip
    last = [{"of_document": each.document.id, "at": each.last_at} for each in prolonged]
    _execute(connection, _COUNT, last)
    _execute(connection, _SETTLE, [{"of_document": each.document.id} for each in prolonged])
    if len(prolonged) > 1:
        record_good_looks(connection, [(each.document, each.last_at) for each in prolonged])
    else:
        record_good_look(connection, prolonged[0].document, at=prolonged[0].last_at)


def _execute(connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
    """For each of the rows; one alone in the way that takes fewer turns of a PostgreSQL."""
    if rows:
        connection.execute(statement, rows if len(rows) > 1 else rows[0])
