"""A year of a thousand documents over a virtual clock: ``python -m benchmarks.score_pace [DOCUMENTS [DAYS]]``.

All are added at once. Their texts change now and then, their sites fail now and then; prints how even the load is, how
late a look was, how long a change and a failure took to be known. Nothing is fetched and nothing stored.
"""

from __future__ import annotations

import heapq
import random
import statistics
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from clausewatch.jobs.pace import LATEST, interval_of, next_look_at, patience
from clausewatch.jobs.settle import SOON_MINUTES
from clausewatch.model import Document, content_id

START = datetime(2025, 1, 1, tzinfo=UTC)
TICK = timedelta(minutes=5)  # how often the scheduler looks for what is due
HOUR = timedelta(hours=1)
CHANGES_EVERY_DAYS = (30, 120, 400)  # on average, a third of the documents each
OUTAGES_EVERY_DAYS = 120
OUTAGE_HOURS = (0.2, 2, 30, 24 * 10)


@dataclass
class Watched:
    """A document, what its site does, and what is known of that."""

    document: Document
    changes: list[datetime]
    outages: list[tuple[datetime, datetime]]
    text_since_at: datetime | None = None
    texts: int = 0
    is_held: bool = False  # a change was seen once
    last_good_at: datetime | None = None
    failing_since_at: datetime | None = None
    failures: int = 0
    looked_at: datetime | None = None
    due_within: timedelta = timedelta(0)  # what LATEST allows after that look
    good_interval: timedelta = timedelta(0)  # after the last good look, but no less than the document's own
    is_told: bool = False


@dataclass
class Figures:
    """What is printed."""

    load: Counter[datetime] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)  # parts of the interval
    to_notice: list[float] = field(default_factory=list)  # hours from a change to its second look
    to_alarm: list[float] = field(default_factory=list)  # intervals from the last good look to the alarm


def simulate(count: int, days: int) -> Figures:
    """Look at ``count`` documents for that many days."""
    randomness = random.Random(1)
    end = START + timedelta(days=days)
    watched = [_watched(number, end, randomness) for number in range(count)]
    queue = [(START, number) for number in range(count)]
    figures = Figures()
    while queue[0][0] < end:
        due_at, number = heapq.heappop(queue)
        at = START - (START - due_at) // TICK * TICK
        figures.load[at] += 1
        heapq.heappush(queue, (_look(watched[number], at, figures), number))
    return figures


def _watched(number: int, end: datetime, randomness: random.Random) -> Watched:
    id = content_id("document", number)
    document = Document(id=id, vendor="v", vendor_name="V", slug=id, type="Privacy Policy")
    every = CHANGES_EVERY_DAYS[number % len(CHANGES_EVERY_DAYS)]
    outages = [
        (at, at + randomness.choice(OUTAGE_HOURS) * HOUR) for at in _moments(end, OUTAGES_EVERY_DAYS, randomness)
    ]
    return Watched(document, changes=list(_moments(end, every, randomness)), outages=outages)


def _moments(end: datetime, every_days: float, randomness: random.Random) -> Iterator[datetime]:
    at = START + timedelta(days=randomness.expovariate(1 / every_days))
    while at < end:
        yield at
        at += timedelta(days=randomness.expovariate(1 / every_days))


def _look(watched: Watched, at: datetime, figures: Figures) -> datetime:
    """One look; when the next is due."""
    if watched.looked_at:
        figures.waits.append((at - watched.looked_at) / watched.due_within)
    is_down = any(begin <= at < end for begin, end in watched.outages)
    if is_down:
        _failed(watched, at, figures)
    else:
        watched.failures, watched.failing_since_at, watched.is_told, watched.last_good_at = 0, None, False, at
    interval = interval_of(watched.document, text_since_at=watched.text_since_at, has_changed=watched.texts > 1, now=at)
    due_at = next_look_at(watched.document.id, looked_at=at, interval=interval, failures=watched.failures)
    watched.looked_at, watched.due_within = at, interval
    if not is_down:
        watched.good_interval = max(interval, watched.document.interval_hours * HOUR)
    return due_at if is_down else _seen(watched, at, due_at, figures)


def _failed(watched: Watched, at: datetime, figures: Figures) -> None:
    watched.failures += 1
    watched.failing_since_at = watched.failing_since_at or at
    is_over = not any(begin <= watched.failing_since_at + patience(watched.document) < end
                      for begin, end in watched.outages)  # fmt: skip
    if watched.failures > 1 and watched.last_good_at and not watched.is_told and not is_over:
        told_at = max(at, watched.failing_since_at + patience(watched.document))
        figures.to_alarm.append((told_at - watched.last_good_at) / watched.good_interval)
        watched.is_told = True


def _seen(watched: Watched, at: datetime, due_at: datetime, figures: Figures) -> datetime:
    """The page came: is it another than before, and is that sure?"""
    changed = [change for change in watched.changes if change <= at]
    if watched.is_held:
        figures.to_notice += [(at - change) / HOUR for change in changed]
        watched.changes = watched.changes[len(changed) :]
        watched.is_held = False
    elif changed or watched.text_since_at is None:
        watched.text_since_at, watched.texts, watched.is_held = at, watched.texts + 1, bool(changed)
        return min(due_at, at + timedelta(minutes=SOON_MINUTES)) if changed else due_at
    return due_at


def main(count: int = 1000, days: int = 365) -> None:
    """Print the figures."""
    figures = simulate(count, days)
    after = START + timedelta(days=2)
    load = [looks for at, looks in figures.load.items() if at >= after]
    mean = sum(load) / (timedelta(days=days - 2) / TICK)
    deciles = statistics.quantiles(figures.to_notice, n=10)
    print(f"{figures.load.total():,} looks at {count:,} documents in {days} days, {mean:.1f} in 5 minutes on average")
    print(f"most in 5 minutes, after the first two days: {max(load)}, {max(load) / mean:.2f} times the mean")
    print(f"longest wait for a look: {max(figures.waits):.3f} of the interval, at most {LATEST} is allowed")
    print(f"from a change to its second look: median {deciles[4]:.1f} h, 9 in 10 within {deciles[8]:.1f} h, "
          f"longest {max(figures.to_notice):.1f} h, with outages ({len(figures.to_notice):,} changes)")  # fmt: skip
    print(f"from the last good look to the alarm: median {statistics.median(figures.to_alarm):.2f} intervals, "
          f"longest {max(figures.to_alarm):.2f} ({len(figures.to_alarm):,} alarms)")  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
