"""A model of workers that share crawls and texts: each has a processor, one at a time writes, sites take their time.

Costs are what a measured run took; the model says what more workers make of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
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
    lane_cpu_seconds: float  # of one crawl, all spent as it starts
    text_cpu_seconds: float  # to settle one document
    write_seconds: float  # for which nobody else writes

    def grown(self, times: int) -> Load:
        """As much for so many times as many hosts."""
        return replace(self, hosts=self.hosts * times)


@dataclass(slots=True)
class _Lane:
    """A crawl: hosts that are asked beside each other, page after page."""

    hosts: int
    cpu: float
    wait: float  # until each of its hosts answers
    rounds: int  # of answers to come; the first is robots.txt
    unsettled: int = 0


@dataclass(slots=True)
class _Worker:
    """One processor, shared evenly by the crawls that start and the text that is settled."""

    lanes: list[_Lane] = field(default_factory=list)
    texts: deque[_Lane] = field(default_factory=deque)  # that arrived, by the crawl that they came with
    text: float | None = None  # processor time that the document at hand takes still
    is_writing: bool = False


def lanes_of(workers: int) -> int:
    """How many lanes so many workers have."""
    return min(1 << (max(LANES_A_WORKER * workers, LEAST_LANES) - 1).bit_length(), MOST_LANES)


def simulate(load: Load, *, workers: int) -> float:
    """Seconds from when all is due to when all is compared. Each worker settles what its own crawls bring, while they
    go on."""
    all_workers = [_Worker() for _ in range(workers)]
    lanes = _dealt(load, lanes_of(workers))
    done, total, now, writer_left = 0, load.hosts * load.pages, 0.0, 0.0
    writing: _Worker | None = None
    waiting: deque[_Worker] = deque()
    while done < total:
        now += STEP_SECONDS
        _hand_out(lanes, all_workers)
        for worker in all_workers:
            if worker.texts and worker.text is None and not worker.is_writing:
                worker.text = load.text_cpu_seconds
            _step(worker, load)
            if worker.text is not None and worker.text <= 0:
                worker.text, worker.is_writing = None, True
                waiting.append(worker)
        writer_left -= STEP_SECONDS
        while writer_left <= 0 and (writing or waiting):
            if writing:
                done += 1
                _end_text(writing)
            writing = waiting.popleft() if waiting else None
            writer_left += load.write_seconds if writing else -writer_left
    return now


def _dealt(load: Load, lanes: int) -> deque[_Lane]:
    """The hosts among the lanes, as evenly as chance has it on average."""
    shares = [load.hosts // lanes + (number < load.hosts % lanes) for number in range(lanes)]
    return deque(_Lane(share, load.lane_cpu_seconds, load.answer_seconds, load.pages + 1) for share in shares if share)


def _hand_out(lanes: deque[_Lane], workers: Sequence[_Worker]) -> None:
    """Lanes to whoever has the fewest, as those who ask in turn get them."""
    while lanes:
        least = min(workers, key=lambda worker: len(worker.lanes))
        if len(least.lanes) >= AT_ONCE[Channel.PAGES]:
            return
        least.lanes.append(lanes.popleft())


def _step(worker: _Worker, load: Load) -> None:
    """A moment of the worker: starts go on, sites answer, the text at hand is read."""
    starting = [lane for lane in worker.lanes if lane.cpu > 0]
    share = STEP_SECONDS / max(len(starting) + (worker.text is not None), 1)
    for lane in worker.lanes:
        if lane.cpu > 0:
            lane.cpu -= share
        elif lane.rounds:
            lane.wait -= STEP_SECONDS
            if lane.wait <= 0:
                _answered(worker, lane, load)
    if worker.text is not None:
        worker.text -= share


def _answered(worker: _Worker, lane: _Lane, load: Load) -> None:
    lane.wait += load.answer_seconds
    if lane.rounds <= load.pages:
        lane.unsettled += lane.hosts
        worker.texts.extend([lane] * lane.hosts)
    lane.rounds -= 1


def _end_text(worker: _Worker) -> None:
    """A text is written; with the last one of its crawl this ends, and another may begin."""
    worker.is_writing = False
    lane = worker.texts.popleft()
    lane.unsettled -= 1
    if not lane.rounds and not lane.unsettled:
        worker.lanes.remove(lane)
