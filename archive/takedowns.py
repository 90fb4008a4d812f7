"""What was taken down: the bytes and words go, the hashes, the days and the reason stay."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, exists, insert, or_, select, update

from archive.blocks import erase_blocks
from archive.changes import note_change
from archive.documents import mark_outdated
from archive.facts import forget_facts
from archive.findings import erase_comparisons, erase_words
from archive.ledger import STATED
from archive.pages import erase_records
from archive.tables import (
    comparisons,
    documents,
    notices,
    passages,
    readings,
    recipients,
    snapshots,
    statements,
    takedowns,
    texts,
    tombstones,
    versions,
)
from archive.texts import block_ids_of, next_number, store_list
from clausewatch.errors import Gone
from clausewatch.model import Document, NoticeState, Version

BODY, SNAPSHOT, VERSION, COMPARISON = "body", "snapshot", "version", "comparison"
_SOME = 500  # parameters in one query: SQLite of 2020 takes 999
# built once: to build a query takes as long as to ask it
_STONES = select(tombstones).where(tombstones.c.sha256.in_(bindparam("among", expanding=True)))
_was_buried = takedowns.c.id == snapshots.c.id
_BURIED = (
    select(snapshots.c.document, snapshots.c.sha256, takedowns.c.kind, takedowns.c.erased_on, takedowns.c.reason)
    .join(takedowns, takedowns.c.document == snapshots.c.document)
    .where(
        snapshots.c.id == bindparam("of_snapshot"),
        or_(_was_buried, and_(takedowns.c.kind == VERSION, takedowns.c.sha256 == bindparam("of_text"))),
    )
    .order_by(_was_buried.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A body that was erased."""

    sha256: str
    erased_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Takedown:
    """A snapshot, version or comparison that was taken down."""

    id: str
    document: str  # id
    kind: str
    erased_on: date
    reason: str
    sha256: str | None = None  # of a snapshot's body, of a version's text
    first_at: datetime | None = None  # of a version
    last_at: datetime | None = None

    @property
    def words(self) -> str:
        """What a page says in its place."""
        return f"This {self.kind} was taken down on {self.erased_on}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a takedown came to."""

    snapshots: int
    versions: int
    comparisons: int
    bodies: int  # erased
    kept_bodies: int  # that another document has too


# --- looking --------------------------------------------------------------------------------------------------


def list_tombstones(connection: Connection) -> list[Tombstone]:
    """The bodies that were erased."""
    rows = connection.execute(select(tombstones).order_by(tombstones.c.sha256))
    return [Tombstone(row.sha256, row.erased_on, row.reason) for row in rows]


def list_takedowns(
    connection: Connection, document: Document | None = None, *, kind: str | None = None
) -> list[Takedown]:
    """What was taken down, of a document and of a kind if given; versions in the order of their time."""
    query = select(takedowns)
    if document:
        query = query.where(takedowns.c.document == document.id)
    if kind:
        query = query.where(takedowns.c.kind == kind)
    rows = connection.execute(query.order_by(takedowns.c.kind, takedowns.c.first_at, takedowns.c.id))
    return [_takedown(row) for row in rows]


def refuse_taken(connection: Connection, id: str) -> None:
    """Raises Gone where that snapshot, version or comparison was taken down."""
    row = connection.execute(select(takedowns).where(takedowns.c.id == id)).one_or_none()
    if row is not None:
        raise Gone(_takedown(row).words)


def refuse_taken_at(connection: Connection, document: Document, at: datetime | None, *, since: datetime | None) -> None:
    """Raises Gone where what was in force at that instant was taken down; what is left came at ``since``."""
    query = select(takedowns).where(takedowns.c.document == document.id, takedowns.c.kind == VERSION)
    if at:
        query = query.where(takedowns.c.first_at <= at)
    if since:
        query = query.where(takedowns.c.first_at > since)
    row = connection.execute(query.order_by(takedowns.c.first_at.desc()).limit(1)).one_or_none()
    if row is not None:
        raise Gone(_takedown(row).words)


