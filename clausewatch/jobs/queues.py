"""Where jobs go: done here at once, where one process does everything; or left to workers that share a PostgreSQL."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from typing import Protocol

from archive import Archive
from clausewatch.errors import ClausewatchError
from clausewatch.jobs.kinds import KINDS, Job, Work
from clausewatch.jobs.standby import StandsBy
from clausewatch.logs import about, timed
from clausewatch.settings import Settings

log = logging.getLogger(__name__)


class JobQueue(Protocol):
    """Takes jobs, and has them done at least once, whatever is killed; two with one lock never at the same time."""

    @property
    def lanes(self) -> int:
        """How many crawls the hosts are shared among."""
        ...

    def put(self, jobs: Sequence[Job], *, stop: threading.Event) -> None:
        """Have the jobs done. One that waits already is not put twice."""
        ...

    def rescue(self) -> None:
        """Have done again what workers had begun that ended or are not heard of."""
        ...

    def standing_by(self) -> AbstractContextManager[None]:
        """While the block lasts no job that is done here waits for processes to start; it ends after the last."""
        ...

    def working(self) -> AbstractContextManager[None]:
        """While the block lasts this process does jobs of the queue too."""
        ...


def is_shareable(settings: Settings) -> bool:
    """Whether workers can share the jobs: the database is a PostgreSQL, and the packages for it are there."""
    from sqlalchemy.engine import make_url

    is_postgresql = make_url(settings.database).get_backend_name() == "postgresql"
    return is_postgresql and find_spec("procrastinate") is not None and find_spec("psycopg_pool") is not None


class InProcess(StandsBy):
    """Does each job at once, in the thread that puts it. What a kill leaves is found again in the archive."""

    lanes = 1

    def __init__(self, settings: Settings, open_archive: Callable[[], AbstractContextManager[Archive]]) -> None:
        self._settings, self._open_archive = settings, open_archive
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def put(self, jobs: Sequence[Job], *, stop: threading.Event) -> None:
        """As above. Raises ArchiveError where there is no archive; what a job raises is logged."""
        if not jobs:
            return
        with self._open_archive() as archive:
            work = Work(archive, self._settings, stop, put=lambda more: self._do_all(more, work), standby=self.standby)
            self._do_all(jobs, work)

    def _do_all(self, jobs: Sequence[Job], work: Work) -> None:
        for job in jobs:
            if work.stop.is_set():
                return
            with self._locks[KINDS[job.kind].lock]:
                do_surviving(job, work)

    def rescue(self) -> None:
        """Nothing is begun by others."""

    @contextmanager
    def working(self) -> Iterator[None]:
        yield


def do_surviving(job: Job, work: Work) -> bool:
    """Do the job; False where it failed, which is logged: the ones after it may do better."""
    with about(job=job.name):
        try:
            with timed(log, "done"):
                KINDS[job.kind].do(work, job.subject)
        except ClausewatchError as error:
            log.error("%s: %s", job.name, error)
            return False
        except Exception:  # a bug that one job trips would keep every job after it from being done, for ever
            log.exception("%s failed", job.name)
            return False
    return True
