"""What texts state. A text says most of what the one before it said, in the same words: a statement is kept once."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from archive.ledger import STATED, note_recipients
from archive.tables import facts, statements, texts
from clausewatch.model import Fact, Quote

_KEY_DIGITS = 12  # of a hash: 48 bits. Statements with one key are told apart by what they say
_SOME = 500  # parameters in one query: SQLite of 2020 takes 999

_WITHOUT_FACTS = (
    select(texts.c.id)
    .where(texts.c.id.in_(bindparam("of_texts", expanding=True)), texts.c.facts != bindparam("by"))
    .order_by(texts.c.id)
)
_NUMBER = select(texts.c.number).where(texts.c.id == bindparam("of_text"))
_READ_AGAIN = update(texts).where(texts.c.id == bindparam("of_text"))
_READ_FIRST = _READ_AGAIN.where(texts.c.facts == 0)  # nothing was kept then
_ADD = insert(facts)
_STATED = select(statements).where(statements.c.key.in_(bindparam("keys", expanding=True)))

Said = tuple[str, str, str, str]  # kind, value, subject, quote


def texts_without_facts(connection: Connection, ids: Iterable[str], *, revision: int) -> list[str]:
    """Those of the texts whose facts were not read by that revision of the differ."""
    wanted = sorted(set(ids))
    found: list[str] = []
    for at in range(0, len(wanted), _SOME):
        some = {"of_texts": wanted[at : at + _SOME], "by": revision}
        found += connection.execute(_WITHOUT_FACTS, some).scalars()
    return found


def store_facts(connection: Connection, text_id: str, found: Sequence[Fact], *, revision: int) -> None:
    """Keep what the text states, in place of what was kept before."""
    # the row is altered before anything is read: who reads the facts of the text beside us comes after us, or before
    if not connection.execute(_READ_FIRST, {"of_text": text_id, "facts": revision}).rowcount:
        connection.execute(_READ_AGAIN, {"of_text": text_id, "facts": revision})
        forget_facts(connection, text_id)
    number = connection.execute(_NUMBER, {"of_text": text_id}).scalar_one()
    ids = store_statements(connection, {_said(fact) for fact in found})
    rows = [
        {"text": number, "ordinal": ordinal, "statement": ids[_said(fact)], "start": fact.quote.start}
        for ordinal, fact in enumerate(found)
    ]
    if rows:
        connection.execute(_ADD, rows)
        note_recipients(connection, [text_id])


def facts_of(connection: Connection, text_id: str) -> list[Fact]:
    """What the text states, in reading order."""
    query = select(statements, facts.c.start).select_from(STATED).where(texts.c.id == text_id)
    return [
        Fact(
            kind=row.kind, value=row.value, subject=row.subject,
            quote=Quote(row.quote, row.start, row.start + len(row.quote)),
        )
        for row in connection.execute(query.order_by(facts.c.ordinal))
    ]  # fmt: skip


def forget_facts(connection: Connection, text_id: str) -> None:
    """Keep nothing of what the text states; statements that no other text makes go."""
    of_text = select(texts.c.number).where(texts.c.id == text_id).scalar_subquery()
    was = connection.execute(select(facts.c.statement).where(facts.c.text == of_text).distinct()).scalars().all()
    connection.execute(delete(facts).where(facts.c.text == of_text))
    is_made = exists().where(facts.c.statement == statements.c.id)
    for at in range(0, len(was), _SOME):
        connection.execute(delete(statements).where(statements.c.id.in_(was[at : at + _SOME]), ~is_made))


def store_statements(connection: Connection, said: Collection[Said]) -> dict[Said, int]:
    """The ids of these statements; those that are new are stored."""
    ids = _known(connection, said)
    new = sorted(set(said) - ids.keys())
    if new:
        names = ("kind", "value", "subject", "quote")
        connection.execute(
            insert(statements), [dict(zip(names, each, strict=True)) | {"key": _key(each)} for each in new]
        )
        ids |= _known(connection, new)
    return ids


def _known(connection: Connection, said: Collection[Said]) -> dict[Said, int]:
    by_key: defaultdict[int, list[Said]] = defaultdict(list)
    for each in said:
        by_key[_key(each)].append(each)
    keys = sorted(by_key)
    ids: dict[Said, int] = {}
    for at in range(0, len(keys), _SOME):
        for row in connection.execute(_STATED, {"keys": keys[at : at + _SOME]}):
            kept = (row.kind, row.value, row.subject, row.quote)
            if kept in by_key[row.key]:
                ids[kept] = row.id
    return ids


def _said(fact: Fact) -> Said:
    return fact.kind, fact.value, fact.subject, fact.quote.quote


def _key(said: Said) -> int:
    return int(hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:_KEY_DIGITS], 16)
