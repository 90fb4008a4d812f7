from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from archive import Archive
from archive.facts import facts_of, store_facts, texts_without_facts
from archive.readings import read_of, store_read
from archive.tables import block_keys, pages, texts
from archive.texts import (
    forget_readings,
    load_text,
    looks_in,
    looks_of,
    pieces_of,
    store_text,
    stored_looks,
    unread_snapshots,
)
from clausewatch.errors import ArchiveError, NotFound
from clausewatch.model import Block, BlockKind, Fact, Fault, Quote, Reading, Text, count_words
from tests.support.blocks import lose_blocks
from tests.support.scenario import World, day, policy

HEADING = Block(BlockKind.HEADING, "How long we keep data", level=2)
ITEM = Block(BlockKind.ITEM, "Your name", level=1, links=("https://harborkites.example/name",))
ROW = Block(BlockKind.ROW, "Orders | 18 months", header=("What", "How long"))
PARAGRAPH = Block(BlockKind.PARAGRAPH, "We keep your orders — all of them — for 18 months. 🪁")
TEXT = Text((HEADING, PARAGRAPH, ITEM, ROW, PARAGRAPH), title="Privacy", language="en", normaliser=7, notes=("read",))

some_words = st.lists(st.text(max_size=5), max_size=2).map(tuple)
a_block = st.builds(
    Block, kind=st.sampled_from(BlockKind), text=st.text(min_size=1, max_size=20), level=st.integers(0, 6),
    header=some_words, links=some_words,
)  # fmt: skip


def stored(archive: Archive, text: Text) -> str:
    with archive.write() as connection:
        return store_text(connection, text)


def loaded(archive: Archive, text_id: str) -> Text:
    with archive.read() as connection:
        return load_text(connection, text_id)


def test_a_text_comes_back_block_for_block(archive: Archive) -> None:
    found = loaded(archive, stored(archive, TEXT))
    assert found == TEXT
    assert (found.text, found.sha256, found.key) == (TEXT.text, TEXT.sha256, TEXT.key)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(a_block, max_size=8))
def test_any_text_comes_back_block_for_block(archive: Archive, made: list[Block]) -> None:
    text = Text(tuple(made), normaliser=1)
    found = loaded(archive, stored(archive, text))
    assert (found, found.words) == (text, text.words)


def test_each_distinct_block_is_stored_once(archive: Archive) -> None:
    stored(archive, TEXT)
    stored(archive, TEXT)
    stored(archive, Text((PARAGRAPH, ROW), normaliser=8))
    with archive.read() as connection:
        assert connection.execute(select(func.count()).select_from(block_keys)).scalar_one() == 4
        assert connection.execute(select(func.count()).select_from(texts)).scalar_one() == 2


@pytest.mark.parametrize(
    "other",
    [
        Block(BlockKind.PARAGRAPH, "Your name", level=1, links=ITEM.links),
        Block(BlockKind.ITEM, "Your name", level=2, links=ITEM.links),
        Block(BlockKind.ITEM, "Your name", level=1),
        Block(BlockKind.ITEM, "Your name", level=1, links=ITEM.links, header=("x",)),
    ],
)
def test_blocks_that_differ_in_anything_are_two(archive: Archive, other: Block) -> None:
    assert loaded(archive, stored(archive, Text((ITEM, other)))).blocks == (ITEM, other)


def test_a_text_of_more_blocks_than_a_query_takes_comes_back(archive: Archive) -> None:
    text = Text(tuple(Block(BlockKind.PARAGRAPH, f"Paragraph {number}") for number in range(1300)))
    assert loaded(archive, stored(archive, text)) == text


def test_the_blocks_of_texts_are_seen_without_their_links(archive: Archive) -> None:
    linked = Text((PARAGRAPH, HEADING, replace(PARAGRAPH, links=("https://gullwing.example/other",))))
    one, other = stored(archive, TEXT), stored(archive, linked)
    with archive.read() as connection:
        found = pieces_of(connection, [one, other])
    assert [len(found[text]) for text in (one, other)] == [5, 3]
    first, heading, again = found[other]
    assert first == again
    assert first in found[one]
    assert (heading[2], first[1:]) == (True, (count_words(PARAGRAPH.text), False, PARAGRAPH.text))


