from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Connection

from archive import Archive
from archive.documents import EMPTY_CHAIN, unsettled_documents
from archive.looks import Sighting, record_sightings
from archive.snapshots import (
    Capture,
    chain_of,
    chained,
    count_faults,
    get_snapshot,
    is_recorded,
    latest_live,
    list_snapshots,
    record_snapshot,
    record_snapshots,
)
from archive.takedowns import Tombstone, restore_takedowns
from clausewatch.errors import NotFound
from clausewatch.model import Fault, Source
from tests.support.rows import table_rows
from tests.support.scenario import BOT_WALL, URL, Vendor, World, archive_of, day, policy

CAPTURE = Capture(
    captured_at=day(1), fetched_at=day(2), source=Source.WAYBACK, url=URL, sha256="a" * 64, size=12, status=200,
    content_type="text/html", headers={"etag": '"x"'},
)  # fmt: skip


@pytest.fixture
def vendor(world: World) -> Vendor:
    return world.vendor()


def recorded(vendor: Vendor, capture: Capture) -> tuple[str, bool]:
    with vendor.archive.write() as connection:
        return record_snapshot(connection, vendor.document, capture)


def test_a_snapshot_keeps_all_that_arrived(vendor: Vendor) -> None:
    recorded(vendor, CAPTURE)
    (snapshot,) = vendor.snapshots
    for name in ("captured_at", "fetched_at", "source", "url", "sha256", "size", "status", "content_type", "headers"):
        assert getattr(snapshot, name) == getattr(CAPTURE, name)
    assert (snapshot.seen_at, snapshot.sightings, snapshot.fault, snapshot.version) == (day(1), 1, None, None)


def test_the_same_document_hash_and_time_is_recorded_once(vendor: Vendor) -> None:
    first, is_new = recorded(vendor, CAPTURE)
    assert is_new
    assert recorded(vendor, CAPTURE) == (first, False)
    assert len(vendor.snapshots) == 1


def test_one_instant_in_two_zones_is_one_snapshot(vendor: Vendor) -> None:
    recorded(vendor, CAPTURE)
    elsewhere = CAPTURE.captured_at.astimezone(timezone(timedelta(hours=9)))
    _, is_new = recorded(vendor, replace(CAPTURE, captured_at=elsewhere))
    assert not is_new


@pytest.mark.parametrize("other", [{"sha256": "b" * 64}, {"captured_at": day(2)}])
def test_other_bytes_or_another_time_is_another_snapshot(vendor: Vendor, other: dict[str, object]) -> None:
    recorded(vendor, CAPTURE)
    _, is_new = recorded(vendor, replace(CAPTURE, **other))  # type: ignore[arg-type]  # fields of a Capture
    assert is_new


@pytest.mark.parametrize("seed", range(6))
def test_captures_recorded_together_are_as_those_recorded_one_by_one(tmp_path: Path, seed: int) -> None:
    """Of several documents: the same bytes in two of them, the same capture twice, later looks at one, erased bytes."""
    chance = random.Random(seed)
    bodies = [letter * 64 for letter in "abcdef"]
    stones = [Tombstone(body, day(0).date(), "asked for") for body in chance.sample(bodies, 2)]
    batches = [
        [(chance.randrange(4), random_capture(chance, bodies)) for _ in range(chance.choice((0, 1, 3, 12, 30)))]
        for _ in range(6)
    ]
    found = []
    for name, size in (("together", 30), ("one by one", 1)):
        with archive_of(tmp_path / name) as archive:
            documents = [World(archive).vendor(f"Vendor {number}").document for number in range(4)]
            said = []
            with archive.write() as connection:
                restore_takedowns(connection, [], stones)
            for batch in batches:
                for at in range(0, len(batch), size):
                    with archive.write() as connection:
                        captures = [(documents[which], capture) for which, capture in batch[at : at + size]]
                        said += record_snapshots(connection, captures)
            found.append((said, table_rows(archive, "snapshots", "documents", "takedowns", "tombstones")))
    assert found[0] == found[1]


def random_capture(chance: random.Random, bodies: Sequence[str]) -> Capture:
    at = day(chance.randrange(4))
    seen_at = chance.choice((None, at + timedelta(hours=chance.randrange(1, 40))))
    return replace(
        CAPTURE, captured_at=at, sha256=chance.choice(bodies), seen_at=seen_at, sightings=chance.randrange(1, 4)
    )


