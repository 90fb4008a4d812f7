"""Readings that repeat a stored one share what is stored of it, and stay what they are when that one changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

import differ
from archive.documents import mark_outdated
from archive.readings import Known, known_readings, newest_known, read_of, store_read
from archive.tables import pages, readings
from archive.takedowns import take_down
from archive.texts import forget_readings, looks_of
from clausewatch.errors import Collision
from clausewatch.model import Block, BlockKind, Fault, Look, Reading, Text
from tests.support.blocks import words_on_pages
from tests.support.scenario import NOW, Vendor, World, day, policy

TEXT = Text((Block(BlockKind.PARAGRAPH, "We keep your orders for 18 months."),), normaliser=differ.REVISION)
OTHER = replace(TEXT, blocks=(Block(BlockKind.PARAGRAPH, "We keep nothing."),))
SIGNALS = {"words": 7, "fingerprint": "f1"}


@pytest.fixture
def vendor(world: World) -> Vendor:
    return world.vendor()


def shows(vendor: Vendor, number: int) -> str:
    return vendor.publishes(policy(nonce=str(number)), at=day(number))


def is_read(vendor: Vendor, snapshot: str, text: Text = TEXT, **signals: object) -> None:
    with vendor.archive.write() as connection:
        store_read(connection, snapshot, read_of(Reading(text, None, None, 0.5), SIGNALS | signals))


def known_of(vendor: Vendor) -> Known:
    with vendor.archive.read() as connection:
        known = newest_known(connection, vendor.document, normaliser=differ.REVISION)
    assert known is not None
    return known


def repeats(vendor: Vendor, number: int) -> str:
    """Another look finds what the newest one found."""
    known, snapshot = known_of(vendor), shows(vendor, number)
    with vendor.archive.write() as connection:
        store_read(connection, snapshot, known.again())
    return snapshot


def looks(vendor: Vendor) -> list[Look]:
    with vendor.archive.read() as connection:
        return looks_of(connection, vendor.document)


def records(vendor: Vendor) -> list[int]:
    with vendor.archive.read() as connection:
        return list(connection.execute(select(readings.c.signals)).scalars())


def test_a_reading_that_repeats_another_is_equal_to_it(vendor: Vendor) -> None:
    is_read(vendor, shows(vendor, 0))
    pages_before = _pages(vendor)
    repeats(vendor, 1)
    repeats(vendor, 2)
    first, *others = looks(vendor)
    assert [(each.text, each.key, each.fault, each.signals) for each in others] == [
        (first.text, TEXT.key, None, SIGNALS)
    ] * 2
    assert len(set(records(vendor))) == 1
    assert _pages(vendor) == pages_before


def test_what_is_known_is_what_was_read_last(vendor: Vendor) -> None:
    first = shows(vendor, 0)
    is_read(vendor, first)
    second = shows(vendor, 1)
    is_read(vendor, second, OTHER, fingerprint=None)
    known = known_of(vendor)
    assert (known.snapshot, known.text_sha256, known.key) == (second, OTHER.sha256, OTHER.key)
    assert known.fingerprint is None
    with vendor.archive.read() as connection:
        found = known_readings(connection, [first], normaliser=differ.REVISION)
        assert (found[vendor.document.id].snapshot, found[vendor.document.id].fingerprint) == (first, "f1")
        assert known_readings(connection, [first, "unheard of"], normaliser=differ.REVISION + 1) == {}


def test_a_fault_and_an_empty_page_are_not_known(vendor: Vendor) -> None:
    first, second = shows(vendor, 0), shows(vendor, 1)
    with vendor.archive.write() as connection:
        store_read(connection, first, read_of(Reading(TEXT, Fault.LOGIN, "a form", 0.5), SIGNALS))
        store_read(connection, second, read_of(Reading(Text(()), None, None, 0.0), SIGNALS))
        assert known_readings(connection, [first, second], normaliser=differ.REVISION) == {}
        assert newest_known(connection, vendor.document, normaliser=differ.REVISION) is None


def test_a_text_is_handed_over_once() -> None:
    read = read_of(Reading(TEXT, None, None, 0.5), {})
    assert read.text is TEXT
    assert read.text_id is not None
    known = Known("s1", differ.REVISION, read.text_id, TEXT.sha256, TEXT.key, record=1, fingerprint=None)
    again = read_of(Reading(TEXT, None, None, 0.5), {"words": 7}, known=known)
    assert (again.text, again.text_id, again.signals) == (None, read.text_id, {"words": 7})
    assert read_of(Reading(OTHER, None, None, 0.5), {}, known=known).text is OTHER


def test_a_repeated_reading_is_refused_where_the_first_changed(vendor: Vendor) -> None:
    is_read(vendor, shows(vendor, 0))
    known, snapshot = known_of(vendor), shows(vendor, 1)
    with vendor.archive.write() as connection:
        forget_readings(connection, vendor.document)
    with pytest.raises(Collision, match="settle its document again"), vendor.archive.write() as connection:
        store_read(connection, snapshot, known.again())
    lone = replace(read_of(Reading(OTHER, None, None, 0.5), SIGNALS), text=None)  # as if it were stored
    with pytest.raises(Collision, match="settle its document again"), vendor.archive.write() as connection:
        store_read(connection, snapshot, lone)


def test_a_shared_record_stays_for_those_that_are_not_read_anew(vendor: Vendor) -> None:
    first = shows(vendor, 0)
    is_read(vendor, first)
    second, third = repeats(vendor, 1), repeats(vendor, 2)
    is_read(vendor, second, words=8)
    assert [each.signals["words"] for each in looks(vendor)] == [7, 8, 7]
    is_read(vendor, first, words=9)
    is_read(vendor, third, words=10)
    assert [each.signals["words"] for each in looks(vendor)] == [9, 8, 10]


def test_readings_that_are_made_again_and_are_the_same_go_on_sharing(world: World, vendor: Vendor) -> None:
    for number in range(3):
        vendor.publishes(policy(nonce=str(number)), at=day(number))
        world.settles()
    (record,) = set(records(vendor))
    before, kept = looks(vendor), _pages(vendor)
    with vendor.archive.write() as connection:
        forget_readings(connection, vendor.document)
        mark_outdated(connection, vendor.document.id)
    (settled,) = world.settles()
    assert (settled.read, looks(vendor)) == (3, before)
    assert set(records(vendor)) == {record}
    assert _pages(vendor) == kept


def test_a_reading_is_replaced_by_a_repeated_one(vendor: Vendor) -> None:
    first, second = shows(vendor, 0), shows(vendor, 1)
    is_read(vendor, second, OTHER, words=8)
    is_read(vendor, first)
    with vendor.archive.write() as connection:
        connection.execute(update(readings).where(readings.c.snapshot == second).values(normaliser=0))
    known = known_of(vendor)
    with vendor.archive.write() as connection:
        store_read(connection, second, known.again())
    one, other = looks(vendor)
    assert (one.text, one.signals) == (other.text, other.signals)
    assert len(set(records(vendor))) == 2  # its own record is written over


def test_a_version_that_is_taken_down_takes_the_shared_record_with_it(world: World, vendor: Vendor) -> None:
    for number, months in enumerate((18, 18, 24, 18)):  # all that share a record have one text
        vendor.publishes(policy(nonce=str(number), months=months), at=day(number))
        world.settles()
    assert len(set(records(vendor))) == 3
    (kept,) = (look.signals["fingerprint"] for look in looks(vendor)[2:3])
    with vendor.archive.write() as connection:
        take_down(connection, vendor.document, vendor.versions[0], reason="a name in it", on=NOW.date())
    assert [each.signals["fingerprint"] for each in looks(vendor)] == [kept]
    with vendor.archive.read() as connection:
        assert words_on_pages(connection).count(b"fingerprint") == 1


def _pages(vendor: Vendor) -> list[bytes]:
    with vendor.archive.read() as connection:
        return list(connection.execute(select(pages.c.packed).order_by(pages.c.id)).scalars())
