"""Texts and what was read from snapshots: each distinct block is stored once, a text is a list of their ids."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, exists, func, insert, select, update

from archive.blocks import hash_of_block, load_block_texts, load_blocks, store_blocks
from archive.packing import pack_ids, pack_values, unpack_ids, unpack_values
from archive.pages import add_records, fetch_record, fetch_records, put_record
from archive.tables import readings, snapshots, texts
from clausewatch.counts import counted
from clausewatch.errors import Damaged, NotFound
from clausewatch.model import BLOCK_END, BlockKind, Document, Fault, Look, Snapshot, Text, count_words

_LOOKS: Select[Any] = (
    select(
        snapshots.c.id, snapshots.c.captured_at, snapshots.c.seen_at, snapshots.c.sightings, snapshots.c.is_live,
        snapshots.c.is_upgrade, readings.c.text, readings.c.key, readings.c.signals,
        readings.c.fault.label("page_fault"), readings.c.fault_reason.label("page_fault_reason"),
    )
    .join(readings)
    .where(snapshots.c.document == bindparam("of_document"))
    .order_by(snapshots.c.captured_at, snapshots.c.id)
)  # fmt: skip
_LISTED = select(texts.c.id, texts.c.listed).where(texts.c.id.in_(bindparam("of_texts", expanding=True)))
_BESIDE = 4  # newest readings of a document that are looked at for where to put the next
_ITS_DOCUMENT = select(snapshots.c.document).where(snapshots.c.id == bindparam("of_snapshot")).scalar_subquery()
_NEWEST_SIGNALS = (
    select(readings.c.signals)
    .join(snapshots)
    .where(
        snapshots.c.document == _ITS_DOCUMENT,
        readings.c.signals.is_not(None),
    )
    .order_by(snapshots.c.position.desc())
    .limit(_BESIDE)
)
_SHARES = (
    select(readings.c.snapshot)
    .join(snapshots)
    .where(
        snapshots.c.document == _ITS_DOCUMENT,
        readings.c.signals == bindparam("record"),
        readings.c.snapshot != bindparam("of_snapshot"),
    )
    .limit(1)
)
_TEXT = select(texts).where(texts.c.id == bindparam("text"))
_HAS_TEXT = select(texts.c.id).where(texts.c.id == bindparam("text"))
_SOME = 500  # parameters in one query: SQLite of 2020 takes 999


def store_text(connection: Connection, text: Text) -> str:
    """Store the text and those of its blocks that are new; give its id. Storing it again does nothing."""
    hashes = [hash_of_block(block) for block in text.blocks]
    text_id = _id_of(text, hashes)
    if connection.execute(_HAS_TEXT, {"text": text_id}).first():
        return text_id
    ids = store_blocks(connection, dict(zip(hashes, text.blocks, strict=True)))
    connection.execute(
        insert(texts).values(
            id=text_id, sha256=text.sha256, normaliser=text.normaliser, title=text.title, language=text.language,
            words=text.words, notes=list(text.notes), facts=0, number=next_number(),
            listed=store_list(connection, [ids[each] for each in hashes]),
        )
    )  # fmt: skip
    return text_id


def id_of_text(text: Text) -> str:
    """The id under which the text is stored, if it is: by all that its blocks are, and who made them."""
    return _id_of(text, [hash_of_block(block) for block in text.blocks])


def _id_of(text: Text, hashes: Sequence[str]) -> str:
    return hashlib.sha256("\n".join([str(text.normaliser), *hashes]).encode()).hexdigest()


def next_number() -> ColumnElement[int]:
    """The number of the text that is stored next."""
    return select(func.coalesce(func.max(texts.c.number), 0) + 1).scalar_subquery()


def store_list(connection: Connection, ids: Sequence[int]) -> int:
    """Store a text's list of blocks, where its newest blocks lie; give the id of its record."""
    return add_records(connection, [pack_ids(ids)], near=set(ids))[0]


