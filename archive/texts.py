"""Texts and what was read from snapshots: each distinct block is stored once, a text is a list of their ids."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from archive.ledger import note_recipients
from archive.tables import blocks, facts, readings, snapshots, texts
from clausewatch.errors import Damaged, NotFound
from clausewatch.model import (
    BLOCK_END,
    Block,
    BlockKind,
    Document,
    Fact,
    Fault,
    Look,
    Quote,
    Reading,
    Snapshot,
    Text,
    count_words,
)

_SOME = 500  # parameters in one query: SQLite of 2020 takes 999


def store_text(connection: Connection, text: Text) -> str:
    """Store the text and those of its blocks that are new; give its id. Storing it again does nothing."""
    hashes = [_block_hash(block) for block in text.blocks]
    text_id = hashlib.sha256("\n".join([str(text.normaliser), *hashes]).encode()).hexdigest()
    if connection.execute(select(texts.c.id).where(texts.c.id == text_id)).first():
        return text_id
    ids = _store_blocks(connection, dict(zip(hashes, text.blocks, strict=True)))
    packed = zlib.compress(struct.pack(f"<{len(hashes)}I", *(ids[block_hash] for block_hash in hashes)))
    connection.execute(
        insert(texts).values(
            id=text_id, sha256=text.sha256, normaliser=text.normaliser, title=text.title, language=text.language,
            words=text.words, notes=list(text.notes), facts=0, blocks=packed,
        )
    )  # fmt: skip
    return text_id


def _block_hash(block: Block) -> str:
    parts = [block.kind.value, block.level, block.text, block.header, block.links, block.breaks]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _store_blocks(connection: Connection, wanted: Mapping[str, Block]) -> dict[str, int]:
    ids = _block_ids(connection, list(wanted))
    new = [
        {
            "sha256": block_hash, "kind": block.kind.value, "level": block.level, "text": block.text,
            "header": list(block.header), "links": list(block.links), "breaks": list(block.breaks),
        }
        for block_hash, block in wanted.items()
        if block_hash not in ids
    ]  # fmt: skip
    if new:
        connection.execute(insert(blocks), new)
        ids |= _block_ids(connection, [block_hash for block_hash in wanted if block_hash not in ids])
    return ids


def _block_ids(connection: Connection, hashes: list[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for at in range(0, len(hashes), _SOME):
        query = select(blocks.c.sha256, blocks.c.id).where(blocks.c.sha256.in_(hashes[at : at + _SOME]))
        ids |= {row.sha256: row.id for row in connection.execute(query)}
    return ids


def load_text(connection: Connection, text_id: str) -> Text:
    """The text of that id, block for block. Raises NotFound, or Damaged where its rows are damaged."""
    row = connection.execute(select(texts).where(texts.c.id == text_id)).one_or_none()
    if row is None:
        raise NotFound(f"{text_id}: no such text")
    ids = _unpacked(row.blocks)
    by_id = _load_blocks(connection, sorted(set(ids)))
    if missing := set(ids) - by_id.keys():
        raise Damaged(f"text {text_id}: {len(missing)} of its blocks are gone; restore the database from a backup")
    return Text(
        blocks=tuple(by_id[block_id] for block_id in ids), title=row.title, language=row.language,
        normaliser=row.normaliser, notes=tuple(row.notes),
    )  # fmt: skip


def load_words(connection: Connection, text_id: str) -> str:
    """The text of that id and nothing else of it. Raises NotFound, Damaged."""
    ids = block_ids_of(connection, [text_id]).get(text_id)
    if ids is None:
        raise NotFound(f"{text_id}: no such text")
    words: dict[int, str] = {}
    different = sorted(set(ids))
    for at in range(0, len(different), _SOME):
        query = select(blocks.c.id, blocks.c.text).where(blocks.c.id.in_(different[at : at + _SOME]))
        words |= {row[0]: row[1] for row in connection.execute(query)}
    if missing := len(different) - len(words):
        raise Damaged(f"text {text_id}: {missing} of its blocks are gone; restore the database from a backup")
    return "".join(words[block] + BLOCK_END for block in ids)


def pieces_of(connection: Connection, ids: Iterable[str]) -> dict[str, list[tuple[int, int, bool, str]]]:
    """For each text its blocks in reading order: a number that stands for the words, how many words these are, whether
    it is a heading, and the words. Blocks that differ in their links alone have one number."""
    lists = block_ids_of(connection, ids)
    pieces = _pieces(connection, sorted({block for each in lists.values() for block in each}))
    return {text: [pieces[block] for block in each if block in pieces] for text, each in lists.items()}


def block_ids_of(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """For each text the ids of its blocks in reading order."""
    wanted = sorted(set(ids))
    lists: dict[str, tuple[int, ...]] = {}
    for at in range(0, len(wanted), _SOME):
        query = select(texts.c.id, texts.c.blocks).where(texts.c.id.in_(wanted[at : at + _SOME]))
        lists |= {row.id: _unpacked(row.blocks) for row in connection.execute(query)}
    return lists


def _pieces(connection: Connection, ids: list[int]) -> dict[int, tuple[int, int, bool, str]]:
    numbers: dict[str, int] = {}
    found: dict[int, tuple[int, int, bool, str]] = {}
    for at in range(0, len(ids), _SOME):
        query = select(blocks.c.id, blocks.c.kind, blocks.c.text).where(blocks.c.id.in_(ids[at : at + _SOME]))
        for row in connection.execute(query.order_by(blocks.c.id)):
            is_heading = row.kind == BlockKind.HEADING.value
            found[row.id] = (numbers.setdefault(row.text, row.id), count_words(row.text), is_heading, row.text)
    return found


def _unpacked(packed: bytes) -> tuple[int, ...]:
    try:
        raw = zlib.decompress(packed)
        return struct.unpack(f"<{len(raw) // 4}I", raw)
    except (zlib.error, struct.error) as error:
        raise Damaged(f"a text's list of blocks is damaged ({error}); restore the database from a backup") from None


def _load_blocks(connection: Connection, ids: list[int]) -> dict[int, Block]:
    found: dict[int, Block] = {}
    for at in range(0, len(ids), _SOME):
        for row in connection.execute(select(blocks).where(blocks.c.id.in_(ids[at : at + _SOME]))):
            found[row.id] = Block(
                kind=BlockKind(row.kind),
                text=row.text,
                level=row.level,
                header=tuple(row.header),
                links=tuple(row.links),
                breaks=tuple(row.breaks),
            )
    return found


# --- what was read from snapshots -----------------------------------------------------------------------------


def store_reading(connection: Connection, snapshot: str, reading: Reading, *, signals: Mapping[str, Any]) -> None:
    """Keep what the normaliser made of the snapshot, in place of an earlier reading; nothing of a text that was taken
    down in its document."""
    from archive.takedowns import bury_again

    if reading.text.blocks and bury_again(connection, snapshot, reading.text.sha256):
        return
    text_id = store_text(connection, reading.text) if reading.text.blocks else None
    connection.execute(delete(readings).where(readings.c.snapshot == snapshot))
    connection.execute(
        insert(readings).values(
            snapshot=snapshot, normaliser=reading.text.normaliser, text=text_id,
            key=reading.text.key if text_id else None,
            fault=reading.fault.value if reading.fault else None, fault_reason=reading.fault_reason,
            signals=dict(signals),
        )
    )  # fmt: skip


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
    from archive.snapshots import list_snapshots
    from archive.takedowns import SNAPSHOT, list_takedowns

    read = set(
        connection.execute(
            select(readings.c.snapshot)
            .join(snapshots)
            .where(snapshots.c.document == document.id, readings.c.normaliser == normaliser)
        ).scalars()
    )
    read |= {each.id for each in list_takedowns(connection, document, kind=SNAPSHOT)}
    return [snapshot for snapshot in list_snapshots(connection, document) if snapshot.id not in read]


def looks_of(connection: Connection, document: Document) -> list[Look]:
    """The document's read snapshots in the order of their capture, as the timeline sees them."""
    rows = connection.execute(
        select(snapshots, readings.c.text, readings.c.key, readings.c.signals,
               readings.c.fault.label("page_fault"), readings.c.fault_reason.label("page_fault_reason"))
        .join(readings)
        .where(snapshots.c.document == document.id)
        .order_by(snapshots.c.captured_at, snapshots.c.id)
    )  # fmt: skip
    return [
        Look(
            snapshot=row.id, captured_at=row.captured_at, seen_at=row.seen_at, sightings=row.sightings,
            is_live=row.is_live, is_upgrade=row.is_upgrade, text=row.text, key=row.key,
            fault=Fault(row.page_fault) if row.page_fault else None, fault_reason=row.page_fault_reason,
            signals=row.signals,
        )
        for row in rows
    ]  # fmt: skip


