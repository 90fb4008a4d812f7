"""Workers that share a PostgreSQL: they divide the work, and whatever befalls them nothing is lost or doubled."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from archive import Archive, open_archive
from archive.documents import due_documents, list_documents, unsettled_documents
from archive.leases import lease_of
from archive.notices import list_notices
from archive.snapshots import list_snapshots
from archive.versions import list_versions
from clausewatch.jobs.kinds import Channel
from clausewatch.jobs.watching import add_address
from clausewatch.model import NoticeState
from clausewatch.settings import Settings
from tests.support import postgres
from tests.support.hosts import Hosts
from tests.support.rows import rows_of
from tests.support.scenario import World, archive_of, day, policy
from tests.support.working import settings_of, start, workers

pytestmark = pytest.mark.slow
FILLER = " ".join(f"We explain point {number} of our policy to you." for number in range(200))
WORKERS = "clausewatch_queue.procrastinate_workers"
HELD_UP_SECONDS = 6.0
"""Longer than a worker is waited for, holds its claims, and leads."""
PATIENCE_SECONDS = 300.0
"""A job whose worker was held up has failed, and is done again after half a minute; then after twice as long."""
LONG_SECONDS = 600.0
"""What killed workers leave is much where a machine is so busy that they were killed before they had begun."""


def wait_until(holds: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def installation(home: Path, hosts: Sequence[str] = ("127.0.0.1:9",)) -> Settings:
    return settings_of(home, postgres.database_of(home), hosts)


def watch(archive: Archive, hosts: Hosts, *, pages: int, first: int = 0) -> None:
    """So many documents on each host, all due."""
    long_ago = datetime.now(UTC) - timedelta(days=1)
    for host in hosts.names:
        for number in range(first, first + pages):
            add_address(
                archive, f"http://{host}/{number}/privacy", vendor=f"Vendor {host}", type=f"Policy {number}",
                now=long_ago,
            )  # fmt: skip


def page(address: str) -> bytes:
    return policy(nonce=address).encode()


def versions(archive: Archive) -> int:
    with archive.read() as connection:
        return sum(len(list_versions(connection, each)) for each in list_documents(connection))


def working(archive: Archive) -> int:
    """How many workers the queue knows."""
    with archive.read() as connection:
        if connection.execute(text(f"SELECT to_regclass('{WORKERS}')")).scalar_one() is None:
            return 0
        return int(connection.execute(text(f"SELECT count(*) FROM {WORKERS}")).scalar_one()) // len(Channel)


def looks(archive: Archive) -> Counter[int]:
    """How many documents were looked at so often."""
    with archive.read() as connection:
        return Counter(
            sum(snapshot.sightings for snapshot in list_snapshots(connection, each))
            for each in list_documents(connection)
        )


def test_two_workers_share_what_is_due_and_no_host_is_asked_by_both(tmp_path: Path) -> None:
    with Hosts(6, page, delay_seconds=0.1) as hosts:
        settings, documents = installation(tmp_path, hosts.names), 0
        with open_archive(settings) as archive:
            with workers(settings, 2, are_patient=True) as both:
                wait_until(lambda: working(archive) == 2)  # else the first one takes all of it
                while documents < 10 * 18 and not all(did_something(tmp_path, each) for each in both):
                    watch(archive, hosts, pages=3, first=documents // 6)
                    documents += 18
                    wait_until(lambda: versions(archive) == documents)  # noqa: B023  # it is called here and now
            assert looks(archive) == {1: documents}
        assert set(hosts.most_at_once.values()) == {1}
        # robots.txt by each crawl, of which there are two where the first began before all was watched
        assert {times for address, times in hosts.fetched.items() if "robots" not in address} == {1}
    assert all(did_something(tmp_path, process) for process in both)


def did_something(home: Path, process: subprocess.Popen[bytes]) -> bool:
    return f" {process.pid} clausewatch.jobs.kinds" in (home / "working.log").read_text()


# --- whatever befalls them -----------------------------------------------------------------------------------


@dataclass
class Story:
    """Vendors whose policies changed, and who is owed word of it; the same in every archive that it is told in."""

    vendors: int = 4
    subscribers: int = 6

    def tell(self, archive: Archive) -> None:
        world = World(archive)
        for number in range(self.subscribers):
            world.subscribes(f"reader{number}@harbor.example")
        for number in range(self.vendors):
            vendor = world.vendor(f"Kites {number}", url=f"https://kites{number}.example/privacy")
            for step, months in enumerate((12, 12, 18, 18, 24, 24)):
                text = policy(months=months, nonce=str(step), extra=f"{FILLER} {number}")
                vendor.publishes(text, at=day(step))


def undisturbed(home: Path, story: Story) -> dict[str, Sequence[object]]:
    with archive_of(home) as archive:
        story.tell(archive)
        World(archive).settles()
        return rows_of(archive)


def sent(archive: Archive) -> Counter[NoticeState]:
    with archive.read() as connection:
        return Counter(notice.state for notice in list_notices(connection))


def unsettled(archive: Archive) -> int:
    with archive.read() as connection:
        return len(unsettled_documents(connection))


def kill(running: list[subprocess.Popen[bytes]], settings: Settings) -> None:
    """All of them, and start as many."""
    for process in list(running):
        process.kill()
        process.wait()
        running.remove(process)
        running.append(start(settings))


def hold_up(process: subprocess.Popen[bytes], *, seconds: float = HELD_UP_SECONDS) -> None:
    """For longer than the others wait: they go on without it, and then it does not know what it missed."""
    process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    process.send_signal(signal.SIGCONT)


def ended_well(
    archive: Archive, home: Path, expected: dict[str, Sequence[object]], *, seconds: float = PATIENCE_SECONDS
) -> None:  # fmt: skip
    """All is settled and sent, as if nothing had happened."""
    notices = len(expected["notices"])
    wait_until(lambda: not unsettled(archive) and sent(archive) == {NoticeState.SENT: notices}, seconds=seconds)
    found = rows_of(archive)
    found["blobs"] = expected["blobs"]  # a killed write may leave a file beside, to be swept
    assert found == expected
    mails = [path.read_text() for path in (home / "mail").glob("*.eml")]
    assert len(mails) == len({line for mail in mails for line in mail.splitlines() if line.startswith("Message-ID:")})


def test_workers_killed_while_they_settle_and_deliver_lose_and_double_nothing(tmp_path: Path) -> None:
    expected = undisturbed(tmp_path / "calm", Story())
    home = tmp_path / "killed"
    settings = installation(home)
    with open_archive(settings) as archive:
        Story().tell(archive)
        with workers(settings, 2) as running:
            wait_until(lambda: versions(archive) > 0)
            kill(running, settings)
            wait_until(lambda: sent(archive)[NoticeState.SENT] > 0)
            kill(running, settings)
            ended_well(archive, home, expected)


def test_workers_killed_while_they_crawl_look_at_each_document_once(tmp_path: Path) -> None:
    with Hosts(4, page, delay_seconds=0.2) as hosts:
        settings = installation(tmp_path, hosts.names)
        with open_archive(settings) as archive:
            watch(archive, hosts, pages=3)
            with workers(settings, 2) as running:
                wait_until(lambda: sum(hosts.fetched.values()) > 6)
                kill(running, settings)
                wait_until(lambda: versions(archive) == 12)
            assert looks(archive) == {1: 12}
            with archive.read() as connection:
                assert not due_documents(connection, datetime.now(UTC))


def test_a_worker_that_is_cut_off_for_a_while_doubles_nothing(tmp_path: Path) -> None:
    expected = undisturbed(tmp_path / "calm", Story())
    home = tmp_path / "held"
    settings = installation(home)
    with open_archive(settings) as archive:
        Story().tell(archive)
        with workers(settings, 1) as running:
            wait_until(lambda: versions(archive) > 0)
            running.append(start(settings))
            hold_up(running[0])
            ended_well(archive, home, expected)


def leader(archive: Archive) -> int | None:
    with archive.read() as connection:
        lease = lease_of(connection, "schedule")
    return int(lease[0].split(":")[-2]) if lease else None


@pytest.mark.stress
def test_nothing_is_lost_or_doubled_whatever_is_killed_and_held_up(tmp_path: Path) -> None:
    story, chance = Story(vendors=40, subscribers=25), random.Random(7)
    expected = undisturbed(tmp_path / "calm", story)
    home, kills, held_up = tmp_path / "disturbed", 0, 0
    with Hosts(12, page, delay_seconds=0.3) as hosts:
        settings = installation(home, hosts.names)
        other = installation(tmp_path / "crawled", hosts.names)
        with open_archive(settings) as archive, open_archive(other) as crawled:
            story.tell(archive)
            watch(crawled, hosts, pages=8)
            with workers(settings, 3) as running, workers(other, 3) as crawling:
                end = time.monotonic() + 120
                while time.monotonic() < end:
                    time.sleep(chance.uniform(1.0, 4.0))
                    for group, its in ((running, settings), (crawling, other)):
                        one = group[chance.randrange(len(group))]
                        if chance.random() < 0.25:
                            hold_up(one)
                            held_up += 1
                            continue
                        one.kill()
                        one.wait()
                        group.remove(one)
                        group.append(start(its))
                        kills += 1
                ended_well(archive, home, expected, seconds=LONG_SECONDS)
                wait_until(lambda: versions(crawled) == 96, seconds=LONG_SECONDS)
            assert looks(crawled) == {1: 96}
        again = sum(hosts.fetched.values()) - len(hosts.fetched)
    print(f"{kills} workers killed, {held_up} held up; {again} pages and robots.txt fetched again")
    assert set(hosts.most_at_once.values()) == {1}