def load_text(connection: Connection, text_id: str) -> Text:
    """The text of that id, block for block. Raises NotFound, or Damaged where its rows are damaged."""
    row = connection.execute(_TEXT, {"text": text_id}).one_or_none()
    if row is None:
        raise NotFound(f"{text_id}: no such text")
    ids = unpack_ids(fetch_record(connection, row.listed))
    by_id = load_blocks(connection, set(ids))
    if missing := set(ids) - by_id.keys():
        raise _blocks_gone(text_id, len(missing))
    text = Text(
        blocks=tuple(by_id[block_id] for block_id in ids), title=row.title, language=row.language,
        normaliser=row.normaliser, notes=tuple(row.notes),
    )  # fmt: skip
    vars(text)["words"] = row.words  # they were counted when it was stored
    return text


def load_words(connection: Connection, text_id: str) -> str:
    """The text of that id and nothing else of it. Raises NotFound, Damaged."""
    return load_words_of(connection, [text_id])[text_id]


def load_words_of(connection: Connection, text_ids: Iterable[str]) -> dict[str, str]:
    """Each of the texts and nothing else of it; what they share is read once. Raises NotFound, Damaged."""
    wanted = set(text_ids)
    lists = block_ids_of(connection, wanted)
    if unknown := sorted(wanted - lists.keys()):
        raise NotFound(f"{unknown[0]}: no such text")
    different = {block for each in lists.values() for block in each}
    words = load_block_texts(connection, different)
    for text_id, listed in lists.items():
        if missing := set(listed) - words.keys():
            raise _blocks_gone(text_id, len(missing))
    return {text_id: "".join([words[block] + BLOCK_END for block in listed]) for text_id, listed in lists.items()}


def _blocks_gone(text_id: str, count: int) -> Damaged:
    return Damaged(f"text {text_id}: {counted(count, 'block')} of it gone; restore the database from a backup")


def pieces_of(connection: Connection, ids: Iterable[str]) -> dict[str, list[tuple[int, int, bool, str]]]:
    """For each text its blocks in reading order: a number that stands for the words, how many words these are, whether
    it is a heading, and the words. Blocks that differ in their links alone have one number."""
    lists = block_ids_of(connection, ids)
    pieces = _pieces(connection, {block for each in lists.values() for block in each})
    return {text: [pieces[block] for block in each if block in pieces] for text, each in lists.items()}


