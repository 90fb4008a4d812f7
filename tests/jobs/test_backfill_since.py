"""Passes over what the Wayback Machine captured since the last; they stand in for looks at a page that is walled."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.watches import get_watch, record_failure
from clausewatch.errors import RateLimited
from clausewatch.jobs.backfill import fill_since
from clausewatch.model import Source
from tests.jobs.test_backfill import archived, playbacks, settings, vendor, wayback
from tests.support import WaybackStandIn
from tests.support.scenario import URL, Vendor, World, day, policy

__all__ = ["vendor", "wayback"]  # fixtures
pytestmark = pytest.mark.slow  # each run starts a child process


def looked_at_in_vain(vendor: Vendor, *days: float) -> None:
    with vendor.archive.write() as connection:
        for number in days:
            record_failure(connection, vendor.document, at=day(number), kind="http", status=403, reason="a wall")


def test_a_pass_asks_for_what_came_since(vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path) -> None:
    archived(wayback, 18, 24)
    done = fill_since(vendor.archive, vendor.document, None, settings=settings(wayback, tmp_path))
    assert (done.new, done.newest_at) == (2, day(1))
    wayback.add(URL, day(2), policy(months=24))
    wayback.add(URL, day(3), policy(months=30))
    wayback.forget_requests()
    done = fill_since(vendor.archive, vendor.document, done.newest_at, settings=settings(wayback, tmp_path))
    assert (done.new, done.known, done.newest_at) == (2, 1, day(3))
    assert len(playbacks(wayback)) == 1  # the other one has the bytes of the last
    assert f"from={day(1):%Y%m%d%H%M%S}" in wayback.requests[0].path
    quiet = fill_since(vendor.archive, vendor.document, day(9), settings=settings(wayback, tmp_path))
    assert (quiet.new, quiet.newest_at) == (0, None)


def test_a_pass_beside_a_watch_that_goes_well_tells_nobody(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path, world: World
) -> None:
    world.subscribes()
    vendor.publishes(policy(months=18), at=day(0))
    vendor.publishes(policy(months=18), at=day(1))
    looked_at_in_vain(vendor, 2)  # once: a blip
    world.settles()
    for number in (3, 4, 5):
        wayback.add(URL, day(number), policy(months=24, nonce=str(number)))
    fill_since(vendor.archive, vendor.document, day(0), settings=settings(wayback, tmp_path))
    world.settles()
    assert world.outbox == []
    assert not any(each.is_live for each in vendor.snapshots if each.source is Source.WAYBACK)


def test_captures_stand_in_for_a_page_that_is_walled(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path, world: World
) -> None:
    world.subscribes()
    vendor.publishes(policy(months=18), at=day(10))
    vendor.publishes(policy(months=18), at=day(11))
    world.settles()
    looked_at_in_vain(vendor, 12, 12.5, 13)
    wayback.add(URL, day(5), policy(months=12))
    wayback.add(URL, day(14), policy(months=24))
    fill_since(vendor.archive, vendor.document, None, settings=settings(wayback, tmp_path))
    world.settles()
    assert vendor.states == ["history", "held"]  # seen once: nobody is told yet
    assert world.outbox == []
    wayback.add(URL, day(15), policy(months=24, nonce="2"))
    fill_since(vendor.archive, vendor.document, day(14), settings=settings(wayback, tmp_path))
    world.settles()
    assert vendor.states == ["history", "confirmed told"]
    assert len(world.outbox) == 1
    with vendor.archive.read() as connection:
        watch = get_watch(connection, vendor.document)
    assert watch.failure is not None  # the live page is not seen by it
    assert watch.last_good_at == day(11)
    vendor.publishes(policy(months=24), at=day(16))
    world.settles()
    assert len(world.outbox) == 1


def test_a_page_that_was_never_seen_has_captures_since_it_was_walled(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path, world: World
) -> None:
    world.subscribes()
    looked_at_in_vain(vendor, 1, 2)
    for number, months in ((0, 12), (3, 18), (4, 18), (5, 24), (6, 24)):
        wayback.add(URL, day(number), policy(months=months, nonce=str(number)))
    fill_since(vendor.archive, vendor.document, None, settings=settings(wayback, tmp_path))
    world.settles()
    assert vendor.states == ["history", "confirmed told"]
    assert len(world.outbox) == 1


def test_a_pass_that_is_paused_says_so(vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path) -> None:
    archived(wayback, 18, 24)
    wayback.limit(0)
    with pytest.raises(RateLimited):
        fill_since(vendor.archive, vendor.document, None, settings=settings(wayback, tmp_path))
