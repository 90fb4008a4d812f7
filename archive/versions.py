"""Versions: the runs of equal text over a document's snapshots, and which text was in force when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, literal, select, tuple_, update

from archive.findings import erase_comparisons
from archive.ledger import note_recipients
from archive.passages import replace_passages
from archive.tables import ID, Instant, comparisons, passages, snapshots, texts, versions
from archive.takedowns import refuse_taken, refuse_taken_at
from archive.tallies import count_again
from archive.texts import load_text
from archive.version_links import link_versions
from clausewatch.errors import NotFound
from clausewatch.model import ComparisonState, Document, Fault, Text, Version

_OF_DOCUMENT = select(versions).where(versions.c.document == bindparam("of_document"))
_UPDATE = update(versions).where(versions.c.id == bindparam("of_version"))
_ADD = insert(versions)
_ATTACH = update(snapshots).where(snapshots.c.id == bindparam("of_snapshot"))
_ATTACHED = select(snapshots.c.id, snapshots.c.fault, snapshots.c.fault_reason, snapshots.c.version).where(
    snapshots.c.document == bindparam("of_document")
)


@dataclass(frozen=True, slots=True)
class Run:
    """A version as the timeline has it, and the snapshots that show it."""

    id: str
    ordinal: int
    text: str
    first_at: datetime
    last_at: datetime
    snapshots: tuple[str, ...]


def replace_timeline(
    connection: Connection,
    document: Document,
    runs: Sequence[Run],
    *,
    faults: Mapping[str, tuple[Fault, str]],
) -> None:
    """Make the document's versions those of ``runs``, mark its faulty snapshots, and have its passages found.
    The caller notes the change, by ``archive.changes``, at the end of the transaction.

    A version that is on the timeline no more goes, unless a comparison that was told cites it.
    """
    known = {row.id: row for row in connection.execute(_OF_DOCUMENT, {"of_document": document.id})}
    for run in runs:
        values = {
            "ordinal": run.ordinal, "text": run.text, "first_at": run.first_at, "last_at": run.last_at,
            "snapshots": len(run.snapshots), "is_current": True,
        }  # fmt: skip
        row = known.get(run.id)
        if row and any(getattr(row, name) != value for name, value in values.items()):
            connection.execute(_UPDATE, {"of_version": run.id, **values})
        elif row is None:
            connection.execute(_ADD, {"id": run.id, "document": document.id, **values})
    _attach_snapshots(connection, document, runs, faults=faults)
    _drop_versions(connection, known.keys() - {run.id for run in runs})
    was = {(row.id, row.text, row.first_at) for row in known.values() if row.is_current}
    if was != {(run.id, run.text, run.first_at) for run in runs}:
        replace_passages(connection, document)
        note_recipients(connection, {run.text for run in runs} - {row.text for row in known.values()})
    link_versions(connection, document.id)
    count_again(connection, document.id)


def _attach_snapshots(
    connection: Connection, document: Document, runs: Sequence[Run], *, faults: Mapping[str, tuple[Fault, str]]
) -> None:
    wanted: dict[str, tuple[str | None, str | None, str | None]] = {
        snapshot: (fault.value, reason, None) for snapshot, (fault, reason) in faults.items()
    }
    # a snapshot that was seen again after another text came in between belongs to the first of its versions
    wanted |= {snapshot: (None, None, run.id) for run in reversed(runs) for snapshot in run.snapshots}
    rows = connection.execute(_ATTACHED, {"of_document": document.id}).all()
    for row in rows:
        want = wanted.get(row.id, (None, None, None))
        if want != (row.fault, row.fault_reason, row.version):
            fault, reason, version = want
            connection.execute(
                _ATTACH, {"of_snapshot": row.id, "fault": fault, "fault_reason": reason, "version": version}
            )


def _drop_versions(connection: Connection, gone: Iterable[str]) -> None:
    for version in sorted(gone):
        connection.execute(delete(passages).where(passages.c.version == version))
        edges = (comparisons.c.before == version) | (comparisons.c.after == version)
        erase_comparisons(connection, edges & comparisons.c.told_at.is_(None))
        connection.execute(update(comparisons).where(edges).values(is_current=False))
        if connection.execute(select(comparisons.c.id).where(edges).limit(1)).first():
            connection.execute(update(versions).where(versions.c.id == version).values(is_current=False, snapshots=0))
        else:
            connection.execute(delete(versions).where(versions.c.id == version))


def versions_of_snapshots(connection: Connection, document: Document) -> dict[str, str]:
    """For each snapshot that has one, its version."""
    rows = connection.execute(
        select(snapshots.c.id, snapshots.c.version).where(
            snapshots.c.document == document.id, snapshots.c.version.is_not(None)
        )
    )
    return {row.id: row.version for row in rows}


def unsettled_snapshots(connection: Connection, document: Document) -> set[str]:
    """The snapshots that nothing was decided by yet: those that no version tells of, and those of held versions."""
    held = select(comparisons.c.after).where(
        comparisons.c.document == document.id, comparisons.c.state == ComparisonState.HELD.value
    )
    is_new = snapshots.c.version.is_(None) & snapshots.c.fault.is_(None)
    query = select(snapshots.c.id).where(snapshots.c.document == document.id, is_new | snapshots.c.version.in_(held))
    return set(connection.execute(query).scalars())


@cache  # to build a query takes as long as to ask it
def _versions() -> Select[Any]:
    return select(versions, texts.c.sha256, texts.c.words, texts.c.language, texts.c.normaliser).join(texts)


def _version(row: Row[Any]) -> Version:
    return Version(
        id=row.id, document=row.document, ordinal=row.ordinal, first_at=row.first_at, last_at=row.last_at,
        snapshots=row.snapshots, words=row.words, language=row.language, sha256=row.sha256, normaliser=row.normaliser,
    )  # fmt: skip


def list_versions(
    connection: Connection, document: Document, *, since: datetime | None = None, until: datetime | None = None,
    after: Version | None = None, limit: int | None = None,
) -> list[Version]:  # fmt: skip
    """The versions on the document's timeline, oldest first; with bounds, those seen between, or before and after.

    At most ``limit`` of those that come after one.
    """
    query = _versions().where(versions.c.document == document.id, versions.c.is_current)
    if since:
        query = query.where(versions.c.last_at >= since)
    if until:
        query = query.where(versions.c.first_at <= until)
    if after:
        query = query.where(
            tuple_(versions.c.first_at, versions.c.id) > tuple_(literal(after.first_at, Instant()), after.id)
        )
    return [
        _version(row) for row in connection.execute(query.order_by(versions.c.first_at, versions.c.id).limit(limit))
    ]


def get_version(connection: Connection, version: str) -> Version:
    """The version of that id, also one that only a told comparison cites. Raises NotFound, Gone where it was taken
    down."""
    row = connection.execute(_versions().where(versions.c.id == version)).one_or_none()
    if row is None or not row.is_current:
        refuse_taken(connection, version)
    if row is None:
        raise NotFound(f"{version}: no such version; see clausewatch versions")
    return _version(row)


def version_at(connection: Connection, document: Document, at: datetime | None) -> Version:
    """The version in force at that instant, the newest for None.

    In force is the last version first seen at or before the instant. Raises NotFound where there is none, Gone where
    it was taken down.
    """
    query = _versions().where(versions.c.document == document.id, versions.c.is_current)
    if at:
        query = query.where(versions.c.first_at <= at)
    row = connection.execute(query.order_by(versions.c.first_at.desc(), versions.c.id.desc()).limit(1)).one_or_none()
    refuse_taken_at(connection, document, at, since=row.first_at if row else None)
    if row is None:
        when = f" at {at:%Y-%m-%d}" if at else ""
        raise NotFound(f"{document.name}: no version{when}; see clausewatch versions {document.name}")
    return _version(row)


# built once: to build a query takes as long as to ask it
_place, _own = (
    tuple_(versions.c.first_at, versions.c.id),
    tuple_(bindparam("at", type_=Instant()), bindparam("id", type_=ID)),
)
_others = select(versions.c.id).where(versions.c.document == bindparam("document"), versions.c.is_current).limit(1)
_earlier = _others.where(_place < _own).order_by(versions.c.first_at.desc(), versions.c.id.desc())
_later = _others.where(_place > _own).order_by(versions.c.first_at, versions.c.id)
_is_there = select(versions.c.is_current).where(versions.c.id == bindparam("id"))
_text_of = select(versions.c.text).where(versions.c.id == bindparam("id"))


def neighbours_of(connection: Connection, version: Version) -> tuple[str | None, str | None]:
    """The ids of the versions before and after it on the document's timeline; None at its ends, and for a version that
    stands there no more."""
    if not connection.execute(_is_there, {"id": version.id}).scalar_one_or_none():
        return None, None
    own = {"document": version.document, "at": version.first_at, "id": version.id}
    return connection.execute(_earlier, own).scalar_one_or_none(), connection.execute(_later, own).scalar_one_or_none()


def text_id_of(connection: Connection, version: str) -> str:
    """The id of the version's text: what never changes under it. Raises NotFound."""
    text_id: str | None = connection.execute(_text_of, {"id": version}).scalar_one_or_none()
    if text_id is None:
        raise NotFound(f"{version}: no such version; see clausewatch versions")
    return text_id


def text_of(connection: Connection, version: str) -> Text:
    """The text of the version. Raises NotFound."""
    return load_text(connection, text_id_of(connection, version))
