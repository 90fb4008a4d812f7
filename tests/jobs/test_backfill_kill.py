"""A backfill killed for good at any moment goes on: nothing that was recorded is asked for again, and it ends in the
versions of one that nobody disturbed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import Archive
from archive.playbacks import playbacks_of
from clausewatch.demo.server import Reply, Request
from clausewatch.jobs.watching import add_address
from crawler.turns import MOST_BEGUN
from tests.support import WaybackStandIn, postgres
from tests.support.rows import rows_of
from tests.support.scenario import NOW, URL, Vendor, archive_of, day, policy

NAME = "harbor-kites/privacy-policy"
MOVED = "https://harborkites.example/legal/privacy"
CAPTURES = 200
LONGEST_SECONDS = 120
LOST = (7, 23, 38)  # captures that the index has and playback has not


@pytest.fixture
def wayback() -> Iterator[WaybackStandIn]:
    """More captures than twenty killed runs get: changes, returns, revisits, redirects, pages that are lost, rows that
    come twice."""
    with WaybackStandIn(repeats_rows=True) as wayback:
        for number in range(CAPTURES):
            if 60 <= number < 66:
                wayback.add(URL, day(number * 35), "", status=301, headers={"Location": MOVED})
                wayback.add(MOVED, day(number * 35 + 0.0001), policy(months=number))
            elif number % 10 == 4:
                wayback.add_revisit(URL, day(number), of=day(number - 3))
            else:
                wayback.add(URL, day(number), policy(months=12 + number // 4 % 5, nonce=str(number)))
        respond = wayback.respond
        lost = tuple(f"/web/{day(number):%Y%m%d%H%M%S}" for number in LOST)

        def slowly(request: Request) -> Reply:
            time.sleep(0.005)
            return Reply(404, b"") if request.path.startswith(lost) else respond(request)

        wayback.respond = slowly  # type: ignore[method-assign]  # so that there is a middle to be killed in
        yield wayback


def watched(home: Path) -> Vendor:
    with archive_of(home) as archive:
        return Vendor(archive, add_address(archive, URL, vendor="Harbor Kites", now=NOW))


def backfilling(wayback: WaybackStandIn, home: Path) -> subprocess.Popen[str]:
    environ = os.environ | postgres.environ_of(home)
    environ |= {"CLAUSEWATCH_ALLOW_HOSTS": wayback.host, "CLAUSEWATCH_WAYBACK_URL": wayback.url}
    command = [sys.executable, "-m", "clausewatch", "backfill", NAME]
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def asked(wayback: WaybackStandIn) -> Counter[str]:
    """Captures that were asked for, by the time in their address."""
    return Counter(path[5:19] for path in (entry.path for entry in wayback.requests) if path.startswith("/web/"))


def settled_rows(archive: Archive, vendor: Vendor) -> set[str]:
    """The captures that are recorded, or known to be lost."""
    with archive.read() as connection:
        lost = {each.timestamp for each in playbacks_of(connection, vendor.document)}
    kept = Vendor(archive, vendor.document).snapshots
    return lost | {f"{each.captured_at:%Y%m%d%H%M%S}" for each in kept}


def killed_after(child: subprocess.Popen[str], wayback: WaybackStandIn, *, requests: int, seconds: float) -> bool:
    while sum(asked(wayback).values()) < requests and child.poll() is None:
        time.sleep(0.002)
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=LONGEST_SECONDS)
    return child.returncode == -signal.SIGKILL


def run_to_the_end(wayback: WaybackStandIn, home: Path) -> None:
    with backfilling(wayback, home) as child:
        _, said = child.communicate(timeout=LONGEST_SECONDS)
    assert child.returncode == 0, said


@pytest.mark.stress
def test_a_backfill_killed_twenty_times_ends_as_one_that_nobody_disturbed(
    wayback: WaybackStandIn, tmp_path: Path
) -> None:
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    watched(calm)
    run_to_the_end(wayback, calm)
    wanted = asked(wayback)

    chance, vendor, deaths, total = random.Random(11), watched(killed), 0, Counter[str]()
    for number in range(20):
        before = set()
        with archive_of(killed) as archive:
            before = settled_rows(archive, vendor)
        wayback.forget_requests()
        with backfilling(wayback, killed) as child:
            requests, seconds = chance.randint(1 if number % 4 else 0, 7), chance.uniform(0, 0.02)
            deaths += killed_after(child, wayback, requests=requests, seconds=seconds)
        again = asked(wayback)
        assert not before & set(again)  # what was recorded, or known to be lost, is not asked for
        total += again
    wayback.forget_requests()
    run_to_the_end(wayback, killed)
    total += asked(wayback)

    assert deaths == 20
    assert set(total) == set(wanted)
    assert sum(total.values()) - sum(wanted.values()) <= 20 * MOST_BEGUN
    with archive_of(calm) as one, archive_of(killed) as other:
        expected, found = rows_of(one), rows_of(other)
    for noun in ("documents", "versions", "comparisons", "notices"):
        assert found[noun] == expected[noun]
    assert len(found["versions"]) > 20
    assert found["snapshots"] == expected["snapshots"]
