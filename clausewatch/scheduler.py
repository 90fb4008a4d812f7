"""Which job runs when, in the process that serves the pages. Due times stand in the archive, not here."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from clausewatch.errors import ClausewatchError
from clausewatch.settings import Settings

log = logging.getLogger(__name__)

CRAWL_EVERY_MINUTES = 5  # how often due documents are looked for; each has an interval of its own
DELIVER_EVERY_MINUTES = 1
LATE_SECONDS = 3600  # a run missed by less is made up once


@contextmanager
def running_scheduler(settings: Settings) -> Iterator[None]:
    """Crawl what is due and deliver what is owed, until the block ends. A failed run is logged; the next one comes."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(1)},  # one at a time: the crawl writes, the delivery reads after it
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": LATE_SECONDS},
    )
    start_at = datetime.now(UTC)
    for job, minutes in ((crawl_due, CRAWL_EVERY_MINUTES), (deliver_due, DELIVER_EVERY_MINUTES)):
        scheduler.add_job(_surviving(job), "interval", args=[settings], minutes=minutes, next_run_time=start_at)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=True)


def crawl_due(settings: Settings) -> None:
    """Look at what is due, and settle it."""
    from archive import open_archive
    from clausewatch.jobs.capture import crawl_documents
    from clausewatch.jobs.settle import settle_all

    with open_archive(settings) as archive:
        crawl_documents(
            archive, None, is_due_only=True, settings=settings, now=lambda: datetime.now(UTC), on_progress=log.info
        )
        settle_all(archive, now=datetime.now(UTC), on_progress=log.info)


def deliver_due(settings: Settings) -> None:
    """Send what is due from the outbox."""
    from archive import open_archive
    from notifier.mailer import open_mailer
    from notifier.outbox import deliver

    with open_archive(settings) as archive, open_mailer(settings) as mailer:
        deliver(archive, mailer, settings=settings, now=datetime.now(UTC), sender=f"scheduler-{os.getpid()}")


def _surviving(job: Callable[[Settings], None]) -> Callable[[Settings], None]:
    def run(settings: Settings) -> None:
        try:
            job(settings)
        except ClausewatchError as error:
            log.error("%s: %s", job.__name__, error)
        except Exception:  # the scheduler must survive a bug in one run: the next document may do better
            log.exception("%s failed", job.__name__)

    return run
