"""Which job runs when, in the process that serves the pages. Due times stand in the archive, not here."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clausewatch.errors import ClausewatchError
from clausewatch.settings import Settings

if TYPE_CHECKING:
    from archive import Archive

log = logging.getLogger(__name__)

CRAWL_EVERY_MINUTES = 5  # how often due documents are looked for; each has an interval of its own
DELIVER_EVERY_MINUTES = 1
LATE_SECONDS = 3600  # a run missed by less is made up once

Job = Callable[[Settings, threading.Event], None]


@contextmanager
def running_scheduler(settings: Settings) -> Iterator[None]:
    """Crawl what is due and deliver what is owed, until the block ends. A failed run is logged; the next one comes.

    A run under way at the end stops within seconds: what it had not come to stays due.
    """
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    jobs: tuple[tuple[Job, int], ...] = ((crawl_due, CRAWL_EVERY_MINUTES), (deliver_due, DELIVER_EVERY_MINUTES))
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(len(jobs))},  # a site that stalls a crawl for hours holds no mail up
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": LATE_SECONDS},
    )
    start_at, stop = datetime.now(UTC), threading.Event()
    for job, minutes in jobs:
        scheduler.add_job(
            _surviving(job), "interval", args=[settings, stop], minutes=minutes, next_run_time=start_at, id=job.__name__
        )
    scheduler.start()
    try:
        yield
    finally:
        stop.set()
        scheduler.shutdown(wait=True)


def crawl_due(settings: Settings, stop: threading.Event) -> None:
    """Look at what is due, and settle it."""
    from archive import open_archive
    from clausewatch.jobs.capture import crawl_documents

    with open_archive(settings) as archive:
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


def settle_arrived(archive: Archive, stop: threading.Event) -> None:
    """Settle what is unsettled. A document that cannot be is logged and waits; it does not hold up the others."""
    from archive.documents import unsettled_documents
    from clausewatch.jobs.settle import settle

    with archive.read() as connection:
        waiting = unsettled_documents(connection)
    for document in waiting:
        if stop.is_set():
            return
        try:
            settle(archive, document, now=datetime.now(UTC))
        except ClausewatchError as error:
            log.error("%s: %s", document.name, error)
        except Exception:  # a page that trips a bug would keep every document after it from being settled, for ever
            log.exception("%s: cannot be settled", document.name)


def deliver_due(settings: Settings, stop: threading.Event) -> None:
    """Send what is due from the outbox, and tell the operator of what stopped being seen."""
    from archive import open_archive
    from clausewatch.jobs.alarms import alarm_operator
    from notifier.mailer import open_mailer
    from notifier.outbox import deliver

    with open_archive(settings) as archive, open_mailer(settings) as mailer:
        report = deliver(
            archive, mailer, settings=settings, now=datetime.now(UTC), sender=f"scheduler-{os.getpid()}", stop=stop
        )
        if not stop.is_set() and not report.stopped:
            alarm_operator(archive, mailer, settings=settings, now=datetime.now(UTC))
    for problem in report.problems:
        log.error("deliver_due: %s", problem)


def _surviving(job: Job) -> Job:
    def run(settings: Settings, stop: threading.Event) -> None:
        if stop.is_set():
            return
        try:
            job(settings, stop)
        except ClausewatchError as error:
            log.error("%s: %s", job.__name__, error)
        except Exception:  # the scheduler must survive a bug in one run: the next document may do better
            log.exception("%s failed", job.__name__)

    return run
