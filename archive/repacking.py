"""Carries an archive of schema 6 to pages: between the migrations 0007_begun and 0007, some rows a transaction.

Killed anywhere, it goes on where it was. The tables here are those of schema 6.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row, insert, select, update

from archive.blocks import hash_of_block, store_blocks
from archive.comparisons import put_words, stated_row
from archive.documents import get_documents_by_id
from archive.facts import store_statements
from archive.findings import kinds_of, pack_findings
from archive.passages import documents_without_passages, replace_passages
from archive.sections import fill_sections, pack_sections, section_in_words
from archive.tables import BEGUN, comparisons, facts, readings, snapshots, texts
from archive.texts import load_words, next_number, put_signals, store_list
from clausewatch.errors import ArchiveError
from clausewatch.model import Block, BlockKind, Direction, Effect, Finding, Kind, Quote, Severity

Progress = Callable[[str], None]

_SOME = 500  # parameters in one query: SQLite of 2020 takes 999
_AT_ONCE = 50  # rows in a transaction: some seconds of work
_SCHEMA = sa.table("alembic_version", sa.column("version_num"))
_BLOCKS = sa.table(
    "blocks", sa.column("id"), sa.column("kind"), sa.column("level"), sa.column("text"), sa.column("header", sa.JSON),
    sa.column("links", sa.JSON), sa.column("breaks", sa.JSON),
)  # fmt: skip
_TEXTS = sa.table("texts", sa.column("id"), sa.column("number"), sa.column("blocks", sa.LargeBinary))
_FACTS = sa.table(
    "old_facts", *map(sa.column, ("text", "ordinal", "kind", "value", "subject", "quote", "start"))
)  # fmt: skip
_READINGS = sa.table("readings", sa.column("snapshot"), sa.column("signals"), sa.column("old_signals", sa.JSON))
_COMPARISONS = sa.table("comparisons", sa.column("id"), sa.column("old_sections", sa.LargeBinary))
_FINDINGS = sa.table(
    "findings", *map(sa.column, (
        "comparison", "ordinal", "kind", "direction", "effect", "subject", "severity", "confidence", "sentence", "rule",
        "before_quote", "before_start", "before_end", "after_quote", "after_start", "after_end",
    )), sa.column("section", sa.JSON),
)  # fmt: skip


def carry_over(
    write: Callable[[], AbstractContextManager[Connection]], say: Progress, *, at_once: int = _AT_ONCE
) -> None:
    """Fill the pages, so many rows in each of the transactions that ``write`` begins. What is carried already is left
    as it is, by another process at this moment too; where that one was done first, nothing is left to do."""
    for what, left, carry in (
        ("texts", _texts_left, _carry_text),
        ("readings", _readings_left, _carry_reading),
        ("comparisons", _comparisons_left, _carry_comparison),
        ("documents", documents_without_passages, _carry_passages),
    ):
        with write() as connection:
            ids = left(connection)
        for at in range(0, len(ids), at_once):
            with write() as connection:
                if not _is_under_way(connection):
                    return
                for id in ids[at : at + at_once]:
                    carry(connection, id)
            say(f"{what}: {min(at + at_once, len(ids))} of {len(ids)} carried over")


def _is_under_way(connection: Connection) -> bool:
    """Whether the old columns are still there: another process that is done before this one drops them."""
    return bool(connection.execute(select(_SCHEMA.c.version_num)).scalar_one() == BEGUN)


# --- texts and their facts ------------------------------------------------------------------------------------


def _texts_left(connection: Connection) -> Sequence[str]:
    """By document and time: what is alike lies together then."""
    query = (
        select(texts.c.id)
        .outerjoin(readings, readings.c.text == texts.c.id)
        .outerjoin(snapshots, snapshots.c.id == readings.c.snapshot)
        .where(texts.c.number.is_(None))
        .group_by(texts.c.id)
        .order_by(sa.func.min(snapshots.c.document), sa.func.min(snapshots.c.captured_at), texts.c.id)
    )
    return connection.execute(query).scalars().all()


def _carry_text(connection: Connection, id: str) -> None:
    query = select(_TEXTS.c.blocks).where(_TEXTS.c.id == id, _TEXTS.c.number.is_(None))
    packed = connection.execute(query).scalar_one_or_none()
    if packed is None:
        return
    raw = zlib.decompress(packed)
    old_ids = struct.unpack(f"<{len(raw) // 4}I", raw)
    old = {old_id: (hash_of_block(block), block) for old_id, block in _old_blocks(connection, set(old_ids)).items()}
    ids = store_blocks(connection, dict(old.values()))
    listed = store_list(connection, [ids[old[each][0]] for each in old_ids if each in old])  # one may be lost
    connection.execute(update(texts).where(texts.c.id == id).values(number=next_number(), listed=listed))
    _carry_facts(connection, id)


def _old_blocks(connection: Connection, ids: Collection[int]) -> dict[int, Block]:
    wanted = sorted(ids)
    return {
        row.id: Block(
            kind=BlockKind(row.kind), text=row.text, level=row.level, header=tuple(row.header), links=tuple(row.links),
            breaks=tuple(row.breaks),
        )
        for at in range(0, len(wanted), _SOME)
        for row in connection.execute(select(_BLOCKS).where(_BLOCKS.c.id.in_(wanted[at : at + _SOME])))
    }  # fmt: skip


def _carry_facts(connection: Connection, id: str) -> None:
    rows = connection.execute(select(_FACTS).where(_FACTS.c.text == id)).all()
    said = [(row.kind, row.value, row.subject, row.quote) for row in rows]
    ids = store_statements(connection, set(said))
    number = connection.execute(select(texts.c.number).where(texts.c.id == id)).scalar_one()
    if rows:
        connection.execute(
            insert(facts),
            [
                {"text": number, "ordinal": row.ordinal, "statement": ids[each], "start": row.start}
                for row, each in zip(rows, said, strict=True)
            ],
        )


# --- signals, comparisons, passages ---------------------------------------------------------------------------


def _readings_left(connection: Connection) -> Sequence[str]:
    query = select(readings.c.snapshot).join(snapshots).where(readings.c.signals.is_(None))
    return connection.execute(query.order_by(snapshots.c.document, snapshots.c.position)).scalars().all()


def _carry_reading(connection: Connection, id: str) -> None:
    query = select(_READINGS.c.old_signals).where(_READINGS.c.snapshot == id, _READINGS.c.signals.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None:
        return
    kept = put_signals(connection, id, row.old_signals)
    connection.execute(update(readings).where(readings.c.snapshot == id).values(signals=kept))


def _comparisons_left(connection: Connection) -> Sequence[str]:
    query = select(comparisons.c.id).where(comparisons.c.sections.is_(None))
    order = comparisons.c.document, comparisons.c.after_at, comparisons.c.id
    return connection.execute(query.order_by(*order)).scalars().all()


def _carry_comparison(connection: Connection, id: str) -> None:
    row = connection.execute(select(comparisons).where(comparisons.c.id == id)).one()
    if row.sections is not None:
        return
    packed = connection.execute(select(_COMPARISONS.c.old_sections).where(_COMPARISONS.c.id == id)).scalar_one()
    rows = connection.execute(select(_FINDINGS).where(_FINDINGS.c.comparison == id).order_by(_FINDINGS.c.ordinal))
    found = [_old_finding(each) for each in rows]
    words = put_words(
        connection, row.document,
        {"sections": _repacked(connection, row, json.loads(zlib.decompress(packed))), "findings": pack_findings(found)},
    )  # fmt: skip
    connection.execute(
        update(comparisons)
        .where(comparisons.c.id == id)
        .values(kinds=kinds_of(found), stated=stated_row(row.stated), **words)
    )


def _repacked(connection: Connection, row: Row[Any], kept: list[list[Any]]) -> bytes:
    sections = tuple(section_in_words(*each[:6], *(each[6:])) for each in kept)
    try:
        old, new = (load_words(connection, text) for text in (row.before_text, row.after_text))
    except ArchiveError:  # damaged before, and ``verify`` says so
        return pack_sections(sections, before_sha256="", after_sha256="")
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in (old, new)]
    return pack_sections(fill_sections(sections, old), before_sha256=hashes[0], after_sha256=hashes[1])


def _old_finding(row: Row[Any]) -> Finding:
    return Finding(
        kind=Kind(row.kind), direction=Direction(row.direction), effect=Effect(row.effect), subject=row.subject,
        severity=Severity(row.severity), confidence=row.confidence, section=tuple(row.section), sentence=row.sentence,
        rule=row.rule,
        before=None if row.before_quote is None else Quote(row.before_quote, row.before_start, row.before_end),
        after=None if row.after_quote is None else Quote(row.after_quote, row.after_start, row.after_end),
    )  # fmt: skip


def _carry_passages(connection: Connection, document: str) -> None:
    replace_passages(connection, get_documents_by_id(connection, [document])[document])
