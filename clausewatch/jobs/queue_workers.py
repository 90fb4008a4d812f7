"""A process at work on the shared queue: a few jobs of each channel at a time, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from procrastinate import App, RetryStrategy

from clausewatch.clock import steady_seconds
from clausewatch.errors import ArchiveError
from clausewatch.jobs.kinds import KINDS, Channel, Job, Work
from clausewatch.jobs.queue_connections import Briefly, terse_connector
from clausewatch.jobs.queue_schema import telling
from clausewatch.jobs.queues import do_surviving

if TYPE_CHECKING:
    from archive import Archive
    from clausewatch.jobs.shared_queue import SharedQueue

log = logging.getLogger(__name__)

AT_ONCE = {Channel.PAGES: 4, Channel.ARCHIVES: 1, Channel.TEXTS: 1, Channel.MAIL: 1}
"""Jobs of a channel that one process does at a time. Pages wait for sites, texts for the processor."""
POLL_SECONDS = 5.0  # how late a worker is that missed a call
AGAIN_SECONDS = 30.0
_CONNECTIONS = 2 * len(Channel) + 2
_GLANCE_SECONDS = 0.2  # how late the end is seen
SELDOM_SECONDS = 600.0  # after which it is said again what a worker waits for that nobody foresaw
_MOST_TOLD = 20
_BRIEFLY = Briefly()
_CLOCK_SECONDS = 60.0  # how late it is seen that the clock of the database was set


class Workers:
    """The workers of one process, in a thread of their own."""

    def __init__(self, queue: SharedQueue) -> None:
        self._queue = queue
        self._stop = threading.Event()
        self._told: dict[str, float] = {}  # what nobody foresaw, and when it was said last
        self._thread = threading.Thread(target=self._work, name="workers")
        for name in Briefly.LOGGERS:
            logging.getLogger(name).addFilter(_BRIEFLY)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Finish, or leave to others, what is under way."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        """Where the database goes away, or its clock is another than ours, go on as soon as all is well again."""
        said = ""
        while not self._stop.is_set():
            try:
                self._queue.prepare()
                with self._queue.open_archive() as archive:
                    archive.clock.check()
                    said = ""
                    with telling():
                        asyncio.run(self._run(archive))
            except ArchiveError as error:
                if said != str(error):  # once, not at every beat
                    log.warning("the worker waits: %s", error)
                said = str(error)
            except Exception as error:  # a worker must survive a database that restarts
                self._tell(error)
            self._stop.wait(self._queue.beat_seconds)

    def _tell(self, error: Exception) -> None:
        """What nobody foresaw: with its trace where it is new, and a line now and then while it lasts."""
        what, now = f"{type(error).__name__}: {error}".splitlines()[0], steady_seconds()
        if what not in self._told:
            log.error("the worker waits", exc_info=error)
        elif now - self._told[what] > SELDOM_SECONDS:
            log.error("the worker waits: %s", what)
        else:
            return
        if len(self._told) == _MOST_TOLD:  # each says something else: what it is about, or when
            self._told.clear()
        self._told[what] = now

    async def _run(self, archive: Archive) -> None:
        """One term: until the end, or until one of the channels lost its database; then all end, and begin afresh."""
        term = threading.Event()
        threads = ThreadPoolExecutor(sum(AT_ONCE.values()) + 1, "job")
        asyncio.get_running_loop().set_default_executor(threads)
        queue = self._queue
        app = App(connector=terse_connector(queue.conninfo, connections=_CONNECTIONS))
        work = Work(archive, queue.settings, term, put=lambda jobs: queue.put(jobs, stop=term), standby=queue.standby)
        for kind in KINDS:
            again = RetryStrategy(wait=round(AGAIN_SECONDS))  # where the database could not be told that it failed
            app.task(name=kind, queue=KINDS[kind].channel.value, retry=again)(self._task_of(kind, work))
        async with app.open_async():
            channels = [asyncio.create_task(self._serve(app, channel)) for channel in Channel]
            ending = asyncio.create_task(self._ending(archive))
            try:
                await asyncio.wait([*channels, ending], return_when=asyncio.FIRST_COMPLETED)
            finally:
                term.set()
                for task in (*channels, ending):
                    task.cancel()
                ended = await asyncio.gather(*channels, ending, return_exceptions=True)
        for each in ended:
            if isinstance(each, Exception):
                raise each

    async def _ending(self, archive: Archive) -> None:
        """Returns at the end. Raises ClockApart where somebody set a clock, ArchiveError where the database is away."""
        asked = steady_seconds()
        while not self._stop.is_set():
            await asyncio.sleep(_GLANCE_SECONDS)
            if steady_seconds() - asked > _CLOCK_SECONDS:
                await asyncio.to_thread(archive.clock.set)
                asked = steady_seconds()
            archive.clock.check()

    async def _serve(self, app: App, channel: Channel) -> None:
        await app.run_worker_async(
            queues=[channel.value], name=channel.value, concurrency=AT_ONCE[channel], delete_jobs="always",
            fetch_job_polling_interval=POLL_SECONDS, install_signal_handlers=False,
            update_heartbeat_interval=self._queue.beat_seconds, stalled_worker_timeout=self._queue.lost_seconds,
        )  # fmt: skip

    def _task_of(self, kind: str, work: Work) -> Callable[..., None]:
        """What the engine calls. What fails is put anew: the engine could not retry a job whose like waits already."""

        def run(subject: str, attempt: int = 0) -> None:
            job = Job(kind, subject)
            if not do_surviving(job, work):
                self._queue.put_again(job, attempt=attempt + 1)

        return run
