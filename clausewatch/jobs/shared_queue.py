"""Jobs that workers on several machines share, in the PostgreSQL of the installation; Procrastinate is the engine.

What there is to do stands in the archive; the queue says who does it. All of it but backfills could be lost, and would
be found again. ``queue_workers`` does what is put here.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector, exceptions
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

from archive import Archive
from clausewatch.errors import ArchiveError
from clausewatch.jobs.kinds import KINDS, Channel, Job
from clausewatch.jobs.queue_connections import KeptConnections
from clausewatch.jobs.queue_schema import conninfo_of, prepare_queue
from clausewatch.jobs.standby import Standby, StandsBy, standing_by_to_crawl
from clausewatch.settings import Settings

log = logging.getLogger(__name__)

LANES_A_WORKER, LEAST_LANES, MOST_LANES = 2, 4, 256
"""Hosts are shared among so many crawls for each worker. Each costs the start of a process, so that fewer are cheaper;
with more, one slow host holds up fewer others."""
AGAIN_SECONDS, LONGEST_SECONDS = 30.0, 3600.0
"""A job that failed is done again after so long, then after twice as long each time, up to the longest."""
LOOKED_FOR_SECONDS = 300.0
"""The longest for what the leader finds by itself every few minutes: as long as one waits, no other is put that would
do what came since."""

_PUTTING = 0x707574  # names the lock of who puts: "put"


class SharedQueue(StandsBy):
    """The queue of an installation: jobs are put here, and done by every process that is ``working``."""

    def __init__(
        self,
        settings: Settings,
        open_archive: Callable[[], AbstractContextManager[Archive]],
        *,
        beat_seconds: float = 5.0,
        lost_seconds: float = 20.0,
    ) -> None:
        """A worker not heard of for ``lost_seconds`` is dead; it says every ``beat_seconds`` that it is not."""
        self.settings, self.open_archive = settings, open_archive
        self.beat_seconds, self.lost_seconds = beat_seconds, lost_seconds
        self.conninfo = conninfo_of(settings.database)
        self._is_prepared = False
        self._connections = KeptConnections(self.conninfo)

    @property
    def lanes(self) -> int:
        """A power of two, so that it changes seldom as workers come and go. Raises ArchiveError."""
        with self._connected() as connection:
            query = (
                "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)"
            )
            row = connection.execute(query, (self.lost_seconds,)).fetchone()
        workers = max(int(str(row[0])) // len(Channel), 1) if row else 1
        wanted = max(LANES_A_WORKER * workers, LEAST_LANES)
        return min(1 << (wanted - 1).bit_length(), MOST_LANES)

    def put(self, jobs: Sequence[Job], *, stop: threading.Event) -> None:
        """Leave the jobs to the workers. One that waits already is not put twice. Raises ArchiveError."""
        if jobs:
            with self._connected() as connection:
                _put_all(connection, [_queued(job) for job in jobs])

    def put_again(self, job: Job, *, attempt: int) -> None:
        """Have the job that failed done again, the later the more often it did. Raises ArchiveError."""
        with self._connected() as connection:
            _put_all(connection, [_queued(job, attempt=attempt, at=_later(connection, job.kind, attempt))])

    def rescue(self) -> None:
        """Have done again what workers had begun that ended or are not heard of. Raises ArchiveError."""
        with self._connected() as connection:
            now = _now(connection)
        try:
            asyncio.run(self._rescue(now))
        except (exceptions.ConnectorException, psycopg.Error) as error:
            raise ArchiveError(f"the queue of jobs: {error.__cause__ or error}") from error

    async def _rescue(self, now: datetime) -> None:
        app = App(connector=PsycopgConnector(conninfo=self.conninfo, min_size=1, max_size=1))
        async with app.open_async():
            manager = app.job_manager
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self.lost_seconds):
                log.warning("%s: its worker ended or is not heard of; it is done again", _name(job))
                again_at = now + timedelta(seconds=_wait(job.task_name, job.attempts) if job.attempts else 0)
                try:
                    await manager.retry_job(job, retry_at=again_at)
                except exceptions.UniqueViolation:  # the same waits already, for this one's lock
                    await manager.finish_job(job, status=Status.FAILED, delete_job=True)
            await manager.prune_stalled_workers(self.lost_seconds)

    @contextmanager
    def working(self) -> Iterator[None]:
        """While the block lasts this process does jobs of the queue. One under way at the end stops within seconds."""
        from clausewatch.jobs.queue_workers import Workers

        workers = Workers(self)
        workers.start()
        try:
            yield
        finally:
            workers.end()

    @contextmanager
    def standing_by(self) -> Iterator[None]:
        with super().standing_by(), self._connections.kept():
            yield

    def _processes(self) -> AbstractContextManager[Standby]:
        return standing_by_to_crawl()

    def prepare(self) -> None:
        """Make the tables of the queue where there are none. Raises ArchiveError."""
        if not self._is_prepared:
            prepare_queue(self.conninfo)
            self._is_prepared = True

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        self.prepare()
        with self._connections.connected() as connection:
            yield connection


def _queued(job: Job, *, attempt: int = 0, at: datetime | None = None) -> QueuedJob:
    """As the engine takes it: of jobs with one lock one waits and one is done, at most."""
    kind = KINDS[job.kind]
    lock = f"{kind.lock} {job.subject}"
    return QueuedJob(
        queue=kind.channel.value, task_name=job.kind, priority=kind.priority, lock=lock, queueing_lock=lock,
        task_kwargs={"subject": job.subject, "attempt": attempt}, scheduled_at=at,
    )  # fmt: skip


def _put_all(connection: psycopg.Connection[tuple[object, ...]], wanted: Sequence[QueuedJob]) -> None:
    # one at a time: two that put some of the same in another order would wait for each other
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_PUTTING,))
    locks = [job.queueing_lock for job in wanted]
    query = "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = ANY(%s)"
    waiting = {row[0] for row in connection.execute(query, (locks,))}
    fresh = list({job.queueing_lock: job for job in wanted if job.queueing_lock not in waiting}.values())
    manager = JobManager(SyncPsycopgConnector())
    try:
        if fresh:
            with connection.transaction():
                manager.batch_defer_jobs(fresh, connection=connection)
    except exceptions.AlreadyEnqueued:  # one that was rescued at this moment waits again
        for job in fresh:
            _put_one(connection, manager, job)


def _put_one(connection: psycopg.Connection[tuple[object, ...]], manager: JobManager, job: QueuedJob) -> None:
    try:
        with connection.transaction():
            manager.defer_job(job, connection=connection)
    except exceptions.AlreadyEnqueued:
        return


def _now(connection: psycopg.Connection[tuple[object, ...]]) -> datetime:
    """By the clock of the database, which all workers share: that of a worker may lie."""
    row = connection.execute("SELECT now()").fetchone()
    assert row is not None
    assert isinstance(row[0], datetime)
    return row[0]


def _later(connection: psycopg.Connection[tuple[object, ...]], kind: str, attempt: int) -> datetime:
    return _now(connection) + timedelta(seconds=_wait(kind, attempt))


def _wait(kind: str, attempt: int) -> float:
    longest = LOOKED_FOR_SECONDS if KINDS[kind].find else LONGEST_SECONDS
    return min(AGAIN_SECONDS * 2.0 ** min(attempt - 1, 20), longest)


def _name(job: QueuedJob) -> str:
    return f"{job.task_name} {job.task_kwargs.get('subject', '')}".rstrip()
