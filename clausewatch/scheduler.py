"""Which kind of jobs is looked for when, in the one process that leads. Due times stand in the archive, not here.

Jobs are missed, doubled or early by no clock that is set: what is due is looked up, and the leader measures by a clock
that nobody sets. What is found goes to a queue: done in this process, or by workers that share a PostgreSQL.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clausewatch.clock import steady_seconds, utc_now
from clausewatch.errors import ArchiveError, ClausewatchError
from clausewatch.settings import Settings

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

    from archive import Archive
    from clausewatch.jobs.leadership import Leadership
    from clausewatch.jobs.queues import JobQueue

log = logging.getLogger(__name__)

CATCH_UP = timedelta(hours=2)
"""Within that time after somebody began to lead, all that was due before is looked at."""
BUSY_SECONDS = 3.0
"""How long the leader waits for a database that is busy before it says so and goes on."""
_WATCH_SECONDS = 1.0
_LATEST = 1.5  # intervals; a job that is due later waits for a clock that was set back


Look = Callable[[threading.Event], None]
"""Looks for what is to do, for as long as the event is not set."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often the leader looks for what is to do of each kind, in seconds; documents have intervals of their own."""

    crawl: float = 300
    settle: float = 300
    rebuild: float = 300
    deliver: float = 60
    wayback: float = 900
    neglect: float = 3 * 3600
    sign: float = 3600
    rescue: float = 10  # jobs of workers that are not heard of
    beat: float = 5
    lease: float = 20  # a leader that is not heard of for so long is replaced


@contextmanager
def running_scheduler(settings: Settings, *, rhythm: Rhythm | None = None) -> Iterator[None]:
    """Lead, or stand by to, and do jobs, until the block ends: what is due is looked at, and what is owed delivered.

    On SQLite whoever leads does all of it; on PostgreSQL every such process has its share. A failed job is logged; the
    next one comes. One under way at the end stops within seconds: what it had not come to stays due.
    """
    rhythm = rhythm or Rhythm()
    leadership = _leadership(settings, rhythm)
    queue = open_queue(settings, rhythm)
    scheduler = _scheduler_of(settings, queue, leadership, rhythm)
    stop = threading.Event()
    beating = [
        threading.Thread(target=run, args=args, kwargs={"seconds": rhythm.beat}, name="leadership")
        for run, args in ((_beat, (scheduler, leadership, stop)), (_watch, (leadership, stop)))
    ]
    with queue.standing_by():
        scheduler.start()
        for thread in beating:
            thread.start()
        try:
            with queue.working():
                yield
        finally:
            stop.set()
            for thread in beating:
                thread.join()
            leadership.step_down()
            scheduler.shutdown(wait=True)
            leadership.resign()


def open_queue(settings: Settings, rhythm: Rhythm | None = None) -> JobQueue:
    """The queue of the installation: shared by workers on PostgreSQL with the packages for it, else of this process."""
    from clausewatch.jobs.queues import InProcess, is_shareable

    rhythm = rhythm or Rhythm()
    if not is_shareable(settings):
        return InProcess(settings, lambda: open_present(settings))
    from clausewatch.jobs.shared_queue import SharedQueue

    return SharedQueue(settings, lambda: open_present(settings), beat_seconds=rhythm.beat, lost_seconds=rhythm.lease)


def _scheduler_of(
    settings: Settings, queue: JobQueue, leadership: Leadership, rhythm: Rhythm
) -> BackgroundScheduler:  # fmt: skip
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    from clausewatch.jobs.kinds import KINDS

    found = [name for name, kind in KINDS.items() if kind.find]
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(len(found) + 1)},  # a site that stalls a crawl holds no mail up
        # what was missed is made up once, however late: what is due stands in the archive
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    looks: dict[str, Look] = {name: _look_for(name, settings, queue) for name in found}
    looks["rescue"] = lambda term: queue.rescue()
    for name, look in looks.items():
        run = _surviving(name, look, leadership)
        scheduler.add_job(run, "interval", seconds=getattr(rhythm, name), next_run_time=None, id=name)
    return scheduler


def _look_for(kind: str, settings: Settings, queue: JobQueue) -> Look:
    """Finds what is to do of that kind, and has it done."""

    def look(term: threading.Event) -> None:
        from clausewatch.jobs.kinds import jobs_to_do

        with open_present(settings) as archive:
            jobs = jobs_to_do(archive, kind, now=archive.clock.now(), lanes=queue.lanes)
        queue.put(jobs, stop=term)

    return look


def _leadership(settings: Settings, rhythm: Rhythm) -> Leadership:
    from clausewatch.jobs.claims import holder_of_this_process
    from clausewatch.jobs.leadership import Leadership

    return Leadership(
        lambda: open_present(settings, busy_seconds=BUSY_SECONDS),
        holder=holder_of_this_process(),
        now=lambda archive: archive.clock.now(),
        steady=steady_seconds,
        lease_seconds=rhythm.lease,
        margin_seconds=rhythm.beat,
    )


def _beat(scheduler: BackgroundScheduler, leadership: Leadership, stop: threading.Event, *, seconds: float) -> None:
    """Lead or wait; where the leadership comes all jobs run at once, where it goes they rest."""
    led = False
    while not stop.is_set():
        try:
            leads = leadership.beat()
        except Exception:  # without this loop nobody would ever lead again
            log.exception("the schedule waits")
            leads = leadership.term is not None
        for job in scheduler.get_jobs():
            if not leads:
                job.pause()
            elif not led:
                wait = CATCH_UP if job.id == "neglect" else timedelta()
                job.modify(next_run_time=utc_now() + wait)
            else:
                bring_forward(job)
        led = leads
        stop.wait(seconds)


def _watch(leadership: Leadership, stop: threading.Event, *, seconds: float) -> None:
    """End a term that is over, whatever the beat waits for: where a network is cut, nothing says so for long."""
    while not stop.wait(min(seconds, _WATCH_SECONDS)):
        leadership.expire()


def bring_forward(job: Any) -> None:
    """Run the job now if the clock was set back since its next run was set, so that it waits for the old time."""
    now = utc_now()
    if job.next_run_time is not None and job.next_run_time > now + job.trigger.interval * _LATEST:
        job.modify(next_run_time=now)


@contextmanager
def open_present(settings: Settings, *, busy_seconds: float | None = None) -> Iterator[Archive]:
    """The archive, where there is one. Raises ArchiveError.

    A database whose file is gone, its disk not mounted perhaps, is not made anew: it would look as if nothing was ever
    watched, and be in the way of the old one.
    """
    from sqlalchemy.engine import make_url

    from archive import open_archive
    from archive.database import BUSY_SECONDS as PATIENT_SECONDS

    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        raise ArchiveError(f"{url.database}: is gone; put it back, what is due waits")
    with open_archive(settings, busy_seconds=busy_seconds or PATIENT_SECONDS) as archive:
        yield archive


def _surviving(name: str, look: Look, leadership: Leadership) -> Callable[[], None]:
    def run() -> None:
        term = leadership.term
        if term is None or term.is_set():
            return
        try:
            look(term)
        except ClausewatchError as error:
            log.error("%s: %s", name, error)
        except Exception:  # the scheduler must survive a bug in one run: the next one may do better
            log.exception("%s failed", name)

    return run