# --- facts ----------------------------------------------------------------------------------------------------


def texts_without_facts(connection: Connection, ids: Iterable[str], *, revision: int) -> list[str]:
    """Those of the texts whose facts were not read by that revision of the differ."""
    wanted = sorted(set(ids))
    found: list[str] = []
    for at in range(0, len(wanted), _SOME):
        query = select(texts.c.id).where(texts.c.id.in_(wanted[at : at + _SOME]), texts.c.facts != revision)
        found += connection.execute(query.order_by(texts.c.id)).scalars()
    return found


def store_facts(connection: Connection, text_id: str, found: tuple[Fact, ...], *, revision: int) -> None:
    """Keep what the text states, in place of what was kept before."""
    connection.execute(update(texts).where(texts.c.id == text_id).values(facts=revision))
    connection.execute(delete(facts).where(facts.c.text == text_id))
    rows = [
        {
            "text": text_id, "ordinal": ordinal, "kind": fact.kind, "value": fact.value, "subject": fact.subject,
            "quote": fact.quote.quote, "start": fact.quote.start, "end": fact.quote.end,
        }
        for ordinal, fact in enumerate(found)
    ]  # fmt: skip
    if rows:
        connection.execute(insert(facts), rows)
        note_recipients(connection, [text_id])


def facts_of(connection: Connection, text_id: str) -> list[Fact]:
    """What the text states, in reading order."""
    rows = connection.execute(select(facts).where(facts.c.text == text_id).order_by(facts.c.ordinal))
    return [
        Fact(kind=row.kind, value=row.value, subject=row.subject, quote=Quote(row.quote, row.start, row.end))
        for row in rows
    ]
