"""Which job runs when, in the one process that leads. Due times stand in the archive, not here.

Jobs are missed, doubled or early by no clock that is set: what is due is looked up, and the leader measures by a clock
that nobody sets.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clausewatch.errors import ArchiveError, ClausewatchError
from clausewatch.settings import Settings

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

    from archive import Archive
    from clausewatch.jobs.leadership import Leadership

log = logging.getLogger(__name__)

CATCH_UP = timedelta(hours=2)
"""Within that time after it began to lead, a process looks at all that was due before."""
BUSY_SECONDS = 3.0
"""How long the leader waits for a database that is busy before it says so and goes on."""
_LATEST = 1.5  # intervals; a job that is due later waits for a clock that was set back

Job = Callable[[Settings, threading.Event], None]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often each job looks for what is due, in seconds; each document has an interval of its own."""

    crawl: float = 300
    deliver: float = 60
    wayback: float = 900
    neglect: float = 3 * 3600
    sign: float = 3600
    beat: float = 5
    lease: float = 20  # a leader that is not heard of for so long is replaced


@contextmanager
def running_scheduler(settings: Settings, *, rhythm: Rhythm | None = None) -> Iterator[None]:
    """Crawl what is due and deliver what is owed, until the block ends, if no other process on the database does so.

    A failed run is logged; the next one comes. A run under way at the end stops within seconds: what it had not come
    to stays due.
    """
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    rhythm = rhythm or Rhythm()
    leadership = _leadership(settings, rhythm)
    jobs = (
        (crawl_due, rhythm.crawl), (deliver_due, rhythm.deliver), (ask_archives, rhythm.wayback),
        (tell_of_neglect, rhythm.neglect), (sign_the_day, rhythm.sign),
    )  # fmt: skip
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(len(jobs))},  # a site that stalls a crawl for hours holds no mail up
        # what was missed is made up once, however late: what is due stands in the archive
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job, seconds in jobs:
        run = _surviving(job, leadership)
        scheduler.add_job(run, "interval", args=[settings], seconds=seconds, next_run_time=None, id=job.__name__)
    stop = threading.Event()
    beats = threading.Thread(
        target=_beat, args=(scheduler, leadership, stop), kwargs={"seconds": rhythm.beat}, name="leadership"
    )
    scheduler.start()
    beats.start()
    try:
        yield
    finally:
        stop.set()
        beats.join()
        leadership.step_down()
        scheduler.shutdown(wait=True)
        leadership.resign()


def _leadership(settings: Settings, rhythm: Rhythm) -> Leadership:
    from clausewatch.jobs.claims import holder_of_this_process
    from clausewatch.jobs.leadership import Leadership

    return Leadership(
        lambda: open_present(settings, busy_seconds=BUSY_SECONDS),
        holder=holder_of_this_process(),
        now=lambda: datetime.now(UTC),
        monotonic=_seconds,
        lease_seconds=rhythm.lease,
        margin_seconds=rhythm.beat,
    )


