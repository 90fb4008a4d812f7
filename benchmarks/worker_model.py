"""A model of workers that share crawls and texts: each has a processor, one at a time writes, sites take their time.

Costs are what a measured run took; the model says what more workers make of them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from clausewatch.jobs.kinds import Channel
from clausewatch.jobs.queue_workers import AT_ONCE
from clausewatch.jobs.shared_queue import LANES_A_WORKER, LEAST_LANES, MOST_LANES

STEP_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Load:
    """What is to do, and what each piece takes."""

    hosts: int
    pages: int  # of each host
    answer_seconds: float
    lane_cpu_seconds: float  # of one crawl: most of it is its start
    text_cpu_seconds: float  # to settle one document
    write_seconds: float  # for which nobody else writes

    def grown(self, times: int) -> Load:
        """As much for so many times as many hosts."""
        return replace(self, hosts=self.hosts * times)


@dataclass(slots=True)
class _Lane:
    hosts: int
    cpu: float
    wait: float


@dataclass(slots=True)
class _Worker:
    """One processor, shared evenly by the crawls that start and the text that is settled."""

    lanes: list[_Lane] = field(default_factory=list)
    text: float | None = None  # processor time that the document at hand takes still
    is_writing: bool = False


def lanes_of(workers: int) -> int:
    """How many lanes so many workers have."""
    return min(1 << (max(LANES_A_WORKER * workers, LEAST_LANES) - 1).bit_length(), MOST_LANES)


def simulate(load: Load, *, workers: int) -> float:
    """Seconds from when all is due to when all is compared."""
    all_workers = [_Worker() for _ in range(workers)]
    lanes, texts = _dealt(load, lanes_of(workers)), 0
    done, total, now, writer_left = 0, load.hosts * load.pages, 0.0, 0.0
    writing: _Worker | None = None
    waiting: deque[_Worker] = deque()
    while done < total:
        now += STEP_SECONDS
        for worker in all_workers:
            while lanes and len(worker.lanes) < AT_ONCE[Channel.PAGES]:
                worker.lanes.append(lanes.popleft())
            if texts and worker.text is None and not worker.is_writing:
                texts, worker.text = texts - 1, load.text_cpu_seconds
            texts += load.pages * sum(lane.hosts for lane in _step(worker))
            if worker.text is not None and worker.text <= 0:
                worker.text, worker.is_writing = None, True
                waiting.append(worker)
        writer_left -= STEP_SECONDS
        while writer_left <= 0 and (writing or waiting):
            if writing:
                writing.is_writing, done = False, done + 1
            writing = waiting.popleft() if waiting else None
            writer_left += load.write_seconds if writing else -writer_left
    return now


def _dealt(load: Load, lanes: int) -> deque[_Lane]:
    """The hosts among the lanes, as evenly as chance has it on average."""
    shares = [load.hosts // lanes + (number < load.hosts % lanes) for number in range(lanes)]
    wait = (load.pages + 1) * load.answer_seconds  # robots.txt too; hosts are asked beside each other
    return deque(_Lane(share, load.lane_cpu_seconds, wait) for share in shares if share)


def _step(worker: _Worker) -> list[_Lane]:
    """A moment of the worker; the crawls that ended in it."""
    starting = [lane for lane in worker.lanes if lane.cpu > 0]
    share = STEP_SECONDS / max(len(starting) + (worker.text is not None), 1)
    for lane in worker.lanes:
        if lane.cpu > 0:
            lane.cpu -= share
        else:
            lane.wait -= STEP_SECONDS
    if worker.text is not None:
        worker.text -= share
    ended = [lane for lane in worker.lanes if lane.wait <= 0]
    worker.lanes = [lane for lane in worker.lanes if lane.wait > 0]
    return ended