def _takedown(row: Row[Any]) -> Takedown:
    return Takedown(
        id=row.id, document=row.document, kind=row.kind, erased_on=row.erased_on, reason=row.reason,
        sha256=row.sha256, first_at=row.first_at, last_at=row.last_at,
    )  # fmt: skip


def is_taken(snapshot: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the snapshot of that id was taken down, in a query."""
    return exists().where(takedowns.c.id == snapshot, takedowns.c.kind == SNAPSHOT)


# --- taking down ----------------------------------------------------------------------------------------------


def take_down(connection: Connection, document: Document, version: Version | None, *, reason: str, on: date) -> Taken:
    """Erase the version wherever its text stood in the document, or all of the document; leave tombstones.

    Bodies are erased by whoever holds them: ``list_tombstones`` names them. What another document has too stays
    there. The document is to be settled anew, and nobody is told of what that changes.
    """
    found = _snapshots(connection, document, version)
    ids, hashes = [row.id for row in found], sorted({row.sha256 for row in found})
    gone_texts = {row.text for row in found if row.text} | _told_texts(connection, document, version)
    gone = _versions_with(connection, document, gone_texts)
    stones = [
        Takedown(row.id, document.id, SNAPSHOT, on, reason, sha256=row.sha256) for row in found
    ] + [
        Takedown(row.id, document.id, VERSION, on, reason, row.sha256, row.first_at, row.last_at) for row in gone
    ]  # fmt: skip
    compared = _comparisons_with(connection, [row.id for row in gone])
    stones += [Takedown(id, document.id, COMPARISON, on, reason) for id in compared]
    shared = bodies_held(connection, hashes, ids)
    erased = [sha256 for sha256 in hashes if sha256 not in shared]
    restore_takedowns(connection, stones, [Tombstone(sha256, on, reason) for sha256 in erased])
    _erase_comparisons(connection, compared)
    _erase_readings(connection, ids)
    _erase_versions(connection, [row.id for row in gone])
    _erase_texts(connection, gone_texts)
    _forget_recipients(connection, document)
    mark_outdated(connection, document.id)
    note_change(connection, document.vendor)
    return Taken(len(ids), len(gone), len(compared), len(erased), len(hashes) - len(erased))


def stop_watching(connection: Connection, document: Document) -> None:
    """Look at the document no more."""
    connection.execute(update(documents).where(documents.c.id == document.id).values(due_at=None))


def restore_takedowns(connection: Connection, gone: Iterable[Takedown], stones: Iterable[Tombstone]) -> None:
    """Keep what was taken down, here or in the archive that was exported. Doing it again does nothing."""
    known = set(connection.execute(select(takedowns.c.id)).scalars())
    rows = [
        {"id": each.id, "document": each.document, "kind": each.kind, "sha256": each.sha256,
         "first_at": each.first_at, "last_at": each.last_at, "erased_on": each.erased_on, "reason": each.reason}
        for each in gone if each.id not in known
    ]  # fmt: skip
    if rows:
        connection.execute(insert(takedowns), rows)
    buried = set(connection.execute(select(tombstones.c.sha256)).scalars())
    new = [
        {"sha256": each.sha256, "erased_on": each.erased_on, "reason": each.reason}
        for each in stones if each.sha256 not in buried
    ]  # fmt: skip
    if new:
        connection.execute(insert(tombstones), new)


def bury_again(connection: Connection, snapshot: str, text: str) -> bool:
    """Whether the snapshot was taken down, while it was being read perhaps. Where its text, by its SHA-256, was taken
    down in its document before, it is taken down here."""
    row = connection.execute(_BURIED, {"of_snapshot": snapshot, "of_text": text}).one_or_none()
    if row is None:
        return False
    if row.kind == SNAPSHOT:
        return True
    stone = Takedown(snapshot, row.document, SNAPSHOT, row.erased_on, row.reason, sha256=row.sha256)
    body = [] if bodies_held(connection, [row.sha256], [snapshot]) else [row.sha256]
    restore_takedowns(connection, [stone], [Tombstone(each, row.erased_on, row.reason) for each in body])
    return True


def bury_known_all(connection: Connection, snapshots: Sequence[tuple[str, Document, str]]) -> None:
    """New snapshots, with the SHA-256 of their bytes, are taken down as these were where they were erased."""
    rows = [
        row
        for some in _parts({sha256 for _, _, sha256 in snapshots})
        for row in connection.execute(_STONES, {"among": some})
    ]
    if not rows:
        return
    erased = {row.sha256: row for row in rows}
    stones = [
        Takedown(id, document.id, SNAPSHOT, erased[sha256].erased_on, erased[sha256].reason, sha256=sha256)
        for id, document, sha256 in snapshots if sha256 in erased
    ]  # fmt: skip
    restore_takedowns(connection, stones, [])


def _snapshots(connection: Connection, document: Document, version: Version | None) -> Sequence[Any]:
    query = (
        select(snapshots.c.id, snapshots.c.sha256, readings.c.text)
        .outerjoin(readings, readings.c.snapshot == snapshots.c.id)
        .where(snapshots.c.document == document.id)
        .order_by(snapshots.c.id)
    )
    if version:
        # texts that differ only in where blocks end are one version: they have one key
        text = select(versions.c.text).where(versions.c.id == version.id)
        same = readings.c.key.in_(select(readings.c.key).where(readings.c.text.in_(text)))
        query = query.where(or_(same, snapshots.c.version == version.id))  # pages of which a part rotates, too
    return connection.execute(query).all()


def _told_texts(connection: Connection, document: Document, version: Version | None) -> set[str]:
    """Texts of versions, also of those that are no more on the timeline and only cited."""
    query = select(versions.c.text).where(versions.c.document == document.id)
    if version:
        query = query.where(versions.c.id == version.id)
    return set(connection.execute(query).scalars())


def _versions_with(connection: Connection, document: Document, text_ids: Collection[str]) -> list[Any]:
    query = (
        select(versions.c.id, texts.c.sha256, versions.c.first_at, versions.c.last_at)
        .join(texts, texts.c.id == versions.c.text)
        .where(versions.c.document == document.id)
    )
    return [row for some in _parts(text_ids) for row in connection.execute(query.where(versions.c.text.in_(some)))]


def _comparisons_with(connection: Connection, version_ids: Collection[str]) -> list[str]:
    found: set[str] = set()
    for some in _parts(version_ids):
        sides = or_(comparisons.c.before.in_(some), comparisons.c.after.in_(some))
        found |= set(connection.execute(select(comparisons.c.id).where(sides)).scalars())
    return sorted(found)


def bodies_held(connection: Connection, hashes: Collection[str], ids: Collection[str] = ()) -> set[str]:
    """Those of the bodies, by SHA-256, that a snapshot stands on which was not taken down and is not among these."""
    found: set[str] = set()
    mine = set(ids)
    for some in _parts(hashes):
        rows = connection.execute(
            select(snapshots.c.id, snapshots.c.sha256).where(snapshots.c.sha256.in_(some), ~is_taken(snapshots.c.id))
        )
        found |= {row.sha256 for row in rows if row.id not in mine}
    return found


def _erase_comparisons(connection: Connection, ids: Sequence[str]) -> None:
    """Those that a notice cites stay as a shell; a notice that was not sent yet is not sent."""
    for some in _parts(ids):
        unsent = notices.c.state.in_([NoticeState.DUE.value, NoticeState.CLAIMED.value, NoticeState.FAILED.value])
        connection.execute(
            update(notices)
            .where(notices.c.comparison.in_(some), unsent)
            .values(state=NoticeState.DROPPED.value, error="taken down", claimed_by=None, claimed_until=None)
        )
        is_cited = exists().where(notices.c.comparison == comparisons.c.id)
        erase_comparisons(connection, comparisons.c.id.in_(some) & ~is_cited)
        erase_words(connection, comparisons.c.id.in_(some))
        connection.execute(
            update(comparisons)
            .where(comparisons.c.id.in_(some))
            .values(
                summary="taken down", sections=None, kinds=None, findings=None, stated=None,
                state_reason="taken down",
                material=False, notify=False, is_current=False, artefact_reason=None, severity=None,
            )
        )  # fmt: skip


def _erase_readings(connection: Connection, ids: Collection[str]) -> None:
    for some in _parts(ids):
        connection.execute(update(snapshots).where(snapshots.c.id.in_(some)).values(version=None, headers={}))
        records = connection.execute(select(readings.c.signals).where(readings.c.snapshot.in_(some)))
        erase_records(connection, records.scalars().all())
        connection.execute(delete(readings).where(readings.c.snapshot.in_(some)))


def _erase_versions(connection: Connection, ids: Collection[str]) -> None:
    for some in _parts(ids):
        connection.execute(delete(passages).where(passages.c.version.in_(some)))
        is_cited = or_(
            exists().where(comparisons.c.before == versions.c.id),
            exists().where(comparisons.c.after == versions.c.id),
            exists().where(notices.c.version == versions.c.id),
        )
        connection.execute(update(snapshots).where(snapshots.c.version.in_(some)).values(version=None))
        connection.execute(delete(versions).where(versions.c.id.in_(some), ~is_cited))
        connection.execute(update(versions).where(versions.c.id.in_(some)).values(is_current=False, snapshots=0))


def _erase_texts(connection: Connection, ids: Collection[str]) -> None:
    """The texts that no reading has any more, and the blocks that no other text has."""
    is_read = exists().where(readings.c.text == texts.c.id)
    is_current = exists().where(versions.c.text == texts.c.id, versions.c.is_current)
    free = [
        id
        for some in _parts(ids)
        for id in connection.execute(select(texts.c.id).where(texts.c.id.in_(some), ~is_read, ~is_current)).scalars()
    ]
    suspects = {block for each in block_ids_of(connection, free).values() for block in each}
    for id in free:
        forget_facts(connection, id)
        erase_records(connection, connection.execute(select(texts.c.listed).where(texts.c.id == id)).scalars().all())
        _leave_shell(connection, id)
        connection.execute(delete(texts).where(texts.c.id == id))
    others = connection.execute(select(texts.c.id)).scalars().all() if suspects else []
    for some in _parts(others):
        suspects -= {block for each in block_ids_of(connection, some).values() for block in each}
    for some in _parts(suspects):
        connection.execute(delete(passages).where(passages.c.block.in_(some)))
    erase_blocks(connection, suspects)


def _leave_shell(connection: Connection, id: str) -> None:
    """An empty text for what still refers to one, under another id: the same words may come of another document."""
    columns = (versions.c.text, comparisons.c.before_text, comparisons.c.after_text)
    cited = [each for each in columns if connection.execute(select(each).where(each == id).limit(1)).first()]
    if not cited:
        return
    row = connection.execute(select(texts).where(texts.c.id == id)).one()
    shell = hashlib.sha256(f"taken down {id}".encode()).hexdigest()
    if connection.execute(select(texts.c.id).where(texts.c.id == shell)).first() is None:
        values = dict(row._mapping) | {"id": shell, "title": None, "notes": [], "listed": store_list(connection, [])}
        values["number"] = next_number()
        connection.execute(insert(texts).values(**values))
    for column in cited:
        connection.execute(update(column.table).where(column == id).values({column.name: shell}))


def _forget_recipients(connection: Connection, document: Document) -> None:
    """Names of recipients that no version of the document states any more."""
    stated = (
        select(statements.c.value)
        .select_from(STATED)
        .join(versions, versions.c.text == texts.c.id)
        .where(versions.c.document == document.id, versions.c.is_current, statements.c.kind == "recipient")
    )
    connection.execute(delete(recipients).where(recipients.c.document == document.id, recipients.c.name.not_in(stated)))


def _parts(items: Collection[Any]) -> Iterator[list[Any]]:
    listed = sorted(items)
    for at in range(0, len(listed), _SOME):
        yield listed[at : at + _SOME]
