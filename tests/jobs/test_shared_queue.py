"""The queue that workers share: what is put once is done once, and nothing is lost with a worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from archive import Archive, open_archive
from archive.clock import SharedClock
from archive.database import prepare
from clausewatch.clock import utc_now
from clausewatch.errors import ArchiveError, ClausewatchError
from clausewatch.jobs import queue_workers
from clausewatch.jobs.kinds import KINDS, Channel, Job, Kind, Work, backfill_job, jobs_to_do, lane_of
from clausewatch.jobs.queue_schema import connected, conninfo_of, prepare_queue
from clausewatch.jobs.shared_queue import SharedQueue
from clausewatch.model import Document
from clausewatch.settings import Settings
from tests.support import postgres
from tests.support.scenario import World, day, policy

pytestmark = pytest.mark.once
NEVER = threading.Event()
SETTLE = Job("settle", "a" * 16)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, database_url=postgres.database_of(tmp_path), secret="for tests")


@pytest.fixture
def queue(settings: Settings) -> SharedQueue:
    return queue_of(settings)


def queue_of(settings: Settings) -> SharedQueue:
    return SharedQueue(settings, lambda: open_archive(settings), beat_seconds=0.2, lost_seconds=1.0)


def rows(queue: SharedQueue, query: str) -> list[tuple[object, ...]]:
    with connected(queue.conninfo) as connection:
        return connection.execute(query.encode()).fetchall()


def waiting(queue: SharedQueue) -> list[tuple[object, ...]]:
    return rows(queue, "SELECT task_name, args->>'subject', status::text FROM procrastinate_jobs ORDER BY id")


@contextmanager
def doing(monkeypatch: pytest.MonkeyPatch, do: Callable[[Work, str], None]) -> Iterator[None]:
    """Settling is something else here, which a test can watch."""
    with monkeypatch.context() as patch:
        patch.setitem(KINDS, "settle", Kind(do, None, Channel.TEXTS, priority=20, lock="texts"))
        yield


def wait_until(holds: Callable[[], object], *, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_job_that_waits_is_not_put_twice(queue: SharedQueue) -> None:
    queue.put([SETTLE, SETTLE, Job("deliver")], stop=NEVER)
    queue.put([Job("deliver"), SETTLE, Job("settle", "b" * 16)], stop=NEVER)
    found = {(task, subject) for task, subject, _ in waiting(queue)}
    assert len(waiting(queue)) == len(found) == 3


def test_of_many_who_put_the_same_at_once_one_does(queue: SharedQueue, settings: Settings) -> None:
    queue.prepare()
    jobs = [Job("settle", f"{number:016x}") for number in range(200)]
    threads = [
        threading.Thread(target=lambda some=some: queue_of(settings).put(some, stop=NEVER))
        for some in (jobs, jobs[::-1], jobs[50:150])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waiting(queue)) == 200


def test_the_tables_of_the_queue_leave_ours_alone(queue: SharedQueue, settings: Settings) -> None:
    queue.prepare()
    prepare_queue(conninfo_of(settings.database))
    with open_archive(settings) as archive:  # no table of something else is seen
        prepare(archive.engine)
        with archive.read() as connection:
            tables = connection.exec_driver_sql(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'procrastinate%%'"
            )
            assert tables.scalar_one() == 0


def test_the_tables_of_an_older_queue_are_brought_up_to_date(queue: SharedQueue, settings: Settings) -> None:
    queue.prepare()
    with connected(queue.conninfo) as connection:
        connection.execute("DROP TRIGGER procrastinate_trigger_status_events_update_v1 ON procrastinate_jobs")
        before = "03.04.00_01_pre_add_retry_failed_job_procedure.sql"
        connection.execute(f"COMMENT ON SCHEMA clausewatch_queue IS '{before}'".encode())
    queue_of(settings).prepare()
    triggers = rows(queue, "SELECT 1 FROM pg_trigger WHERE tgname = 'procrastinate_trigger_status_events_update_v1'")
    assert len(triggers) == 1


def test_a_database_that_is_away_is_said(tmp_path: Path) -> None:
    nowhere = Settings(home=tmp_path, database_url="postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    with pytest.raises(ArchiveError, match="the queue of jobs"):
        queue_of(nowhere).put([SETTLE], stop=NEVER)


def test_what_is_put_is_done_once_and_its_like_not_at_the_same_time(
    queue: SharedQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    now, most = 0, 0

    def note(work: Work, subject: str) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        time.sleep(0.02)
        now -= 1
        done.append(subject)

    with doing(monkeypatch, note), queue.working(), queue.working():
        queue.put([SETTLE], stop=NEVER)
        wait_until(lambda: len(done) == 1)
        queue.put([SETTLE, Job("settle", "b" * 16)], stop=NEVER)
        wait_until(lambda: len(done) == 3 and not waiting(queue))
    assert sorted(done) == [*2 * ["a" * 16], "b" * 16]
    assert most <= 2  # two workers, one each


def test_a_job_that_fails_is_done_again_later(queue: SharedQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(work: Work, subject: str) -> None:
        raise ClausewatchError("no luck")

    with doing(monkeypatch, fail), queue.working():
        queue.put([SETTLE], stop=NEVER)
        wait_until(lambda: rows(queue, "SELECT 1 FROM procrastinate_jobs WHERE args->>'attempt' = '1'"))
    ((seconds,),) = rows(queue, "SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs")
    assert 0 < float(str(seconds)) <= 30


@pytest.mark.parametrize(
    ("job", "longest"), [(Job("crawl", "3/4"), 300), (backfill_job("x", from_at=None, to_at=None, every="day"), 3600)]
)
def test_what_the_leader_finds_by_itself_waits_for_minutes_however_often_it_failed(
    queue: SharedQueue, job: Job, longest: int
) -> None:
    for attempt in (1, 50):
        queue.put_again(job, attempt=attempt)
        ((seconds,),) = rows(queue, "SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs")
        expected = 30 if attempt == 1 else longest
        assert expected - 20 < float(str(seconds)) <= expected
        rows(queue, "DELETE FROM procrastinate_jobs RETURNING id")


def test_what_a_worker_had_begun_that_is_not_heard_of_is_done_again(
    queue: SharedQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.put([SETTLE, Job("deliver")], stop=NEVER)
    with connected(queue.conninfo) as connection:  # as a worker does that is killed then
        connection.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')")
        connection.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = 1 WHERE task_name = 'settle'")
    queue.put([SETTLE], stop=NEVER)  # more came for the same document meanwhile
    queue.rescue()
    assert [row for row in waiting(queue) if row[0] == "settle"] == [("settle", SETTLE.subject, "todo")]


def test_a_worker_whose_database_comes_back_goes_on(queue: SharedQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    queue.prepare()
    with doing(monkeypatch, lambda work, subject: done.set()), queue.working():
        wait_until(lambda: len(rows(queue, "SELECT 1 FROM procrastinate_workers")) == len(Channel))
        with psycopg.connect(queue.conninfo, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        queue.put([SETTLE], stop=NEVER)
        assert done.wait(30)


def test_a_worker_whose_clock_is_wrong_takes_no_job_until_it_is_set(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ahead, done = timedelta(days=-1), threading.Event()

    @contextmanager
    def opened() -> Iterator[Archive]:
        with open_archive(settings) as archive:
            archive.clock = SharedClock(archive.engine, own=lambda: utc_now() + ahead)
            archive.clock.set()
            yield archive

    queue = SharedQueue(settings, opened, beat_seconds=0.2, lost_seconds=1.0)
    queue.put([SETTLE], stop=NEVER)
    with doing(monkeypatch, lambda work, subject: done.set()), queue.working():
        wait_until(lambda: "the worker waits: the clock of this machine is 1 day behind the database's" in caplog.text)
        time.sleep(queue.beat_seconds * 2)
        assert not done.is_set()
        assert caplog.text.count("the worker waits") == 1
        ahead = timedelta()
        assert done.wait(30)
        ahead = timedelta(hours=3)  # somebody sets it again
        wait_until(lambda: "3 hours ahead of" in caplog.text)


@pytest.mark.parametrize(("seldom_seconds", "told"), [(600.0, (2, 2)), (0.0, (2, 5))], ids=["at first", "later"])
def test_what_nobody_foresaw_is_told_once_and_then_seldom(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    seldom_seconds: float, told: tuple[int, int],
) -> None:  # fmt: skip
    monkeypatch.setattr(queue_workers, "SELDOM_SECONDS", seldom_seconds)
    bugs, fixed = iter(["one bug", "another bug", "one bug", "one bug", "another bug"]), threading.Event()

    @contextmanager
    def opened() -> Iterator[Archive]:
        if bug := next(bugs, None):
            raise RuntimeError(bug)
        with open_archive(settings) as archive:
            fixed.set()
            yield archive

    with SharedQueue(settings, opened, beat_seconds=0.05, lost_seconds=1.0).working():
        assert fixed.wait(30)
    lines = [record for record in caplog.records if record.getMessage().startswith("the worker waits")]
    assert (sum(record.exc_info is not None for record in lines), len(lines)) == told


def test_a_host_has_one_lane_and_what_is_to_do_is_found_by_lanes(settings: Settings) -> None:
    with open_archive(settings) as archive:
        vendors = [watched(archive, host) for host in ("a.example", "b.example", "c.example", "c.example:81")]
        jobs = jobs_to_do(archive, "crawl", now=datetime.now(UTC), lanes=8)
        lanes = [lane_of(each.url or "", 8) for each in vendors]
    assert {job.subject for job in jobs} == {f"{lane}/8" for lane in lanes}
    assert lanes[2] == lanes[3]


def test_there_are_more_lanes_where_there_are_more_workers(queue: SharedQueue) -> None:
    few = queue.lanes
    with connected(queue.conninfo) as connection:
        connection.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) SELECT now() FROM generate_series(1, 20)"
        )
        connection.execute("INSERT INTO procrastinate_workers (last_heartbeat) SELECT now() - interval '1 day'")
    assert (few, queue.lanes) == (4, 16)


def watched(archive: Archive, host: str) -> Document:
    from clausewatch.jobs.watching import add_address

    long_ago = datetime.now(UTC) - timedelta(days=1)
    return add_address(archive, f"https://{host}/privacy", vendor=host, type="Privacy Policy", now=long_ago)


def test_what_is_rebuilt_comes_after_what_is_new(settings: Settings, queue: SharedQueue) -> None:
    from archive.documents import mark_rebuilding

    with open_archive(settings) as archive:
        old, new = World(archive).vendor("Old Kites"), World(archive).vendor("New Kites")
        for vendor in (old, new):
            vendor.publishes(policy(), at=day(0))
        with archive.write() as connection:
            mark_rebuilding(connection, old.document.id)
        jobs: Sequence[Job] = [
            *jobs_to_do(archive, "rebuild", now=day(1)), *jobs_to_do(archive, "settle", now=day(1))
        ]  # fmt: skip
        assert jobs == [Job("rebuild", old.document.id), Job("settle", new.document.id)]
        queue.put(jobs, stop=NEVER)
        first = rows(queue, "SELECT task_name FROM procrastinate_jobs ORDER BY priority DESC LIMIT 1")
        assert first == [("settle",)]
        with queue.working():
            wait_until(lambda: not waiting(queue))
        assert (len(old.versions), len(new.versions)) == (1, 1)


def test_a_backfill_says_all_that_it_is_to_do() -> None:
    job = backfill_job("kites", from_at=day(0), to_at=None, every="month")
    assert job == Job(
        "backfill", '{"every": "month", "from": "2025-01-01T12:00:00+00:00", "name": "kites", "to": null}'
    )


def test_a_database_that_takes_no_job_is_told_as_such(queue: SharedQueue) -> None:
    queue.prepare()
    with connected(queue.conninfo) as connection:
        connection.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        connection.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION fail()"
        )
    with pytest.raises(ArchiveError, match="the queue of jobs: could not extend file"):
        queue.put([SETTLE], stop=NEVER)
    with pytest.raises(ArchiveError, match="the queue of jobs: could not extend file"):
        queue.put_again(SETTLE, attempt=1)


def test_while_a_process_stands_by_it_puts_on_one_connection(queue: SharedQueue, settings: Settings) -> None:
    queue.prepare()
    backends = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with queue.standing_by():
        for number in range(3):
            queue.put([Job("settle", f"{number:016x}")], stop=NEVER)
        assert rows(queue, backends) == [(1,)]
        postgres.cut_off(settings.database_url)
        with suppress(ArchiveError):  # told where it broke just now
            queue.put([Job("settle", "a" * 16)], stop=NEVER)
        queue.put([Job("settle", "a" * 16)], stop=NEVER)
    assert len(waiting(queue)) == 4
    wait_until(lambda: rows(queue, backends) == [(0,)])
