from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from archive import Archive
from archive.notices import (
    claim,
    drop_notices,
    due_notices,
    list_notices,
    mark_failed,
    mark_sent,
    queue_notices,
)
from clausewatch.model import Comparison, Notice, NoticeState
from tests.support import postgres
from tests.support.scenario import NOW, World, archive_of, day, policy

READERS = 30
SOON = NOW + timedelta(seconds=60)


@pytest.fixture
def owed(world: World) -> Comparison:
    """A comparison that thirty subscriptions are owed."""
    for number in range(READERS):
        world.subscribes(f"reader{number}@example.com")
    vendor = world.vendor()
    for number, page in enumerate((policy(), policy(), policy(months=24), policy(months=24))):
        vendor.publishes(page, at=day(number))
    world.settles()
    (comparison,) = vendor.comparisons
    return comparison


def claimed(archive: Archive, sender: str, *, count: int = READERS, lease_seconds: int = 60) -> list[str]:
    with archive.write() as connection:
        ids = [notice.id for notice in due_notices(connection, NOW)][:count]
        return list(claim(connection, ids, sender=sender, now=NOW, lease_seconds=lease_seconds))


def the_notice(archive: Archive, id: str) -> Notice:
    with archive.read() as connection:
        (found,) = [notice for notice in list_notices(connection) if notice.id == id]
    return found


def test_each_subscription_is_owed_one_notice(world: World, owed: Comparison) -> None:
    assert len(world.outbox) == READERS
    assert {(notice.comparison, notice.state) for notice in world.outbox} == {(owed.id, NoticeState.DUE)}


def test_who_was_told_of_the_version_is_passed_over(world: World, owed: Comparison) -> None:
    other = world.subscribes("late@example.com")
    with world.archive.write() as connection:
        assert queue_notices(connection, owed, [(other.id, NOW)]) == 1
        assert queue_notices(connection, owed, [(other.id, NOW)]) == 0
    assert len(world.outbox) == READERS + 1


def test_what_is_claimed_is_due_no_more_until_its_lease_ends(world: World, owed: Comparison) -> None:
    got = claimed(world.archive, "one", count=3)
    with world.archive.write() as connection:
        assert not set(got) & {notice.id for notice in due_notices(connection, NOW)}
        assert claim(connection, got, sender="two", now=NOW, lease_seconds=60) == {}
        assert set(got) < {notice.id for notice in due_notices(connection, SOON)}
        assert claim(connection, got, sender="two", now=SOON, lease_seconds=60).keys() == set(got)
    assert the_notice(world.archive, got[0]).attempts == 2


def test_two_threads_never_claim_the_same(world: World, owed: Comparison, tmp_path: Path) -> None:
    got: dict[str, list[str]] = {}
    barrier = threading.Barrier(2)

    def send(name: str) -> None:
        mine = got.setdefault(name, [])
        with archive_of(tmp_path) as archive, archive.read() as connection:
            ids = [notice.id for notice in due_notices(connection, NOW)]
        barrier.wait()
        with archive_of(tmp_path) as archive:
            for id in ids:
                with archive.write() as connection:
                    mine += claim(connection, [id], sender=name, now=NOW, lease_seconds=60)

    threads = [threading.Thread(target=send, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not set(got["one"]) & set(got["two"])
    assert sorted(got["one"] + got["two"]) == sorted(notice.id for notice in world.outbox)


CLAIMER = """
    import sys
    from datetime import datetime
    from archive import open_archive
    from archive.notices import claim, list_notices
    from clausewatch.settings import load
    with open_archive(load()) as archive:
        with archive.read() as connection:
            ids = [notice.id for notice in list_notices(connection)]
        print("ready", flush=True)
        sys.stdin.readline()
        for id in ids:
            with archive.write() as connection:
                now = datetime.fromisoformat(sys.argv[1])
                for got in claim(connection, [id], sender=sys.argv[2], now=now, lease_seconds=60):
                    print(got, flush=True)
"""


def test_two_processes_never_claim_the_same(world: World, owed: Comparison, tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(CLAIMER), NOW.isoformat()]
    environ = os.environ | postgres.environ_of(tmp_path)
    children = [
        subprocess.Popen([*command, name], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    one, two = (child.communicate(timeout=60)[0].split() for child in children)
    assert not set(one) & set(two)
    assert sorted(one + two) == sorted(notice.id for notice in world.outbox)


def test_what_was_sent_is_never_due_again(world: World, owed: Comparison) -> None:
    got = claimed(world.archive, "one", count=2)
    with world.archive.write() as connection:
        mark_sent(connection, got, sender="two", now=NOW, message_id="stranger")
        assert {the_state(world, id) for id in got} == {NoticeState.CLAIMED}
        mark_sent(connection, got, sender="one", now=NOW, message_id="m1")
        assert not set(got) & {notice.id for notice in due_notices(connection, day(9999))}
    assert {the_state(world, id) for id in got} == {NoticeState.SENT}


def the_state(world: World, id: str) -> NoticeState:
    return the_notice(world.archive, id).state


def test_what_failed_is_due_again_later_or_given_up(world: World, owed: Comparison) -> None:
    later, never = claimed(world.archive, "one", count=2)
    with world.archive.write() as connection:
        mark_failed(connection, [later], sender="one", error="busy", retry_at=SOON)
        mark_failed(connection, [never], sender="one", error="no such address", retry_at=None)
        assert later not in {notice.id for notice in due_notices(connection, NOW)}
        assert later in {notice.id for notice in due_notices(connection, SOON)}
    found = the_notice(world.archive, later), the_notice(world.archive, never)
    assert [(notice.state, notice.error) for notice in found] == [
        (NoticeState.DUE, "busy"), (NoticeState.FAILED, "no such address"),
    ]  # fmt: skip


def test_what_is_dropped_is_never_due(world: World, owed: Comparison) -> None:
    first, *_ = world.outbox
    with world.archive.write() as connection:
        drop_notices(connection, [first.id])
        assert first.id not in {notice.id for notice in due_notices(connection, day(9999))}
        assert [notice.id for notice in list_notices(connection, state=NoticeState.DROPPED)] == [first.id]
