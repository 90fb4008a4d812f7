"""What is read of a page that says what is known is what is read of it alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

import differ
from archive.looks import held_snapshots
from archive.readings import Known, newest_known, read_of
from archive.tables import readings
from archive.texts import looks_of
from clausewatch.jobs.flow import Flow
from clausewatch.jobs.reading import read_snapshot
from clausewatch.jobs.takedown import take_down_and_erase
from clausewatch.jobs.telling import new_queue
from clausewatch.model import Fault, Look, Reading, Snapshot
from crawler.outcomes import Outcome
from differ.doubts import signals_from_json
from tests.support.scenario import BOT_WALL, NOW, URL, Vendor, World, day, policy


@pytest.fixture
def vendor(world: World) -> Vendor:
    return world.vendor()


def known_of(vendor: Vendor) -> Known:
    with vendor.archive.read() as connection:
        known = newest_known(connection, vendor.document, normaliser=differ.REVISION)
    assert known is not None
    return known


def snapshot_of(vendor: Vendor, body: str, status: int = 200) -> Snapshot:
    id = vendor.publishes(body, at=day(9), status=status)
    return next(each for each in vendor.snapshots if each.id == id)


def looks(vendor: Vendor) -> list[Look]:
    with vendor.archive.read() as connection:
        return looks_of(connection, vendor.document)


def test_a_page_that_says_what_is_known_hands_over_nothing_but_that(vendor: Vendor, world: World) -> None:
    vendor.publishes(policy(nonce="a"), at=day(0))
    world.settles()
    body, known = policy(nonce="b"), known_of(vendor)
    snapshot = snapshot_of(vendor, body)
    short = read_snapshot((body.encode(), snapshot, vendor.document, known))
    long = read_snapshot((body.encode(), snapshot, vendor.document, None))
    assert (short.like, short.text) == (known, None)
    assert long.text is not None
    assert replace(short, like=None) == replace(long, text=None, signals={})
    assert signals_from_json(looks(vendor)[0].signals) == signals_from_json(long.signals)


def test_a_text_that_is_known_is_not_handed_over_though_the_page_differs(vendor: Vendor, world: World) -> None:
    vendor.publishes(policy(), at=day(0))
    world.settles()
    body = policy().replace("<main>", '<main class="wide">')
    read = read_snapshot((body.encode(), snapshot_of(vendor, body), vendor.document, known_of(vendor)))
    assert (read.like, read.text, read.text_id) == (None, None, known_of(vendor).text_id)
    assert read.signals["words"] > 100


@pytest.mark.parametrize(("status", "fault"), [(403, Fault.BOT_WALL), (404, Fault.NOT_FOUND), (500, Fault.ERROR_PAGE)])
def test_an_error_is_no_known_page_whatever_it_shows(vendor: Vendor, world: World, status: int, fault: Fault) -> None:
    vendor.publishes(policy(nonce="a"), at=day(0))
    world.settles()
    body = policy(nonce="b")
    read = read_snapshot((body.encode(), snapshot_of(vendor, body, status), vendor.document, known_of(vendor)))
    assert (read.like, read.fault) == (None, fault)


def test_looks_that_say_the_same_share_what_is_kept_of_them(vendor: Vendor, world: World) -> None:
    for number, page in enumerate(
        [policy(nonce="a"), policy(nonce="b"), BOT_WALL, policy(nonce="c"), policy(months=24)]
    ):
        vendor.publishes(page, at=day(number))
        world.settles()
    with world.archive.read() as connection:
        records = list(connection.execute(select(readings.c.signals)).scalars())
    assert (len(records), len(set(records))) == (5, 3)
    assert len({look.text for look in looks(vendor)}) == 3


def flows(vendor: Vendor, page: str, *, meanwhile: Callable[[], object]) -> None:
    """A look finds the page, and something happens before it is recorded."""
    flow = Flow(vendor.archive, None, now=lambda: NOW, queue=new_queue())
    with vendor.archive.read() as connection:
        flow.expect(held_snapshots(connection, [vendor.document.id]))
    flow.arrived(
        vendor.document, Outcome(vendor.document.id, URL, day(5), 200, {"content-type": "text/html"}, page.encode())
    )
    vendor.publishes(page, at=day(5))
    meanwhile()
    flow.recorded([vendor.document])
    flow.finish()


def test_a_page_is_read_to_the_end_where_the_known_one_is_gone(vendor: Vendor, world: World) -> None:
    vendor.publishes(policy(nonce="a", months=24), at=day(0))
    vendor.publishes(policy(nonce="b"), at=day(1))
    world.settles()

    def takes_down() -> None:
        take_down_and_erase(world.archive, vendor.document, vendor.versions[-1], reason="asked for", now=NOW)

    flows(vendor, policy(nonce="c", extra="New."), meanwhile=takes_down)
    world.settles()
    assert [each.version is not None for each in vendor.snapshots][-1]
    read_again = [snapshot.id for snapshot in vendor.snapshots if snapshot.version]
    assert len(read_again) == 2


def test_nothing_is_read_that_a_crawl_expects(vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor.publishes(policy(nonce="a"), at=day(0))
    world.settles()
    found: list[Reading] = []
    read = differ.read

    def kept(body: bytes, **how: str | None) -> Reading:
        found.append(read(body, **how))  # type: ignore[arg-type]  # passed on as they came
        return found[-1]

    monkeypatch.setattr(differ, "read", kept)  # nothing else shows how far a page is read
    flows(vendor, policy(nonce="b"), meanwhile=lambda: None)
    assert [reading.text.blocks for reading in found] == [()]
    (version,) = vendor.versions
    assert version.snapshots == 2


def test_a_reading_without_known_ones_is_whole() -> None:
    reading = differ.read(policy().encode(), content_type="text/html")
    assert read_of(reading, {}).text == reading.text
