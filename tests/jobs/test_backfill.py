from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from archive import Archive
from archive.addresses import add_address as move
from archive.documents import get_document
from clausewatch.demo.server import Reply, Request
from clausewatch.errors import NotFound, RateLimited
from clausewatch.jobs.backfill import Filled, backfill_documents, row_in_force
from clausewatch.jobs.watching import add_address
from clausewatch.model import Source
from clausewatch.settings import Settings
from crawler.cdx import Row
from tests.support import WaybackStandIn, postgres
from tests.support.scenario import NOW, URL, Vendor, World, day, policy

pytestmark = pytest.mark.slow  # each run starts a child process
NAME = "harbor-kites/privacy-policy"


@pytest.fixture
def wayback() -> Iterator[WaybackStandIn]:
    with WaybackStandIn() as wayback:
        yield wayback


@pytest.fixture
def vendor(archive: Archive) -> Vendor:
    return Vendor(archive, add_address(archive, URL, vendor="Harbor Kites", now=NOW))


def settings(wayback: WaybackStandIn, home: Path) -> Settings:
    return Settings(home=home, allow_hosts=(wayback.host,), wayback_url=wayback.url)


def filled(
    vendor: Vendor, wayback: WaybackStandIn, home: Path, *, from_at: datetime | None = None,
    to_at: datetime | None = None, every: str = "change", lines: list[str] | None = None,
) -> Filled:  # fmt: skip
    return backfill_documents(
        vendor.archive, NAME, from_at=from_at, to_at=to_at, every=every, settings=settings(wayback, home),
        on_progress=(lines if lines is not None else []).append,
    )  # fmt: skip


def archived(wayback: WaybackStandIn, *months: int) -> None:
    """A capture a day, each of a policy with that number of months."""
    for number, each in enumerate(months):
        wayback.add(URL, day(number), policy(months=each))


def playbacks(wayback: WaybackStandIn) -> Counter[str]:
    return Counter(entry.path for entry in wayback.requests if entry.path.startswith("/web/") and entry.status == 200)


def test_captures_become_snapshots_of_their_own_time(vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path) -> None:
    archived(wayback, 18, 24)
    lines: list[str] = []
    done = filled(vendor, wayback, tmp_path, lines=lines)
    assert (done.new, done.known, done.failed) == (2, 0, 0)
    assert [(each.captured_at, each.source, each.is_live) for each in vendor.snapshots] == [
        (day(0), Source.WAYBACK, False), (day(1), Source.WAYBACK, False),
    ]  # fmt: skip
    assert vendor.archive.blobs.read(vendor.snapshots[0].sha256) == policy().encode()
    assert lines[0] == f"{NAME}: 2 captures listed, 2 chosen, 2 to be played back"
    assert len(lines) == 3


def test_the_past_tells_nobody(vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path, world: World) -> None:
    world.subscribes()
    archived(wayback, 18, 24, 30)
    filled(vendor, wayback, tmp_path)
    world.settles()
    assert vendor.states == ["history", "history"]
    vendor.publishes(policy(months=36), at=day(30))
    vendor.publishes(policy(months=36), at=day(31))
    world.settles()
    assert vendor.states == ["history"] * 3
    assert world.outbox == []


def test_the_past_may_come_after_the_present(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path, world: World
) -> None:
    world.subscribes()
    for number, months in enumerate((30, 30, 36, 36)):
        vendor.publishes(policy(months=months), at=day(30 + number))
    world.settles()
    archived(wayback, 18, 24)
    filled(vendor, wayback, tmp_path)
    world.settles()
    assert vendor.states == ["history", "history", "confirmed told"]
    assert len(world.outbox) == 1


def test_running_again_asks_for_nothing_that_is_there(vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path) -> None:
    archived(wayback, 18, 24, 18)
    filled(vendor, wayback, tmp_path)
    wayback.forget_requests()
    done = filled(vendor, wayback, tmp_path)
    assert (done.new, done.known, done.failed) == (0, 3, 0)
    assert not playbacks(wayback)
    wayback.add(URL, day(9), policy(months=48))
    assert filled(vendor, wayback, tmp_path).new == 1
    assert len(playbacks(wayback)) == 1


def test_bounds_and_steps_choose_what_is_played_back(vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path) -> None:
    archived(wayback, *range(10, 40))
    done = filled(vendor, wayback, tmp_path, from_at=day(3), to_at=day(20), every="week")
    assert 2 <= done.new <= 4
    assert all(day(3) <= each.captured_at <= day(20) for each in vendor.snapshots)


