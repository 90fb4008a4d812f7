"""How the rate from the crawl to the comparison grows with workers, on pages that take 300 ms to answer.

Each worker has one processor, as a machine of its own: measured with one and with two, and simulated with up to
sixteen by a model whose first two points must agree with those. The database is a PostgreSQL that is started for it.
Takes about two minutes on two processors that have nothing else to do; with others at work its figures mean nothing.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import Archive, open_archive
from archive.documents import add_document, add_vendor
from archive.snapshots import Capture, record_snapshot
from benchmarks.worker_model import Load, lanes_of, simulate
from clausewatch.jobs.kinds import Channel
from clausewatch.model import Source
from clausewatch.settings import Settings
from tests.support import postgres
from tests.support.hosts import Hosts
from tests.support.scenario import policy
from tests.support.working import settings_of, start

HOSTS, PAGES = 60, 16
DOCUMENTS = HOSTS * PAGES
WRITE_SECONDS = 0.002
"""Of each document, for which nobody else writes: the end of settling, from the row that all count on to the commit.
Estimated: no run of one or two workers shows it."""
ANSWER_SECONDS = 0.3
LONGEST_SECONDS = 400
FILLER = " ".join(f"We explain point {number} of our policy to you." for number in range(200))
SIMULATED = (1, 2, 4, 8, 16)


def run() -> dict[str, float] | None:
    """Documents a second from the first job to the last comparison, and the model's. None with one processor alone."""
    if len(os.sched_getaffinity(0)) < 2:
        return None
    one, two = _measure(1), _measure(2)
    load = Load(
        hosts=HOSTS, pages=PAGES, answer_seconds=ANSWER_SECONDS,
        lane_cpu_seconds=one.crawls_cpu_seconds / lanes_of(1), text_cpu_seconds=one.texts_cpu_seconds / DOCUMENTS,
        write_seconds=WRITE_SECONDS,
    )  # fmt: skip
    large = load.grown(max(SIMULATED))
    alone = simulate(large, workers=1)
    return {
        "documents": DOCUMENTS,
        "one_worker_a_second": DOCUMENTS / one.seconds,
        "two_workers_a_second": DOCUMENTS / two.seconds,
        "two_against_one": one.seconds / two.seconds,
        "crawl_cpu_seconds": load.lane_cpu_seconds,
        "text_cpu_ms": 1000 * load.text_cpu_seconds,
        "model_one_of_measured": simulate(load, workers=1) / one.seconds,
        "model_two_of_measured": simulate(load, workers=2) / two.seconds,
        **{f"model_{workers}_against_one": alone / simulate(large, workers=workers) for workers in SIMULATED},
    }


def page(address: str, months: int = 24) -> bytes:
    return policy(months=months, nonce=address, extra=FILLER).encode()


@dataclass(frozen=True, slots=True)
class Measured:
    """One run, from when all documents are due to when the last is compared."""

    seconds: float
    crawls_cpu_seconds: float  # of the processes that crawl, over all workers
    texts_cpu_seconds: float  # of the workers themselves, and of those that read and compare for them


def _measure(workers: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder, Hosts(HOSTS, page, delay_seconds=ANSWER_SECONDS) as hosts:
        home = Path(folder)
        settings = settings_of(home, postgres.database_of(home), hosts.names)
        with open_archive(settings) as archive:
            _watch(archive, hosts.names)
            with _pinned(settings, workers) as processes:
                return _compared(archive, processes)


def _watch(archive: Archive, hosts: tuple[str, ...]) -> None:
    """So many documents on each host, each with a page of before, which the workers settle first; not due yet."""
    before, later = datetime.now(UTC) - timedelta(days=9), datetime.now(UTC) + timedelta(days=9)
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
    started = [start(settings) for _ in range(count)]
    try:
        for process, processor in zip(started, sorted(os.sched_getaffinity(0)), strict=False):
            os.sched_setaffinity(process.pid, {processor})
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()


def _compared(archive: Archive, workers: Sequence[subprocess.Popen[bytes]]) -> Measured:
    channels = len(Channel) * len(workers)
    _wait_until(lambda: _count(archive, "clausewatch_queue.procrastinate_workers") == channels)
    _wait_until(lambda: _count(archive, "documents WHERE is_unsettled") == 0)
    before = [_cpu_seconds(worker.pid) for worker in workers]
    with archive.write() as connection:
        connection.exec_driver_sql("UPDATE documents SET due_at = (SELECT min(captured_at) FROM snapshots)")
    started = time.perf_counter()
    _wait_until(lambda: _count(archive, "comparisons") == DOCUMENTS)
    seconds = time.perf_counter() - started
    after = [_cpu_seconds(worker.pid) for worker in workers]
    texts, crawls = (
        sum(then[part] - now[part] for now, then in zip(before, after, strict=True)) for part in ("texts", "crawls")
    )
    return Measured(seconds, crawls_cpu_seconds=crawls, texts_cpu_seconds=texts)


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
        if connection.exec_driver_sql(f"SELECT to_regclass('{table}')").scalar_one() is None:
            return 0
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.perf_counter() + LONGEST_SECONDS
    while not holds():
        if time.perf_counter() > end:
            raise RuntimeError(f"the workers did not end within {LONGEST_SECONDS} seconds")
        time.sleep(0.1)
