"""What an installation of many documents needs: ``python -m benchmarks.score_scale [--simulate-only]``.

Costs are measured in archives of three sizes, which shows whether they grow; a mix of looks is then run at each size
and compared with what the costs foretell. Beyond that the busiest part of a day is simulated: looks fall due, pass the
lane of their host, a worker and the one writer. Prints what each part does and which is full first.
"""

from __future__ import annotations

import heapq
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scale_costs import Costs, Metered, costs_at, growth, mixed, settling_over_history

SIZES = (250, 1000, 4000)
HISTORY = (10, 100, 400)  # snapshots of one document
MEASURED = Costs(
    documents=4000, listing_cpu=0.0036, unchanged_cpu=0.00017, unchanged_lock=0.00011, noise_cpu=0.0057,
    noise_lock=0.0037, noise_bytes=1104, change_cpu=0.0456, change_lock=0.0135, change_bytes=3738,
)  # fmt: skip
"""What ``--simulate-only`` reckons with: an earlier measurement."""
SETTLING = {10: 0.019, 400: 0.049}
"""Processor seconds to settle one more with another text, by how many a document has; measured along with it."""
DAY = 24 * 3600.0
BUSIEST = 900.0  # seconds that are simulated
MOST_WORKERS = 64
WORKED_SHARE, LAG_SECONDS = 0.8, 60.0  # what is asked of workers that keep up: with 95 % of looks


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of an installation. The shares are those of the corpus' daily captures."""

    documents: int
    snapshots: int  # that a document has by then
    subscribers: int = 0
    looks_a_day: float = 2.0
    noise_share: float = 0.5  # looks that bring other bytes and the same text
    change_share: float = 0.01  # looks that bring another text
    documents_a_host: int = 3
    answer_seconds: float = 1.0
    rest_seconds: float = 1.0  # between two requests to one host
    peak: float = 2.5  # of the mean, in the busiest five minutes: score_pace
    mails_a_subscriber: float = 0.15  # a day


@dataclass(frozen=True, slots=True)
class Fleet:
    """The machines."""

    workers: int  # processes, a processor each
    requests_at_once: int = 32  # of one worker


@dataclass(frozen=True, slots=True)
class Busiest:
    """What came of the busiest quarter of an hour."""

    looks_a_second: float
    worker_share: float  # of the workers' processors that is used
    writer_share: float  # of the time that somebody writes
    lag_median: float  # seconds from due to recorded
    lag_p95: float
    lag_worst: float


def settle_cpu(snapshots: int) -> float:
    """Processor seconds to settle one more with another text, by how many there are: a line through two that were
    measured."""
    (few, low), (many, high) = sorted(SETTLING.items())
    return low + max(high - low, 0.0) / (many - few) * (snapshots - few)