def test_a_pause_keeps_what_came_and_the_next_run_goes_on(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path
) -> None:
    archived(wayback, *range(10, 18))
    wayback.limit(4, retry_after="7")  # the index and three captures
    with pytest.raises(RateLimited) as refused:
        filled(vendor, wayback, tmp_path)
    assert refused.value.retry_after_seconds is not None
    before = len(vendor.snapshots)
    assert before == 3
    wayback.limit(None)
    done = filled(vendor, wayback, tmp_path)
    assert (done.new, done.known) == (5, 3)
    assert set(playbacks(wayback).values()) == {1}
    assert len(vendor.snapshots) == 8


def test_a_capture_that_cannot_be_played_back_is_counted(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path
) -> None:
    archived(wayback, 18, 24)
    respond = wayback.respond
    lost = f"/web/{day(0):%Y%m%d%H%M%S}"

    def losing(request: Request) -> Reply:
        return Reply(404, b"gone") if request.path.startswith(lost) else respond(request)

    wayback.respond = losing  # type: ignore[method-assign]  # the archive has lost one
    done = filled(vendor, wayback, tmp_path)
    assert (done.new, done.failed) == (1, 1)


def test_an_address_that_the_archive_does_not_show_is_counted(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path
) -> None:
    archived(wayback, 18)
    wayback.exclude(URL)
    lines: list[str] = []
    assert filled(vendor, wayback, tmp_path, lines=lines).failed == 1
    assert "does not show it" in lines[0]


def test_a_document_without_an_address_has_no_past_to_ask_for(
    world: World, wayback: WaybackStandIn, tmp_path: Path
) -> None:
    with pytest.raises(NotFound, match="no such document"):
        backfill_documents(
            world.archive, NAME, from_at=None, to_at=None, every="change", settings=settings(wayback, tmp_path),
            on_progress=print,
        )  # fmt: skip


def test_a_backfill_killed_half_way_goes_on_and_fetches_nothing_twice(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path
) -> None:
    archived(wayback, *range(10, 40))
    respond, is_killed = wayback.respond, threading.Event()

    def half(request: Request) -> Reply:
        assert len(playbacks(wayback)) < 15 or is_killed.wait(60)
        return respond(request)

    wayback.respond = half  # type: ignore[method-assign]  # so that there is a middle to be killed in
    environ = os.environ | postgres.environ_of(tmp_path)
    environ |= {"CLAUSEWATCH_ALLOW_HOSTS": wayback.host, "CLAUSEWATCH_WAYBACK_URL": wayback.url}
    command = [sys.executable, "-m", "clausewatch", "backfill", NAME]
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        for line in child.stderr:
            if "[8/30]" in line:
                child.send_signal(signal.SIGKILL)
                break
    is_killed.set()
    kept = {each.captured_at for each in vendor.snapshots}
    assert 8 <= len(kept) < 30
    wayback.forget_requests()
    done = filled(vendor, wayback, tmp_path)
    assert (done.new, done.known) == (30 - len(kept), len(kept))
    # what the killed run had asked for and not recorded may be asked for again; nothing that was recorded is
    assert not [at for at in kept if any(f"/{at:%Y%m%d%H%M%S}id_/" in path for path in playbacks(wayback))]
    with vendor.archive.read() as connection:
        assert get_document(connection, NAME).id == vendor.document.id
    assert len(vendor.snapshots) == 30


def row(timestamp: str, *, status: int | None = 200, original: str = URL) -> Row:
    return Row(timestamp=timestamp, original=original, status=status, mimetype="text/html", digest=timestamp)


def test_in_force_is_the_last_good_capture_by_then() -> None:
    rows = [
        row("20240101000000"),
        row("20240301000000"),
        row("20240401000000", status=301),
        row("20240501000000", status=404),
    ]
    assert row_in_force(rows, datetime.fromisoformat("2024-12-31T00:00:00Z")) == rows[1]
    assert row_in_force(rows, datetime.fromisoformat("2024-02-01T00:00:00Z")) == rows[0]
    assert row_in_force(rows, datetime.fromisoformat("2023-12-31T00:00:00Z")) is None
    assert (
        row_in_force([row("20240101000000", status=None)], datetime.fromisoformat("2024-12-31T00:00:00Z")) is not None
    )


# --- what is not asked for twice ------------------------------------------------------------------------------


def test_what_will_never_give_a_page_is_not_asked_for_again(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path
) -> None:
    archived(wayback, 18, 24, 30)
    respond, troubled = wayback.respond, [404, 503]

    def losing(request: Request) -> Reply:
        for number, status in enumerate(troubled):
            if request.path.startswith(f"/web/{day(number):%Y%m%d%H%M%S}"):
                return Reply(status, b"")
        return respond(request)

    wayback.respond = losing  # type: ignore[method-assign]  # one is lost, one cannot be had for now
    done = filled(vendor, wayback, tmp_path)
    assert (done.new, done.failed) == (1, 2)
    troubled.clear()
    wayback.forget_requests()
    lines: list[str] = []
    done = filled(vendor, wayback, tmp_path, lines=lines)
    assert (done.new, done.known, done.lost, done.failed) == (1, 1, 1, 0)
    assert [f"{day(1):%Y%m%d%H%M%S}" in path for path in playbacks(wayback)] == [True]
    assert "1 gave no page before" in lines[0]
    wayback.forget_requests()
    filled(vendor, wayback, tmp_path)
    assert not playbacks(wayback)