def test_a_snapshot_marks_its_document_unsettled(vendor: Vendor, world: World) -> None:
    vendor.publishes(policy(), at=day(1))
    world.settles()
    with vendor.archive.read() as connection:
        assert unsettled_documents(connection) == []
    recorded(vendor, CAPTURE)
    with vendor.archive.read() as connection:
        assert [document.id for document in unsettled_documents(connection)] == [vendor.document.id]


def test_what_comes_again_and_knows_of_later_looks_extends(vendor: Vendor) -> None:
    snapshot, _ = recorded(vendor, replace(CAPTURE, seen_at=day(3), sightings=4))
    recorded(vendor, replace(CAPTURE, seen_at=day(5), sightings=8))
    recorded(vendor, replace(CAPTURE, seen_at=day(2), sightings=2))
    with vendor.archive.read() as connection:
        found = get_snapshot(connection, snapshot)
    assert (found.seen_at, found.sightings) == (day(5), 8)


def sighted(connection: Connection, vendor: Vendor, snapshot: str, *, at: datetime) -> None:
    record_sightings(connection, [Sighting(vendor.document, snapshot, at)], resting={})


def test_a_sighting_extends_the_snapshot(vendor: Vendor) -> None:
    snapshot, _ = recorded(vendor, CAPTURE)
    with vendor.archive.write() as connection:
        sighted(connection, vendor, snapshot, at=day(4))
        found = get_snapshot(connection, snapshot)
    assert (found.seen_at, found.sightings, found.is_live, found.captured_at) == (day(4), 2, True, day(1))


def test_a_clock_set_back_ends_no_snapshot_before_it_began(vendor: Vendor) -> None:
    snapshot, _ = recorded(vendor, CAPTURE)
    with vendor.archive.write() as connection:
        sighted(connection, vendor, snapshot, at=day(-4))
        assert get_snapshot(connection, snapshot).seen_at == day(1)


def test_the_newest_live_look_is_the_one_seen_last(vendor: Vendor) -> None:
    with vendor.archive.read() as connection:
        assert latest_live(connection, vendor.document) is None
    first = vendor.publishes(policy(), at=day(1))
    vendor.was_archived(policy(months=24), at=day(9))
    with vendor.archive.read() as connection:
        found = latest_live(connection, vendor.document)
    assert found is not None
    assert found.id == first


def test_the_chain_covers_every_snapshot_in_the_order_of_arrival(vendor: Vendor) -> None:
    ids = [
        recorded(vendor, replace(CAPTURE, captured_at=day(number), sha256=f"{number}" * 64))[0] for number in (5, 1, 3)
    ]
    with vendor.archive.read() as connection:
        head, links = chain_of(connection, vendor.document)
    assert [link.snapshot for link in links] == ids
    reached = EMPTY_CHAIN
    for link in links:
        reached = chained(reached, link.snapshot, link.sha256)
        assert reached == link.chain
    assert reached == head


def test_a_look_of_a_source_and_moment_is_known_whatever_its_bytes(vendor: Vendor) -> None:
    recorded(vendor, CAPTURE)
    with vendor.archive.read() as connection:
        assert is_recorded(connection, vendor.document, captured_at=day(1), source=Source.WAYBACK)
        assert not is_recorded(connection, vendor.document, captured_at=day(1), source=Source.LIVE)
        assert not is_recorded(connection, vendor.document, captured_at=day(2), source=Source.WAYBACK)


def test_snapshots_are_listed_by_time_of_capture_within_bounds(vendor: Vendor) -> None:
    for number in (5, 1, 3):
        recorded(vendor, replace(CAPTURE, captured_at=day(number)))
    with vendor.archive.read() as connection:
        found = list_snapshots(connection, vendor.document, since=day(1.5), until=day(5))
    assert [each.captured_at for each in found] == [day(3), day(5)]


def test_faults_are_counted_by_reason(vendor: Vendor, world: World) -> None:
    vendor.publishes(policy(), at=day(1))
    vendor.publishes(BOT_WALL, at=day(2), status=403)
    vendor.publishes("<p>gone</p>", at=day(3), status=404)
    world.settles()
    with vendor.archive.read() as connection:
        assert count_faults(connection, vendor.document) == {Fault.BOT_WALL: 1, Fault.NOT_FOUND: 1}


def test_an_unknown_snapshot_is_said_by_its_id(archive: Archive) -> None:
    with archive.read() as connection, pytest.raises(NotFound, match=r"^nothing: no such snapshot"):
        get_snapshot(connection, "nothing")