def block_ids_of(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """For each text the ids of its blocks in reading order."""
    wanted = sorted(set(ids))
    listed: dict[int, str] = {}
    for at in range(0, len(wanted), _SOME):
        listed |= {row.listed: row.id for row in connection.execute(_LISTED, {"of_texts": wanted[at : at + _SOME]})}
    records = fetch_records(connection, listed)
    if missing := listed.keys() - records.keys():
        raise Damaged(
            f"texts: which blocks make up {counted(len(missing), 'text')} is not known; "
            "restore the database from a backup"
        )
    return {listed[each]: unpack_ids(record) for each, record in records.items()}


def _pieces(connection: Connection, ids: Collection[int]) -> dict[int, tuple[int, int, bool, str]]:
    numbers: dict[str, int] = {}
    return {
        id: (numbers.setdefault(block.text, id), count_words(block.text), block.kind is BlockKind.HEADING, block.text)
        for id, block in sorted(load_blocks(connection, ids).items())
    }


# --- what was read from snapshots -----------------------------------------------------------------------------


def put_signals(connection: Connection, snapshot: str, signals: Mapping[str, Any], *, was: int | None = None) -> int:
    """Put the signals where those of the document's other readings lie, or in the place of the record that ``was``
    there, unless another reading of the document has it too; give the id of their record."""
    packed = pack_values(dict(signals))
    if was is None:
        return put_record(connection, packed, place=None, near=_signals_beside(connection, snapshot))
    if fetch_records(connection, [was]).get(was) == packed:  # as a rebuild finds nearly all
        return was
    is_shared = connection.execute(_SHARES, {"of_snapshot": snapshot, "record": was}).first() is not None
    return put_record(connection, packed, place=None if is_shared else was, near=[was])


def _signals_beside(connection: Connection, snapshot: str) -> set[int]:
    """The records of the signals of the document's newest readings: those of one document are alike."""
    return set(connection.execute(_NEWEST_SIGNALS, {"of_snapshot": snapshot}).scalars())


def text_of_snapshot(connection: Connection, snapshot: str) -> Text:
    """What the snapshot was read as, be it the document or not. Raises NotFound where it holds no text."""
    text_id = connection.execute(select(readings.c.text).where(readings.c.snapshot == snapshot)).scalar_one_or_none()
    if text_id is None:
        raise NotFound(f"{snapshot}: no snapshot with a text that was read; see clausewatch snapshots")
    return load_text(connection, text_id)


def forget_readings(connection: Connection, document: Document) -> None:
    """Have all snapshots of the document read again."""
    own = select(snapshots.c.id).where(snapshots.c.document == document.id)
    connection.execute(update(readings).where(readings.c.snapshot.in_(own)).values(normaliser=0))


def unread_snapshots(connection: Connection, document: Document, *, normaliser: int) -> list[Snapshot]:
    """The document's snapshots without a reading of that revision, oldest first; those taken down are read no more."""
    from archive.snapshots import snapshot_of_row

    rows = connection.execute(_unread(), {"of_document": document.id, "by": normaliser})
    return [snapshot_of_row(row) for row in rows]


def unread_snapshots_of(
    connection: Connection, documents: Collection[str], *, normaliser: int
) -> dict[str, list[Snapshot]]:
    """As ``unread_snapshots``, of those of a few documents, by their ids, that have some."""
    from archive.snapshots import snapshot_of_row

    found: dict[str, list[Snapshot]] = {}
    for row in connection.execute(_unread_of_some(), {"of_documents": sorted(documents), "by": normaliser}):
        found.setdefault(row.document, []).append(snapshot_of_row(row))
    return found


@cache  # to build it takes longer than to ask it
def _unread() -> Select[Any]:
    return _unread_where(snapshots.c.document == bindparam("of_document"))


@cache
def _unread_of_some() -> Select[Any]:
    return _unread_where(snapshots.c.document.in_(bindparam("of_documents", expanding=True)))


def _unread_where(is_wanted: ColumnElement[bool]) -> Select[Any]:
    from archive.takedowns import is_taken

    is_read = exists().where(readings.c.snapshot == snapshots.c.id, readings.c.normaliser == bindparam("by"))
    unread = is_wanted, ~is_read, ~is_taken(snapshots.c.id)
    return select(snapshots).where(*unread).order_by(snapshots.c.captured_at, snapshots.c.id)


@dataclass(frozen=True, slots=True)
class StoredLooks:
    """The readings of a document's snapshots as they are stored, in the order of capture: equal if nothing was read,
    seen or forgotten between."""

    rows: Sequence[Row[Any]]
    signals: Mapping[int, bytes]  # packed, by their record


def stored_looks(connection: Connection, document: Document) -> StoredLooks:
    """What ``looks_in`` gives the looks of; to ask whether it is as it was takes less time than they do."""
    rows = connection.execute(_LOOKS, {"of_document": document.id}).all()
    return StoredLooks(rows, fetch_records(connection, {row.signals for row in rows}))


def looks_of(connection: Connection, document: Document) -> list[Look]:
    """The document's read snapshots in the order of their capture, as the timeline sees them."""
    return looks_in(stored_looks(connection, document))


def looks_in(found: StoredLooks) -> list[Look]:
    """The looks of which these are the readings."""
    return [
        Look(
            snapshot=row.id, captured_at=row.captured_at, seen_at=row.seen_at, sightings=row.sightings,
            is_live=row.is_live, is_upgrade=row.is_upgrade, text=row.text, key=row.key,
            fault=Fault(row.page_fault) if row.page_fault else None, fault_reason=row.page_fault_reason,
            signals=unpack_values(found.signals[row.signals]),
        )
        for row in found.rows
    ]  # fmt: skip
