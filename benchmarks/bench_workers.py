"""How the rate from the crawl to the comparison grows with workers, on pages that take 300 ms to answer.

Measured with one worker and with two, in two ways. *Shared*: each worker is bound to a processor of this machine, and
the database and the sites take their time from the same two, so that two workers have less each than one alone. *Own*:
as with a machine for each, every worker gets a part of a processor that slows it alike, beside one or two, and what is
left is enough for the database and the sites; only where control groups can be made, as root. A model whose points must
agree with all four says what sixteen workers do, beside a database of their own. The database is a PostgreSQL that is
started for it. Takes about six minutes on two processors that have nothing else to do; with others at work its figures
mean nothing.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import Archive, open_archive
from archive.documents import add_document, add_vendor
from archive.snapshots import Capture, record_snapshot
from benchmarks.slow_processors import Group, group
from benchmarks.worker_model import Cost, Load, Machines, simulate
from clausewatch.jobs.kinds import Channel
from clausewatch.model import Source
from clausewatch.scheduler import Rhythm
from clausewatch.settings import Settings
from tests.support import postgres
from tests.support.hosts import Hosts
from tests.support.scenario import policy
from tests.support.working import settings_of, start

HOSTS, PAGES = 60, 16
DOCUMENTS = HOSTS * PAGES
WRITE_SECONDS = 0.0021
"""Of each document, for which nobody else counts in the same row: the end of settling, from that row to the commit. No
run of two workers shows it; measured alone, with a disk that confirms (`fsync`), not asked for here."""
ANSWER_SECONDS = 0.3
LONGEST_SECONDS = 400
RHYTHM = Rhythm(crawl=5)
"""As shipped, but that what is due is looked for every five seconds: the measurement would wait for five minutes."""
OWN_SHARE = 0.4
"""Of a processor, for each worker on a machine of its own: two leave more than the database and the sites take."""
DATABASE_PROCESSORS = 8
"""Of the machine for the database that sixteen workers are simulated with; see docs/scale.md."""
FILLER = " ".join(f"We explain point {number} of our policy to you." for number in range(200))
SIMULATED = (1, 2, 4, 8, 16)


def run() -> dict[str, float] | None:
    """Documents a second from the first job to the last comparison, and the model's. None with one processor alone."""
    if len(os.sched_getaffinity(0)) < 2:
        return None
    one, two = _measure(1), _measure(2)
    load = _load_of(one)
    return {
        "documents": DOCUMENTS,
        **_compared_with(load, [one, two], "shared", Machines(database_processors=2, is_shared=True)),
        **_own(),
        "crawl_cpu_ms": 1000 * load.page_cpu_seconds,
        "recording_cpu_ms": 1000 * load.recording.worker_seconds,
        "recording_database_ms": 1000 * load.recording.database_seconds,
        "settling_cpu_ms": 1000 * load.settling.worker_seconds,
        "settling_database_ms": 1000 * load.settling.database_seconds,
        "workers_a_database_processor": load.workers_a_database_processor(),
        **_simulated(load.grown(max(SIMULATED))),
    }


def _own() -> dict[str, float]:
    """With machines of their own; nothing where they cannot be had."""
    with group() as one_can:
        if one_can is None:
            return {}
    one, two = _measure(1, share=OWN_SHARE), _measure(2, share=OWN_SHARE)
    return _compared_with(_load_of(one), [one, two], "own", Machines(OWN_SHARE, database_processors=2 - 2 * OWN_SHARE))


def _load_of(one: Measured) -> Load:
    settling = Cost(one.after.texts / one.settled_after, one.after.database / one.settled_after)
    recording = Cost(
        max(one.spent.texts / DOCUMENTS - settling.worker_seconds, 0.0),
        max(one.spent.database / DOCUMENTS - settling.database_seconds, 0.0),
    )
    return Load(
        hosts=HOSTS, pages=PAGES, answer_seconds=ANSWER_SECONDS, page_cpu_seconds=one.spent.crawls / DOCUMENTS,
        recording=recording, settling=settling, write_seconds=WRITE_SECONDS,
    )  # fmt: skip


def _compared_with(load: Load, runs: Sequence[Measured], way: str, machines: Machines) -> dict[str, float]:
    one, two = runs
    return {
        f"{way}_one_a_second": DOCUMENTS / one.seconds,
        f"{way}_two_a_second": DOCUMENTS / two.seconds,
        f"{way}_two_against_one": one.seconds / two.seconds,
        **{
            f"{way}_model_{workers}_of_measured": simulate(load, workers=workers, machines=machines) / each.seconds
            for workers, each in zip((1, 2), runs, strict=True)
        },
    }


def _simulated(load: Load) -> dict[str, float]:
    machines = Machines(database_processors=DATABASE_PROCESSORS)
    alone = simulate(load, workers=1, machines=machines)
    return {
        f"model_{workers}_against_one": alone / simulate(load, workers=workers, machines=machines)
        for workers in SIMULATED
    }