def _seconds() -> float:
    """A clock that nobody sets; on Linux it goes on while the machine sleeps, as the other machines' clocks do."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


def _beat(scheduler: BackgroundScheduler, leadership: Leadership, stop: threading.Event, *, seconds: float) -> None:
    """Lead or wait; where the leadership comes all jobs run at once, where it goes they rest."""
    led = False
    while not stop.is_set():
        try:
            leads = leadership.beat()
        except Exception:  # without this loop nobody would ever lead again
            log.exception("the schedule waits")
            leads = leadership.term is not None
        if leads != led:
            log.info("%s the schedule", "leads" if leads else "does not lead")
        for job in scheduler.get_jobs():
            if not leads:
                job.pause()
            elif not led:
                wait = CATCH_UP if job.id == tell_of_neglect.__name__ else timedelta()
                job.modify(next_run_time=datetime.now(UTC) + wait)
            else:
                bring_forward(job)
        led = leads
        stop.wait(seconds)


def bring_forward(job: Any) -> None:
    """Run the job now if the clock was set back since its next run was set, so that it waits for the old time."""
    now = datetime.now(UTC)
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


def crawl_due(settings: Settings, stop: threading.Event) -> None:
    """Look at what is due, and settle it."""
    from clausewatch.jobs.capture import crawl_documents

    with open_present(settings) as archive:
        crawl_documents(
            archive,
            None,
            is_due_only=True,
            settings=settings,
            now=lambda: datetime.now(UTC),
            on_progress=log.info,
            stop=stop,
        )
        settle_arrived(archive, stop)


def ask_archives(settings: Settings, stop: threading.Event) -> None:
    """Ask the Wayback Machine for what it holds of the documents whose turn it is, and settle it."""
    from clausewatch.jobs.wayback_pass import ask_due

    with open_present(settings) as archive:
        ask_due(archive, settings=settings, now=lambda: datetime.now(UTC), on_progress=log.info, stop=stop)
        settle_arrived(archive, stop)


def settle_arrived(archive: Archive, stop: threading.Event) -> None:
    """Settle what is unsettled. A document that cannot be is logged and waits; it does not hold up the others."""
    from archive.documents import unsettled_documents
    from clausewatch.jobs.settle import settle
    from notifier.outbox import Queue

    with archive.read() as connection:
        waiting = unsettled_documents(connection)
    queue = Queue()
    for document in waiting:
        if stop.is_set():
            return
        try:
            settle(archive, document, now=datetime.now(UTC), queue=queue)
        except ClausewatchError as error:
            log.error("%s: %s", document.name, error)
        except Exception:  # a page that trips a bug would keep every document after it from being settled, for ever
            log.exception("%s: cannot be settled", document.name)


def deliver_due(settings: Settings, stop: threading.Event) -> None:
    """Send what is due from the outbox, and tell the operator of what stopped being seen."""
    from clausewatch.jobs.alarms import alarm_operator
    from clausewatch.jobs.claims import holder_of_this_process
    from notifier.mailer import open_mailer
    from notifier.outbox import deliver

    with open_present(settings) as archive, open_mailer(settings) as mailer:
        report = deliver(
            archive, mailer, settings=settings, now=datetime.now(UTC), sender=holder_of_this_process(), stop=stop
        )
        if not stop.is_set() and not report.stopped:
            alarm_operator(archive, mailer, settings=settings, now=datetime.now(UTC))
    for problem in report.problems:
        log.error("deliver_due: %s", problem)


def tell_of_neglect(settings: Settings, stop: threading.Event) -> None:
    """Tell the operator of what is not looked at though nothing failed, once the crawl had time to catch up."""
    from clausewatch.jobs.alarms import alarm_operator
    from notifier.mailer import open_mailer

    if stop.is_set():
        return
    with open_present(settings) as archive, open_mailer(settings) as mailer:
        alarm_operator(archive, mailer, settings=settings, now=datetime.now(UTC), is_caught_up=True)


def sign_the_day(settings: Settings, stop: threading.Event) -> None:
    """Sign the day's head once it has none, and erase what came again of what was taken down."""
    from clausewatch.jobs.heads import head_of_the_day, signing_key
    from clausewatch.jobs.takedown import erase_bodies

    if stop.is_set():
        return
    with open_present(settings) as archive:
        erase_bodies(archive)
        head_of_the_day(archive, signing_key(settings), now=datetime.now(UTC))


def _surviving(job: Job, leadership: Leadership) -> Callable[[Settings], None]:
    def run(settings: Settings) -> None:
        term = leadership.term
        if term is None or term.is_set():
            return
        try:
            job(settings, term)
        except ClausewatchError as error:
            log.error("%s: %s", job.__name__, error)
        except Exception:  # the scheduler must survive a bug in one run: the next document may do better
            log.exception("%s failed", job.__name__)

    return run