def simulate(load: Load, fleet: Fleet, costs: Costs, *, seconds: float = BUSIEST, seed: int = 1) -> Busiest:
    """Looks at the peak of the day, one by one: a lane for each host, workers, one writer."""
    chance = random.Random(seed)
    rate = load.documents * load.looks_a_day / DAY * load.peak
    hosts = max(load.documents // load.documents_a_host, 1)
    lanes: dict[int, float] = {}
    slots = [0.0] * (fleet.workers * fleet.requests_at_once)
    processors = [0.0] * fleet.workers
    writer, busy, written = 0.0, 0.0, 0.0
    lags = []
    older = settle_cpu(load.snapshots) - settle_cpu(min(SETTLING))
    for due_at in _arrivals(rate, seconds, chance):
        host = chance.randrange(hosts)
        asked_at = max(due_at, lanes.get(host, 0.0), slots[0])
        answered_at = asked_at + chance.expovariate(1 / load.answer_seconds)
        lanes[host] = answered_at + load.rest_seconds
        heapq.heapreplace(slots, answered_at)
        cpu, lock = _work(chance.random(), load, costs, older)
        done_at = max(answered_at, processors[0]) + cpu
        heapq.heapreplace(processors, done_at)
        writer = max(done_at, writer) + lock
        busy, written = busy + cpu, written + lock
        lags.append(writer - due_at)
    lags.sort()
    return Busiest(
        len(lags) / seconds, busy / seconds / fleet.workers, written / seconds, lags[len(lags) // 2],
        lags[int(len(lags) * 0.95)], lags[-1],
    )  # fmt: skip


def _arrivals(rate: float, seconds: float, chance: random.Random) -> Iterator[float]:
    at = chance.expovariate(rate)
    while at < seconds:
        yield at
        at += chance.expovariate(rate)


def _work(drawn: float, load: Load, costs: Costs, older: float) -> tuple[float, float]:
    """Processor seconds and seconds of writing for a look that comes out as drawn."""
    if drawn < load.change_share:
        return costs.change_cpu + older, costs.change_lock
    if drawn < load.change_share + load.noise_share:
        return costs.noise_cpu, costs.noise_lock
    return costs.unchanged_cpu, costs.unchanged_lock


def workers_needed(load: Load, costs: Costs) -> int | None:
    """The fewest workers that keep up, and have a fifth of their time left; None where the writer is full."""
    most = 1
    while not _keep_up(load, costs, most):
        most *= 2
        if most > MOST_WORKERS:
            return None
    least = most // 2 + 1
    while least < most:
        middle = (least + most) // 2
        if _keep_up(load, costs, middle):
            most = middle
        else:
            least = middle + 1
    return most


def _keep_up(load: Load, costs: Costs, workers: int) -> bool:
    day = simulate(load, Fleet(workers), costs)
    return day.lag_p95 < LAG_SECONDS and day.worker_share < WORKED_SHARE


def stored_bytes(load: Load, costs: Costs) -> float:
    """Bytes when each document has its snapshots."""
    share = load.noise_share + load.change_share
    of_noise, of_change = load.noise_share / share, load.change_share / share
    return load.documents * load.snapshots * (of_noise * costs.noise_bytes + of_change * costs.change_bytes)


def measure() -> Costs:
    """Measure at the three sizes, print, and give the costs at the largest."""
    all_costs = []
    with tempfile.TemporaryDirectory(prefix="clausewatch-scale-") as folder:
        home = Path(folder)
        with Metered(f"sqlite:///{home / 'clausewatch.db'}", home) as archive:
            for size in SIZES:
                all_costs.append(costs_at(archive, home, size))
                foretold, taken = mixed(archive, all_costs[-1])
                print(f"{size:,} documents: a mix of looks took {taken / foretold:.2f} times what the costs foretell")
            _print_costs(all_costs)
            over = settling_over_history(archive, HISTORY)
    SETTLING.clear()
    SETTLING.update({length: over[length] for length in (HISTORY[0], HISTORY[-1])})
    print(
        "settling one more with another text, ms, by snapshots: "
        + ", ".join(f"{n}: {s * 1e3:.0f}" for n, s in over.items())
    )
    return all_costs[-1]


def _print_costs(all_costs: Sequence[Costs]) -> None:
    """As a table for docs/scale.md; ``growth`` is from the smallest size to the largest."""
    ratios = growth(all_costs[0], all_costs[-1])
    _print_row("for one of each, by documents", *(f"{costs.documents:,}" for costs in all_costs), "growth")
    _print_row(*["---"] * (len(all_costs) + 2))
    for name, said in SAID.items():
        unit, factor = ("B", 1.0) if name.endswith("bytes") else ("ms", 1e3)
        values = (f"{getattr(costs, name) * factor:,.{0 if unit == 'B' else 2}f} {unit}" for costs in all_costs)
        _print_row(said, *values, f"{ratios[name]:.2f}")


def _print_row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |")


SAID = {
    "unchanged_cpu": "look that finds the page as it was: processor",
    "unchanged_lock": "of it while writing",
    "noise_cpu": "other bytes, the same text: processor",
    "noise_lock": "of it while writing",
    "noise_bytes": "room",
    "change_cpu": "another text, compared: processor",
    "change_lock": "of it while writing",
    "change_bytes": "room",
    "listing_cpu": "lanes that have something due: processor, once",
}


LOADS = (
    Load(documents=1_000, snapshots=1000, subscribers=1_000),
    Load(documents=10_000, snapshots=1000, subscribers=10_000),
    Load(documents=100_000, snapshots=1000, subscribers=100_000),
    Load(documents=1_000_000, snapshots=1000, subscribers=1_000_000),
    Load(documents=4_000_000, snapshots=1000, subscribers=4_000_000),
)


def main(words: Sequence[str]) -> None:
    """Measure, unless told not to, and simulate."""
    costs = MEASURED if "--simulate-only" in words else measure()
    _print_row("documents", "looks a second", "workers", "of their time", "writer", "lag, median and 95 %", "room")
    _print_row(*["---"] * 7)
    for load in LOADS:
        workers = workers_needed(load, costs)
        day = simulate(load, Fleet(workers or MOST_WORKERS), costs)
        _print_row(
            f"{load.documents:,}", f"{day.looks_a_second:.1f}", str(workers or f"more than {MOST_WORKERS}"),
            f"{day.worker_share:.0%}", f"{day.writer_share:.1%}", f"{day.lag_median:.1f} s, {day.lag_p95:.1f} s",
            f"{stored_bytes(load, costs) / 1e12:.2f} TB",
        )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