def test_an_unknown_text_is_not_found(archive: Archive) -> None:
    with pytest.raises(NotFound):
        loaded(archive, "nothing")


def test_a_lost_block_is_said(archive: Archive) -> None:
    text_id = stored(archive, TEXT)
    with archive.write() as connection:
        lose_blocks(connection, ITEM.text)
    with pytest.raises(ArchiveError, match=f"^text {text_id}: 1 block of it gone; restore"):
        loaded(archive, text_id)


def test_a_damaged_list_of_blocks_is_said(archive: Archive) -> None:
    text_id = stored(archive, TEXT)
    with archive.write() as connection:
        connection.execute(update(pages).values(packed=b"damaged"))
    with pytest.raises(ArchiveError, match="is damaged"):
        loaded(archive, text_id)


# --- readings -------------------------------------------------------------------------------------------------


def test_a_reading_is_kept_in_place_of_an_earlier_one(world: World) -> None:
    vendor = world.vendor()
    snapshot = vendor.publishes(policy(), at=day(1))
    with world.archive.write() as connection:
        (unread,) = unread_snapshots(connection, vendor.document, normaliser=7)
        assert unread.id == snapshot
        store_read(connection, snapshot, read_of(Reading(TEXT, None, None, 0.5), {"words": 3}))
        store_read(connection, snapshot, read_of(Reading(TEXT, Fault.LOGIN, "a form", 0.5), {"words": 4}))
        (look,) = looks_of(connection, vendor.document)
        assert unread_snapshots(connection, vendor.document, normaliser=7) == []
        assert len(unread_snapshots(connection, vendor.document, normaliser=8)) == 1
    assert (look.snapshot, look.key, look.fault, look.fault_reason) == (snapshot, TEXT.key, Fault.LOGIN, "a form")
    assert look.signals == {"words": 4}


def test_a_reading_without_text_is_kept_too(world: World) -> None:
    vendor = world.vendor()
    snapshot = vendor.publishes("", at=day(1))
    with world.archive.write() as connection:
        store_read(connection, snapshot, read_of(Reading(Text(()), Fault.EMPTY, "no text", 0.0), {}))
        (look,) = looks_of(connection, vendor.document)
    assert (look.text, look.key, look.fault) == (None, None, Fault.EMPTY)


def test_stored_looks_are_others_once_something_of_them_is(world: World) -> None:
    vendor, seen = world.vendor(), []
    snapshot = vendor.publishes(policy(), at=day(1))
    vendor.publishes(policy(months=24), at=day(2))
    world.settles()
    reading = Reading(TEXT, None, None, 0.5)
    with world.archive.write() as connection:
        for signals in ({"words": 3}, {"words": 3}, {"words": 4}):  # another record, the same, and another in its place
            before = stored_looks(connection, vendor.document)
            store_read(connection, snapshot, read_of(reading, signals))
            after = stored_looks(connection, vendor.document)
            seen.append((before == after, looks_in(before) == looks_in(after)))
        assert looks_in(after) == looks_of(connection, vendor.document)
    assert seen == [(False, False), (True, True), (False, False)]


def test_readings_that_are_forgotten_are_made_again(world: World) -> None:
    vendor = world.vendor()
    vendor.publishes(policy(), at=day(1))
    world.settles()
    with world.archive.write() as connection:
        forget_readings(connection, vendor.document)
        assert len(unread_snapshots(connection, vendor.document, normaliser=1)) == 1


# --- facts ----------------------------------------------------------------------------------------------------


def test_facts_come_back_in_their_order_in_place_of_earlier_ones(archive: Archive) -> None:
    text_id = stored(archive, TEXT)
    facts = tuple(Fact("retention", f"{n} months", "orders", Quote("18 months", n, n + 9)) for n in (3, 1, 2))
    with archive.write() as connection:
        assert texts_without_facts(connection, [text_id], revision=1) == [text_id]
        store_facts(connection, text_id, facts[:1], revision=1)
        store_facts(connection, text_id, facts, revision=2)
        assert facts_of(connection, text_id) == list(facts)
        assert texts_without_facts(connection, [text_id], revision=2) == []
        assert texts_without_facts(connection, [text_id], revision=3) == [text_id]
