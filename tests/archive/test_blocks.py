from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import Connection, insert, select, update

from archive import Archive
from archive.blocks import erase_blocks, hash_of_block, load_block_texts, load_blocks, store_blocks
from archive.facts import facts_of, forget_facts, store_facts
from archive.pages import replace_records
from archive.tables import block_keys, statements
from archive.texts import store_text
from clausewatch.errors import Damaged
from clausewatch.model import Block, BlockKind, Fact, Quote, Text

ONE = Block(BlockKind.PARAGRAPH, "We keep your orders for 18 months.")
OTHER = Block(BlockKind.HEADING, "How long", level=2)


def stored(connection: Connection, *blocks: Block) -> list[int]:
    ids = store_blocks(connection, {hash_of_block(each): each for each in blocks})
    return [ids[hash_of_block(each)] for each in blocks]


def test_a_block_that_comes_again_has_its_id(archive: Archive) -> None:
    with archive.write() as connection:
        first = stored(connection, ONE, OTHER)
        assert stored(connection, OTHER, ONE) == first[::-1]
        assert load_blocks(connection, [*first, 12_345_678]) == dict(zip(first, (ONE, OTHER), strict=True))
        assert load_block_texts(connection, first) == {first[0]: ONE.text, first[1]: OTHER.text}


def test_blocks_with_one_key_are_told_apart(archive: Archive) -> None:
    with archive.write() as connection:
        (first,) = stored(connection, ONE)
        connection.execute(insert(block_keys).values(key=int(hash_of_block(OTHER)[:12], 16), block=first))
        (second,) = stored(connection, OTHER)
        assert second != first
        assert stored(connection, ONE, OTHER) == [first, second]


def test_an_erased_block_is_stored_anew(archive: Archive) -> None:
    with archive.write() as connection:
        (first,) = stored(connection, ONE)
        erase_blocks(connection, [first])
        assert load_blocks(connection, [first]) == {}
        assert connection.execute(select(block_keys)).all() == []
        (second,) = stored(connection, ONE)
        assert second != first
        assert load_blocks(connection, [second]) == {second: ONE}


@pytest.mark.parametrize("record", [b"[1,", b"{}", b"[]", b'["x","words"]', b'["p","words",1]'])
def test_a_damaged_block_is_said(archive: Archive, record: bytes) -> None:
    with archive.write() as connection:
        (id,) = stored(connection, ONE)
        replace_records(connection, {id: record})
        with pytest.raises(Damaged, match="restore the database from a backup"):
            load_blocks(connection, [id])


# --- statements -----------------------------------------------------------------------------------------------


def fact(value: str, *, start: int = 0) -> Fact:
    return Fact(kind="retention", value=value, subject="orders", quote=Quote(ONE.text, start, start + len(ONE.text)))


def kept(connection: Connection) -> Mapping[str, int]:
    return {row.value: row.id for row in connection.execute(select(statements))}


def test_what_two_texts_state_is_kept_once(archive: Archive) -> None:
    with archive.write() as connection:
        texts = [store_text(connection, Text(blocks)) for blocks in ((ONE,), (OTHER, ONE))]
        store_facts(connection, texts[0], [fact("18 months")], revision=1)
        store_facts(connection, texts[1], [fact("18 months", start=10), fact("2 years", start=10)], revision=1)
        assert facts_of(connection, texts[1]) == [fact("18 months", start=10), fact("2 years", start=10)]
        assert set(kept(connection)) == {"18 months", "2 years"}
        forget_facts(connection, texts[1])
        assert set(kept(connection)) == {"18 months"}
        assert facts_of(connection, texts[0]) == [fact("18 months")]


def test_statements_with_one_key_are_told_apart(archive: Archive) -> None:
    with archive.write() as connection:
        text = store_text(connection, Text((ONE,)))
        store_facts(connection, text, [fact("18 months"), fact("2 years")], revision=1)
        connection.execute(update(statements).values(key=select(statements.c.key).limit(1).scalar_subquery()))
        store_facts(connection, store_text(connection, Text((OTHER, ONE))), [fact("18 months")], revision=1)
        assert facts_of(connection, text) == [fact("18 months"), fact("2 years")]


def test_a_block_has_one_hash_however_often_it_is_asked_for() -> None:
    short, long = (Block(BlockKind.PARAGRAPH, "We keep logs. " * times) for times in (1, 1000))
    for block in (short, long):
        same = Block(BlockKind.PARAGRAPH, block.text)
        other = Block(BlockKind.ITEM, block.text, 1)
        assert hash_of_block(block) == hash_of_block(same) != hash_of_block(other)