def test_another_capture_of_the_month_is_tried_in_the_place_of_a_lost_one(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path
) -> None:
    archived(wayback, 18, 24, 30)
    respond, lost = wayback.respond, f"/web/{day(0):%Y%m%d%H%M%S}"
    wayback.respond = lambda request: Reply(404, b"") if request.path.startswith(lost) else respond(request)  # type: ignore[method-assign]  # the archive has lost one
    done = filled(vendor, wayback, tmp_path, every="month")
    assert (done.new, done.failed) == (1, 1)
    assert [each.captured_at for each in vendor.snapshots] == [day(1)]


def test_bytes_that_are_here_already_are_not_fetched(vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path) -> None:
    archived(wayback, 18, 24)
    filled(vendor, wayback, tmp_path)
    wayback.forget_requests()
    wayback.add_revisit(URL, day(2), of=day(0))
    wayback.add(URL, day(3), policy(months=24))
    done = filled(vendor, wayback, tmp_path)
    assert (done.new, done.known) == (2, 2)
    assert not playbacks(wayback)
    assert [each.sha256 for each in vendor.snapshots[2:]] == [each.sha256 for each in vendor.snapshots[:2]]
    vendor.archive.blobs.path(vendor.snapshots[0].sha256).unlink()
    wayback.add_revisit(URL, day(4), of=day(0))
    assert filled(vendor, wayback, tmp_path).new == 1
    assert len(playbacks(wayback)) == 1


def test_a_redirect_is_followed_once_for_all_runs(vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path) -> None:
    legal = "https://harborkites.example/legal/privacy"
    wayback.add(URL, day(0), "", status=301, headers={"Location": legal})
    wayback.add(legal, day(0.0001), policy())
    assert filled(vendor, wayback, tmp_path).new == 1
    assert [(each.captured_at, each.url) for each in vendor.snapshots] == [(day(0), legal)]
    wayback.forget_requests()
    done = filled(vendor, wayback, tmp_path)
    assert (done.new, done.known) == (0, 1)
    assert not playbacks(wayback)


def test_captures_of_one_second_at_two_addresses_are_two(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path
) -> None:
    wayback.add(URL, day(0), policy())
    wayback.add(URL.replace("https://", "http://www."), day(0), policy(months=24))
    assert filled(vendor, wayback, tmp_path).new == 2
    done = filled(vendor, wayback, tmp_path)
    assert (done.new, done.known) == (0, 2)


def test_an_address_counts_as_long_as_the_document_stood_there(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path
) -> None:
    moved_to = "https://harborkites.example/legal/privacy"
    archived(wayback, 18, 24)
    wayback.add(URL, day(9), policy(months=99))  # whatever stands there since
    wayback.add(moved_to, day(10), policy(months=30))
    with vendor.archive.write() as connection:
        move(connection, vendor.document, moved_to, since_at=day(5))
    assert filled(vendor, wayback, tmp_path).new == 3
    assert [each.captured_at for each in vendor.snapshots] == [day(0), day(1), day(10)]


def test_one_address_that_the_archive_does_not_show_hides_no_other(
    vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path
) -> None:
    moved_to = "https://harborkites.example/legal/privacy"
    archived(wayback, 18)
    wayback.add(moved_to, day(10), policy(months=30))
    wayback.exclude(URL)
    with vendor.archive.write() as connection:
        move(connection, vendor.document, moved_to, since_at=day(5))
    done = filled(vendor, wayback, tmp_path)
    assert (done.new, done.failed) == (1, 1)


def test_what_is_left_is_said(vendor: Vendor, wayback: WaybackStandIn, tmp_path: Path) -> None:
    archived(wayback, *range(10, 22))
    lines: list[str] = []
    limited = replace(settings(wayback, tmp_path), wayback_pace=(6000, 10))
    backfill_documents(
        vendor.archive, NAME, from_at=None, to_at=None, every="change", settings=limited, on_progress=lines.append
    )
    assert lines[0].endswith("12 to be played back, at least 2 seconds left")
    assert all(line.endswith(" left") for line in lines[1:-1])
    assert re.search(r"about \d+ seconds? left$", lines[7])
    assert not lines[-1].endswith("left")
