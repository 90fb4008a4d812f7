"""A model of workers that share crawls and texts, a database and the sites; each worker has a processor.

Costs are what a measured run took; the model says what more workers make of them, and what others' machines do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from clausewatch.jobs.kinds import Channel
from clausewatch.jobs.queue_workers import AT_ONCE
from clausewatch.jobs.shared_queue import LANES_A_WORKER, LEAST_LANES, MOST_LANES

STEP_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Load:
    """What is to do, and what each piece takes."""

    hosts: int
    pages: int  # of each host
    answer_seconds: float
    page_cpu_seconds: float  # to fetch one page, its part of the start of a crawl among it
    text_cpu_seconds: float  # to record and settle one document
    database_cpu_seconds: float  # that the database takes for it, while the worker waits
    write_seconds: float  # for which nobody else writes

    def grown(self, times: int) -> Load:
        """As much for so many times as many hosts."""
        return replace(self, hosts=self.hosts * times)

    def workers_a_database_processor(self) -> float:
        """So many workers fill a processor of the database."""
        return (self.page_cpu_seconds + self.text_cpu_seconds) / self.database_cpu_seconds


@dataclass(frozen=True, slots=True)
class Machines:
    """What there is beside the workers, each of which has a processor ``speed`` times as fast as the measured ones."""

    speed: float = 1.0
    database_processors: float = 1.0
    is_shared: bool = False
    """Workers and database share the processors, of which there are then ``database_processors`` in all."""


@dataclass(slots=True)
class _Lane:
    """The hosts of a crawl, which are asked beside each other: robots.txt, then one page after the other."""

    hosts: int
    answers: int  # still to come
    cpu: float = 0.0  # until all are asked again
    wait: float = 0.0


@dataclass(slots=True)
class _Worker:
    """One processor, shared evenly by the crawls that ask and the text that is settled."""

    lanes: list[_Lane] = field(default_factory=list)
    text: float | None = None  # processor time that the document at hand takes still
    asks: float | None = None  # as much of the database

    @property
    def is_busy(self) -> bool:
        return self.text is not None or any(lane.cpu > 0 for lane in self.lanes)


def lanes_of(workers: int) -> int:
    """How many lanes so many workers have."""
    return min(1 << (max(LANES_A_WORKER * workers, LEAST_LANES) - 1).bit_length(), MOST_LANES)


def simulate(load: Load, *, workers: int, machines: Machines) -> float:
    """Seconds from when all is due to when all is compared."""
    all_workers = [_Worker() for _ in range(workers)]
    lanes, writing = _dealt(load, lanes_of(workers)), deque[_Worker]()
    texts, done, now, writer_left = 0, 0, 0.0, 0.0
    while done < load.hosts * load.pages:
        now += STEP_SECONDS
        own, shared = _speeds(all_workers, machines)
        for worker in all_workers:
            while lanes and len(worker.lanes) < AT_ONCE[Channel.PAGES]:
                worker.lanes.append(lanes.popleft())
            if texts and worker.text is None and worker.asks is None and worker not in writing:
                texts, worker.text = texts - 1, load.text_cpu_seconds
            texts += _step(worker, load, own * STEP_SECONDS)
            if worker.asks is not None:
                worker.asks -= shared * STEP_SECONDS
                if worker.asks <= 0:
                    worker.asks = None
                    writing.append(worker)
        writer_left += STEP_SECONDS
        while writing and writer_left >= load.write_seconds:
            writing.popleft()
            writer_left, done = writer_left - load.write_seconds, done + 1
        writer_left = min(writer_left, STEP_SECONDS)
    return now


def _dealt(load: Load, lanes: int) -> deque[_Lane]:
    """The hosts among the lanes, as evenly as chance has it on average."""
    shares = [load.hosts // lanes + (number < load.hosts % lanes) for number in range(lanes)]
    return deque(_Lane(share, load.pages + 1, wait=load.answer_seconds) for share in shares if share)


def _speeds(workers: Sequence[_Worker], machines: Machines) -> tuple[float, float]:
    """Of each worker's processor, and of what the database does for one worker."""
    asking = sum(worker.asks is not None for worker in workers)
    if machines.is_shared:
        busy = asking + sum(worker.is_busy for worker in workers)
        each = min(1.0, machines.database_processors / max(busy, 1))
        return each, each
    return machines.speed, min(1.0, machines.database_processors / max(asking, 1))


def _step(worker: _Worker, load: Load, seconds: float) -> int:
    """A moment of the worker; the pages that came in it."""
    asking = [lane for lane in worker.lanes if lane.cpu > 0]
    each = seconds / max(len(asking) + (worker.text is not None), 1)
    came = 0
    for lane in worker.lanes:
        if lane.cpu > 0:
            lane.cpu -= each
            continue
        lane.wait -= STEP_SECONDS
        if lane.wait <= 0:
            came += lane.hosts if lane.answers <= load.pages else 0
            lane.answers -= 1
            lane.cpu, lane.wait = lane.hosts * load.page_cpu_seconds, load.answer_seconds
    worker.lanes = [lane for lane in worker.lanes if lane.answers > 0]
    if worker.text is not None:
        worker.text -= each
        if worker.text <= 0:
            worker.text, worker.asks = None, load.database_cpu_seconds
    return came
