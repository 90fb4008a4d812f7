"""What was read from snapshots, as it is kept: a text that is stored already is named by its id alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select

from archive.packing import unpack_values
from archive.pages import fetch_record, page_of_record, record_on
from archive.tables import pages, readings, snapshots, texts
from archive.takedowns import bury_again
from archive.texts import id_of_text, put_signals, store_text
from clausewatch.errors import Collision
from clausewatch.model import Document, Fault, Reading, Text

_SOME = 500  # parameters in one query: SQLite of 2020 takes 999
_WAS = select(readings.c.signals).where(readings.c.snapshot == bindparam("of_snapshot"))
_HAS_TEXT = select(texts.c.id).where(texts.c.id == bindparam("text"))
_ADD = insert(readings)
_IS_KNOWN = select(readings.c.snapshot).where(
    readings.c.snapshot == bindparam("like"), readings.c.normaliser == bindparam("by"),
    readings.c.text == bindparam("text"), readings.c.signals == bindparam("record"), readings.c.fault.is_(None),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """What a snapshot was read as."""

    normaliser: int
    text_id: str | None  # none where there is no text
    text_sha256: str
    key: str | None
    fault: Fault | None
    fault_reason: str | None
    signals: Mapping[str, Any] = field(default_factory=dict)
    text: Text | None = None  # none where there is none, or where the one of that id is stored
    like: Known | None = None  # the stored reading that this one repeats: its signals are those
    words: int = 0  # of its text


@dataclass(frozen=True, slots=True)
class Known:
    """A stored reading of a page that is the document, with what tells that another page says the same."""

    snapshot: str
    normaliser: int
    text_id: str
    text_sha256: str
    key: str
    record: int  # of its signals
    fingerprint: str | None
    words: int = 0  # of its text

    def again(self) -> Read:
        """The same reading, of another snapshot."""
        return Read(self.normaliser, self.text_id, self.text_sha256, self.key, None, None, like=self, words=self.words)


def read_of(reading: Reading, signals: Mapping[str, Any], *, known: Known | None = None) -> Read:
    """What is to be kept of a reading; without its text where that is the ``known`` one, which is stored."""
    text = reading.text if reading.text.blocks else None
    text_id = id_of_text(text) if text else None
    return Read(
        normaliser=reading.text.normaliser, text_id=text_id, text_sha256=reading.text.sha256,
        key=reading.text.key if text else None, fault=reading.fault, fault_reason=reading.fault_reason,
        signals=signals, text=None if known and known.text_id == text_id else text, words=reading.text.words,
    )  # fmt: skip


def store_read(connection: Connection, snapshot: str, read: Read) -> None:
    """Keep what the normaliser made of the snapshot, in place of an earlier reading; nothing of what was taken down, be
    it the snapshot or its text in its document. Raises Collision where what it relies on is stored no more."""
    if bury_again(connection, snapshot, read.text_sha256):
        return
    if read.text:
        store_text(connection, read.text)
    elif read.text_id and not _is_there(connection, read):
        raise Collision(f"{snapshot}: says what a text said that was just taken down; settle its document again")
    was = connection.execute(_WAS, {"of_snapshot": snapshot}).one_or_none()
    if read.like and not was:  # most say what the one before said
        kept = read.like.record
    else:
        signals = unpack_values(fetch_record(connection, read.like.record)) if read.like else read.signals
        kept = put_signals(connection, snapshot, signals, was=was.signals if was else None)
    if was:
        connection.execute(delete(readings).where(readings.c.snapshot == snapshot))
    connection.execute(_ADD, row_of(snapshot, read, record=kept))


def row_of(snapshot: str, read: Read, *, record: int) -> dict[str, Any]:
    """The reading as a row; ``record`` has its signals."""
    return {
        "snapshot": snapshot, "normaliser": read.normaliser, "text": read.text_id, "key": read.key,
        "fault": read.fault.value if read.fault else None, "fault_reason": read.fault_reason, "signals": record,
    }  # fmt: skip


def _is_there(connection: Connection, read: Read) -> bool:
    if read.like is None:
        return connection.execute(_HAS_TEXT, {"text": read.text_id}).first() is not None
    known = read.like
    given = {"like": known.snapshot, "by": known.normaliser, "text": known.text_id, "record": known.record}
    return connection.execute(_IS_KNOWN, given).first() is not None


# --- what is known --------------------------------------------------------------------------------------------


def known_readings(connection: Connection, ids: Iterable[str], *, normaliser: int) -> dict[str, Known]:
    """What these snapshots were read as by that revision, by document; of each document one is asked for. Left out are
    those that are not the document, or hold no text. Raises Damaged."""
    wanted = sorted(ids)
    rows = [
        row
        for at in range(0, len(wanted), _SOME)
        for row in connection.execute(_known_of_some(), {"ids": wanted[at : at + _SOME], "by": normaliser})
    ]
    return _known(rows)


def newest_known(connection: Connection, document: Document, *, normaliser: int) -> Known | None:
    """What the snapshot of the document was read as that came last, of those that ``known_readings`` gives."""
    rows = connection.execute(_newest_of_one(), {"of_document": document.id, "by": normaliser})
    return _known(rows).get(document.id)


def _known(rows: Iterable[Row[Any]]) -> dict[str, Known]:
    return {
        row.document: Known(
            snapshot=row.snapshot, normaliser=row.normaliser, text_id=row.text, text_sha256=row.sha256, key=row.key,
            record=row.signals, fingerprint=unpack_values(signals).get("fingerprint"), words=row.words,
        )
        for row in rows
        if (signals := record_on(row.packed, row.signals))
    }  # fmt: skip


@cache  # to build it takes longer than to ask it
def _known_of_some() -> Select[Any]:
    return _of_good().where(readings.c.snapshot.in_(bindparam("ids", expanding=True)))


@cache
def _newest_of_one() -> Select[Any]:
    own = _of_good().where(snapshots.c.document == bindparam("of_document"))
    return own.order_by(snapshots.c.position.desc()).limit(1)


def _of_good() -> Select[Any]:
    columns = readings.c.snapshot, readings.c.normaliser, readings.c.text, readings.c.key, readings.c.signals
    return (
        select(snapshots.c.document, texts.c.sha256, texts.c.words, pages.c.packed, *columns)
        .join(readings, readings.c.snapshot == snapshots.c.id)
        .join(texts, texts.c.id == readings.c.text)
        .join(pages, pages.c.id == page_of_record(readings.c.signals))
        .where(readings.c.normaliser == bindparam("by"), readings.c.fault.is_(None))
    )
