"""A model of workers that share crawls and texts, a database and the sites; each worker has a processor.

Costs are what a measured run took; the model says what more workers make of them, and what others' machines do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

from archive.changes import OF_ALL
from clausewatch.jobs.kinds import Channel
from clausewatch.jobs.queue_workers import AT_ONCE
from clausewatch.jobs.shared_queue import LANES_A_WORKER, LEAST_LANES, MOST_LANES

STEP_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class Cost:
    """What one document takes: of the worker's processor, then of the database's, while what asked it waits."""

    worker_seconds: float
    database_seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """What is to do, and what each piece takes."""

    hosts: int
    pages: int  # of each host
    answer_seconds: float
    page_cpu_seconds: float  # to fetch one page, its part of the start of a crawl among it
    recording: Cost
    settling: Cost
    write_seconds: float  # for which nobody else counts in the row that it is counted in

    def grown(self, times: int) -> Load:
        """As much for so many times as many hosts."""
        return replace(self, hosts=self.hosts * times)

    def workers_a_database_processor(self) -> float:
        """So many workers fill a processor of the database."""
        of_workers = self.page_cpu_seconds + self.recording.worker_seconds + self.settling.worker_seconds
        return of_workers / (self.recording.database_seconds + self.settling.database_seconds)


@dataclass(frozen=True, slots=True)
class Machines:
    """What there is beside the workers, each of which has a processor ``speed`` times as fast as the measured ones."""

    speed: float = 1.0
    database_processors: float = 1.0
    is_shared: bool = False
    """Workers and database share the processors, of which there are then ``database_processors`` in all."""


@dataclass(slots=True)
class _Task:
    """A document that is recorded or settled: what it takes still of the worker, then of the database."""

    worker: float
    database: float

    @classmethod
    def of(cls, cost: Cost) -> _Task:
        return cls(cost.worker_seconds, cost.database_seconds)

    @property
    def is_asking(self) -> bool:
        return self.worker <= 0


@dataclass(slots=True)
class _Lane:
    """The hosts of a crawl, which are asked beside each other: robots.txt, then one page after the other. What came is
    recorded meanwhile."""

    hosts: int
    answers: int  # still to come
    cpu: float = 0.0  # until all are asked again
    wait: float = 0.0
    came: int = 0  # to be recorded
    task: _Task | None = None

    @property
    def is_over(self) -> bool:
        return self.answers <= 0 and not self.came and self.task is None


@dataclass(slots=True)
class _Worker:
    """One processor, shared evenly by crawls that ask, what is recorded and the text that is settled."""

    lanes: list[_Lane] = field(default_factory=list)
    text: _Task | None = None
    is_writing: bool = False

    @property
    def tasks(self) -> list[_Task]:
        return [task for task in (self.text, *(lane.task for lane in self.lanes)) if task is not None]

    @property
    def busy(self) -> int:
        """So many want the processor."""
        return sum(lane.cpu > 0 for lane in self.lanes) + sum(not task.is_asking for task in self.tasks)


class _Rows:
    """Those that changes are counted in: one document after the other in each."""

    def __init__(self, seconds: float) -> None:
        self.done, self._seconds, self._number = 0, seconds, 0
        self._waiting: list[deque[_Worker]] = [deque() for _ in OF_ALL]
        self._left = [0.0 for _ in OF_ALL]

    def wait(self, worker: _Worker) -> None:
        self._number += 1
        self._waiting[crc32(str(self._number).encode()) % len(OF_ALL)].append(worker)  # by vendor: as if by chance

    def step(self) -> None:
        for row, waiting in enumerate(self._waiting):
            self._left[row] = self._left[row] + STEP_SECONDS if waiting else 0.0
            while waiting and self._left[row] >= self._seconds:
                waiting.popleft().is_writing = False
                self._left[row] -= self._seconds
                self.done += 1


def lanes_of(workers: int) -> int:
    """How many lanes so many workers have."""
    return min(1 << (max(LANES_A_WORKER * workers, LEAST_LANES) - 1).bit_length(), MOST_LANES)


def simulate(load: Load, *, workers: int, machines: Machines) -> float:
    """Seconds from when all is due to when all is compared."""
    all_workers, rows = [_Worker() for _ in range(workers)], _Rows(load.write_seconds)
    lanes, texts, now = _dealt(load, lanes_of(workers)), 0, 0.0
    while rows.done < load.hosts * load.pages:
        now += STEP_SECONDS
        own, database = _speeds(all_workers, machines)
        for worker in all_workers:
            while lanes and len(worker.lanes) < AT_ONCE[Channel.PAGES]:
                worker.lanes.append(lanes.popleft())
            if texts and worker.text is None and not worker.is_writing:
                texts, worker.text = texts - 1, _Task.of(load.settling)
            each = own * STEP_SECONDS / max(worker.busy, 1)
            for task in worker.tasks:
                if task.is_asking:
                    task.database -= database * STEP_SECONDS
                else:
                    task.worker -= each
            texts += sum(_step(lane, load, each) for lane in worker.lanes)
            worker.lanes = [lane for lane in worker.lanes if not lane.is_over]
            if worker.text is not None and worker.text.database <= 0:
                worker.text, worker.is_writing = None, True
                rows.wait(worker)
        rows.step()
    return now


def _dealt(load: Load, lanes: int) -> deque[_Lane]:
    """The hosts among the lanes, as evenly as chance has it on average."""
    shares = [load.hosts // lanes + (number < load.hosts % lanes) for number in range(lanes)]
    return deque(_Lane(share, load.pages + 1, wait=load.answer_seconds) for share in shares if share)


def _speeds(workers: Sequence[_Worker], machines: Machines) -> tuple[float, float]:
    """Of each worker's processor, and of what the database does for one who asks."""
    asking = sum(task.is_asking for worker in workers for task in worker.tasks)
    if machines.is_shared:
        busy = asking + sum(worker.busy > 0 for worker in workers)
        each = min(1.0, machines.database_processors / max(busy, 1))
        return each, each
    return machines.speed, min(1.0, machines.database_processors / max(asking, 1))


def _step(lane: _Lane, load: Load, seconds: float) -> int:
    """A moment of the lane; the documents that were recorded in it."""
    recorded = 0
    if lane.task is not None and lane.task.database <= 0:
        lane.task, recorded = None, 1
    if lane.task is None and lane.came:
        lane.task, lane.came = _Task.of(load.recording), lane.came - 1
    if lane.cpu > 0:
        lane.cpu -= seconds
    elif lane.answers > 0:
        lane.wait -= STEP_SECONDS
        if lane.wait <= 0:
            lane.came += lane.hosts if lane.answers <= load.pages else 0
            lane.answers -= 1
            lane.cpu, lane.wait = lane.hosts * load.page_cpu_seconds, load.answer_seconds
    return recorded