def page(address: str, months: int = 24) -> bytes:
    return policy(months=months, nonce=address, extra=FILLER).encode()


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor seconds."""

    texts: float  # of the workers themselves
    crawls: float  # of the processes that fetch, over all workers
    database: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.texts - other.texts, self.crawls - other.crawls, self.database - other.database)


@dataclass(frozen=True, slots=True)
class Measured:
    """One run, from the first job to when the last document is compared."""

    seconds: float
    spent: Spent
    after: Spent  # of it, once all was recorded
    settled_after: int  # documents, then


def _measure(workers: int, *, share: float | None = None) -> Measured:
    """One run: on a processor each, or on a part of one."""
    with tempfile.TemporaryDirectory() as folder, Hosts(HOSTS, page, delay_seconds=ANSWER_SECONDS) as hosts:
        home = Path(folder)
        settings = settings_of(home, postgres.database_of(home), hosts.names)
        with open_archive(settings) as archive:
            _watch(archive, hosts.names)
            if share is None:
                with _pinned(settings, workers) as processes:
                    return _compared(archive, processes)
            with _slowed(settings, workers) as (processes, groups):
                return _compared(archive, processes, on_start=lambda: _slow_to(groups, share))


def _watch(archive: Archive, hosts: tuple[str, ...]) -> None:
    """So many documents on each host, each with a page of before, which the workers settle first; not due yet."""
    before, later = datetime.now(UTC) - timedelta(days=9), datetime.now(UTC) + timedelta(days=1)
    for host in hosts:
        with archive.write() as connection:
            vendor = add_vendor(connection, f"Vendor {host}")
            for number in range(PAGES):
                url = f"http://{host}/{number}/privacy"
                document = add_document(
                    connection, vendor, type=f"Policy {number}", url=url, is_watched=True, now=later
                )
                body = page(url, months=18)
                capture = Capture(
                    captured_at=before, fetched_at=before, source=Source.LIVE, url=url, size=len(body), status=200,
                    sha256=archive.blobs.write(body), content_type="text/html", is_live=True,
                )  # fmt: skip
                record_snapshot(connection, document, capture)


@contextmanager
def _pinned(settings: Settings, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many workers, each on a processor of its own."""
    started = [start(settings, rhythm=RHYTHM, is_patient=True) for _ in range(count)]
    try:
        for process, processor in zip(started, sorted(os.sched_getaffinity(0)), strict=False):
            os.sched_setaffinity(process.pid, {processor})
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()


@contextmanager
def _slowed(settings: Settings, count: int) -> Iterator[tuple[list[subprocess.Popen[bytes]], list[Group]]]:
    """So many workers, each in a group of its own that can be slowed."""
    with ExitStack() as stack:
        groups = [made for _ in range(count) if (made := stack.enter_context(group()))]
        started = [start(settings, rhythm=RHYTHM, is_patient=True) for _ in groups]
        try:
            for process, its in zip(started, groups, strict=True):
                its.add(process.pid)
            yield started, groups
        finally:
            for process in started:
                process.kill()
                process.wait()


def _slow_to(groups: Sequence[Group], share: float) -> None:
    for each in groups:
        each.slow_to(share)


def _compared(
    archive: Archive, workers: Sequence[subprocess.Popen[bytes]], *, on_start: Callable[[], None] = lambda: None
) -> Measured:
    channels = len(Channel) * len(workers)
    _wait_until(lambda: _count(archive, "clausewatch_queue.procrastinate_workers") == channels)
    _wait_until(lambda: _count(archive, "documents WHERE is_unsettled") == 0)
    on_start()
    with archive.write() as connection:
        connection.exec_driver_sql("UPDATE documents SET due_at = (SELECT min(captured_at) FROM snapshots)")
    _wait_until(lambda: _count(archive, "clausewatch_queue.procrastinate_jobs WHERE task_name = 'crawl'") > 0)
    server, started = _server_of(archive), time.perf_counter()
    before = _spent(workers, server)
    _wait_until(lambda: _count(archive, "snapshots") == 2 * DOCUMENTS)
    recorded, settled = _spent(workers, server), _count(archive, "comparisons")
    _wait_until(lambda: _count(archive, "comparisons") == DOCUMENTS)
    seconds, at_end = time.perf_counter() - started, _spent(workers, server)
    return Measured(seconds, at_end - before, at_end - recorded, max(DOCUMENTS - settled, 1))


def _spent(workers: Sequence[subprocess.Popen[bytes]], server: int) -> Spent:
    each, database = [_cpu_seconds(worker.pid) for worker in workers], _cpu_seconds(server)
    return Spent(
        sum(one["texts"] for one in each), sum(one["crawls"] for one in each), database["texts"] + database["crawls"]
    )


def _server_of(archive: Archive) -> int:
    """The process that starts those of the database."""
    with archive.read() as connection:
        backend = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    return int(_fields_of(backend)[1])


def _cpu_seconds(worker: int) -> dict[str, float]:
    """Of a worker with all that it started: what crawls, and the rest."""
    spent = {"crawls": 0.0, "texts": 0.0}
    processes = {number: fields for number in _numbers() if (fields := _fields_of(number))}
    family = {worker}
    while more := {number for number, fields in processes.items() if int(fields[1]) in family} - family:
        family |= more
    for number in family & processes.keys():
        own, ended = (sum(map(int, processes[number][at : at + 2])) / os.sysconf("SC_CLK_TCK") for at in (11, 13))
        spent["crawls" if _is_crawl(number) else "texts"] += own
        spent["crawls"] += ended  # nothing else ends while a worker is at work
    return spent


def _numbers() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _fields_of(process: int) -> list[str]:
    """Of its stat, from its state on; none where it has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _is_crawl(process: int) -> bool:
    try:
        return b"crawler." in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return True  # it ended just now


def _count(archive: Archive, table: str) -> int:
    with archive.read() as connection:
        if connection.exec_driver_sql(f"SELECT to_regclass('{table.split()[0]}')").scalar_one() is None:
            return 0
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.perf_counter() + LONGEST_SECONDS
    while not holds():
        if time.perf_counter() > end:
            raise RuntimeError(f"the workers did not end within {LONGEST_SECONDS} seconds")
        time.sleep(0.2)
