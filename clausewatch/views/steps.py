"""How long a thing is kept, over time, as steps: a line that goes up where a vendor keeps it for longer. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from archive.ledger import Entry
from differ.findings.values import periods_of

HEIGHT = 40  # of a picture, in its units
_MARGIN = 4

_Stated = tuple[datetime, str, float, datetime]  # from when, what, how many days that is, until when


@dataclass(frozen=True, slots=True)
class Steps:
    """One thing whose period changed. ``points`` are those of a polyline."""

    document: str  # slug
    subject: str
    periods: tuple[tuple[datetime, str], ...]  # from when on it was stated, the oldest first
    points: str

    @property
    def label(self) -> str:
        return ", then ".join(f"{value} from {at:%Y-%m-%d}" for at, value in self.periods)


def steps_of(entries: Iterable[Entry], first: datetime, last: datetime, *, width: float) -> tuple[Steps, ...]:
    """The things whose period was another one at some time, by document and by what they are called. The pictures span
    from ``first`` to ``last``."""
    stated: dict[tuple[str, str], list[_Stated]] = defaultdict(list)
    for entry in entries:
        for period in periods_of(entry.value)[:1]:
            until = last if entry.is_current else entry.last_at
            for subject in entry.subjects:
                stated[entry.document, subject].append((entry.first_at, entry.value, period.days, until))
    found = []
    for (document, subject), times in sorted(stated.items()):
        times.sort()
        # two periods of one thing at one time are no change of either
        follows = all(before[3] <= after[0] for before, after in pairwise(times))
        if follows and len({days for _, _, days, _ in times}) > 1:
            corners = [*(at for at, _, _, _ in times), times[-1][3]]
            xs = [width * ((at - first) / (last - first)) for at in corners]
            ys = _heights([days for _, _, days, _ in times])
            found.append(Steps(document, subject, _changes(times), _points(xs, ys)))
    return tuple(found)


def _changes(times: Sequence[_Stated]) -> tuple[tuple[datetime, str], ...]:
    changes: list[tuple[datetime, str]] = []
    for at, value, _, _ in times:
        if not changes or changes[-1][1] != value:
            changes.append((at, value))
    return tuple(changes)


def _heights(days: Sequence[float]) -> list[float]:
    """From the top, by the logarithm: days and years fit into one picture."""
    sizes = [math.log(max(each, 1)) for each in days]
    least, span = min(sizes), max(sizes) - min(sizes)
    return [HEIGHT - _MARGIN - (size - least) / span * (HEIGHT - 2 * _MARGIN) for size in sizes]


def _points(xs: Sequence[float], ys: Sequence[float]) -> str:
    """Each period lasts until the next one begins."""
    corners = [(x, y) for pair, y in zip(pairwise(xs), ys, strict=True) for x in pair]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
