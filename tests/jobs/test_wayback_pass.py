"""Once a week the Wayback Machine is asked what it got of each document."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive import Archive
from archive.coverage import coverage
from archive.documents import record_look
from archive.watches import Watch, get_watch, mark_asked, record_failure
from clausewatch.demo import answers
from clausewatch.demo.server import Reply, Request
from clausewatch.demo.wayback import WaybackStandIn
from clausewatch.jobs.wayback_pass import EVERY, OVERLAP, ask_due, due_turns, turn_of
from clausewatch.model import Document, Source
from clausewatch.settings import Settings
from tests.support.scenario import URL, Vendor, World, archive_of, day, policy, settings_of

DOCUMENT = Document(id="d", vendor="v", vendor_name="V", slug="p", type="P", interval_hours=12)
HOUR = timedelta(hours=1)


@pytest.fixture
def wayback() -> Iterator[WaybackStandIn]:
    with WaybackStandIn() as stand_in:
        yield stand_in


def settings_for(folder: Path, wayback: WaybackStandIn) -> Settings:
    return replace(settings_of(folder), allow_hosts=(wayback.host,), wayback_url=wayback.url)


def watched(archive: Archive, *, name: str = "Harbor Kites", url: str = URL) -> Vendor:
    """A document that a live look found, and that is looked at again."""
    world = World(archive)
    vendor = world.vendor(name, url=url)
    vendor.publishes(policy(), at=day(0))
    world.settles()
    with archive.write() as connection:
        record_look(connection, vendor.document, due_at=day(100))
    return vendor


def test_each_document_has_a_turn_of_its_own_in_each_week() -> None:
    hours: Counter[int] = Counter()
    for number in range(1000):
        document = replace(DOCUMENT, id=f"{number}")
        at, turns = day(0), []
        for _ in range(5):
            at = turn_of(document, Watch(wayback_at=at), begun_at=day(0), now=at).due_at
            turns.append(at)
        assert turns[0] - day(0) <= EVERY * 1.2
        assert {later - earlier for earlier, later in pairwise(turns)} == {EVERY}
        hours[(turns[0] - day(0)) // (7 * HOUR)] += 1
    assert max(hours.values()) < 2 * 1000 / 24


def test_a_document_that_is_not_seen_is_asked_for_once_a_day(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        vendor = watched(archive)
        with archive.write() as connection:
            mark_asked(connection, vendor.document, at=day(20))
            assert due_turns(connection, day(21.5)) == []
            for number in (20, 21):
                record_failure(connection, vendor.document, at=day(number), kind="http", status=403, reason="a wall")
            assert [turn.document for turn in due_turns(connection, day(21.5))] != []


def test_one_that_was_never_seen_is_asked_for_too(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        vendor = World(archive).vendor()
        with archive.write() as connection:
            record_look(connection, vendor.document, due_at=day(3))
            assert due_turns(connection, day(2)) == []
            record_failure(connection, vendor.document, at=day(0), kind="robots", status=None, reason="not wanted")
            assert due_turns(connection, day(0.1)) == []  # it may be a blip
            (turn,) = due_turns(connection, day(2))
    assert turn.since_at < day(-80)


def test_a_turn_goes_back_behind_the_last_and_never_behind_the_first_look() -> None:
    assert turn_of(DOCUMENT, Watch(wayback_at=day(100)), begun_at=day(0), now=day(108)).since_at == day(100) - OVERLAP
    assert turn_of(DOCUMENT, Watch(wayback_at=day(5)), begun_at=day(0), now=day(30)).since_at == day(0)
    assert turn_of(DOCUMENT, Watch(wayback_at=day(900)), begun_at=day(0), now=day(30)).since_at == day(0)


def test_a_pass_fills_gaps_and_tells_nobody(tmp_path: Path, wayback: WaybackStandIn) -> None:
    with archive_of(tmp_path) as archive:
        vendor, world = watched(archive), World(archive)
        world.subscribes()
        vendor.publishes(policy(), at=day(4))
        world.settles()
        wayback.add(URL, day(-50), policy(months=3))
        for number in (1, 2, 3):
            wayback.add(URL, day(number), policy(months=24))
        settings = settings_for(tmp_path, wayback)
        with archive.read() as connection:
            assert len(coverage(connection, vendor.document.id, now=day(4)).gaps) == 1
        asked = ask_due(archive, settings=settings, now=lambda: day(9), on_progress=lambda line: None)
        world.settles()
        assert (asked.documents, asked.failed) == (1, 0)
        taken = [each.captured_at for each in vendor.snapshots if each.source is Source.WAYBACK]
        assert taken
        assert min(taken) >= day(0)
        assert world.outbox == []
        with archive.read() as connection:
            assert get_watch(connection, vendor.document).wayback_at == day(9)
        again = ask_due(archive, settings=settings, now=lambda: day(9), on_progress=lambda line: None)
    assert again.documents == 0


def test_a_pause_that_the_archive_asks_for_ends_the_pass_which_goes_on_later(
    tmp_path: Path, wayback: WaybackStandIn
) -> None:
    with archive_of(tmp_path) as archive:
        for name in ("Ada", "Bob"):
            watched(archive, name=name, url=f"https://{name.lower()}.example/privacy")
        settings = settings_for(tmp_path, wayback)
        wayback.limit(0)
        first = ask_due(archive, settings=settings, now=lambda: day(9), on_progress=lambda line: None)
        with archive.read() as connection:
            left = due_turns(connection, day(9))
    assert (first.documents, len(left)) == (0, 2)


def test_a_pass_ends_when_it_is_told_to(tmp_path: Path, wayback: WaybackStandIn) -> None:
    stop = threading.Event()
    stop.set()
    with archive_of(tmp_path) as archive:
        watched(archive)
        settings = settings_for(tmp_path, wayback)
        asked = ask_due(archive, settings=settings, now=lambda: day(9), on_progress=lambda line: None, stop=stop)
    assert asked.documents == 0


def test_what_others_archived_stands_in_where_the_live_page_is_walled(tmp_path: Path, wayback: WaybackStandIn) -> None:
    with archive_of(tmp_path) as archive:
        vendor, world = watched(archive), World(archive)
        with archive.write() as connection:
            for number in (1, 2, 3):
                record_failure(connection, vendor.document, at=day(number), kind="http", status=403, reason="a wall")
        for number in (4, 5, 6):
            wayback.add(URL, day(number), policy(months=36))
        asked = ask_due(
            archive, settings=settings_for(tmp_path, wayback), now=lambda: day(8), on_progress=lambda line: None
        )
        world.settles(now=day(8))
        with archive.read() as connection:
            covered = coverage(connection, vendor.document.id, now=day(6.5))
        versions = vendor.versions
    assert asked.new
    assert len(versions) == 2
    assert covered.watched_to_at
    assert covered.watched_to_at >= day(4)


@pytest.mark.parametrize("stalls_at", ["/cdx/", "/web/"])
def test_a_pass_that_is_told_to_end_waits_for_no_archive_that_stalls_and_the_turn_stays(
    tmp_path: Path, wayback: WaybackStandIn, stalls_at: str
) -> None:
    stop, stall, respond = threading.Event(), answers.stall(600), wayback.respond

    def stop_and_stall(request: Request) -> Reply:
        if not request.path.startswith(stalls_at):
            return respond(request)
        stop.set()
        return stall(request)

    wayback.respond = stop_and_stall  # type: ignore[method-assign]  # this archive never ends
    with archive_of(tmp_path) as archive:
        vendor = watched(archive)
        wayback.add(URL, day(1), policy(months=24))
        settings = settings_for(tmp_path, wayback)
        ask_due(archive, settings=settings, now=lambda: day(9), on_progress=lambda line: None, stop=stop)
        assert stop.is_set()
        with archive.read() as connection:
            assert get_watch(connection, vendor.document).wayback_at is None
