"""A document's history as a picture: versions as a band, changes as bars above it, gaps and faults below. Pure: numbers
for a template, which draws them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive.headlines import Headline
from clausewatch.counts import counted
from clausewatch.model import Severity, Snapshot, Source, Version

WIDTH = 960  # in the units of the picture, as all below; at what height things lie, the template says
TALLEST = 80  # a bar
SHORTEST = 5
_MUCH = 4000  # words changed by the tallest bar; sizes are drawn by their logarithm
_LEAST_LABEL = 70  # between two dates on the axis
_LABEL_WIDTH = 45
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)


@dataclass(frozen=True, slots=True)
class Band:
    """A version while it was in force."""

    x: float
    width: float
    version: str
    label: str
    is_odd: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A change, or the most severe of several that fall together; higher where more words changed."""

    x: float
    height: float
    comparison: str
    severity: str  # "none" where nothing material was found
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a lane: ``kind`` is a source, "fault" or "gap"."""

    x: float
    width: float
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True, slots=True)
class TimelineView:
    """The picture, from left to right."""

    bands: tuple[Band, ...]
    bars: tuple[Bar, ...]
    sources: tuple[Mark, ...]
    faults: tuple[Mark, ...]
    gaps: tuple[Mark, ...]
    ticks: tuple[Tick, ...]


def timeline_view(
    versions: Sequence[Version],
    comparisons: Iterable[Headline],
    snapshots: Iterable[Snapshot],
    gaps: Iterable[tuple[datetime, datetime]],
) -> TimelineView | None:
    """The picture of a document; None where it has no version. ``versions`` are in the order of time."""
    if not versions:
        return None
    seen = list(snapshots)
    first = min([versions[0].first_at, *(snapshot.captured_at for snapshot in seen)])
    last = max([version.last_at for version in versions] + [snapshot.seen_at for snapshot in seen])
    scale = _Scale(first, max(last, first + timedelta(days=1)))
    return TimelineView(
        bands=_bands(versions, scale),
        bars=_bars(comparisons, scale),
        sources=_lane([(each.captured_at, each.seen_at, each.source.value) for each in seen if not each.fault], scale),
        faults=_lane([(each.captured_at, each.seen_at, "fault") for each in seen if each.fault], scale),
        gaps=_lane([(start, end, "gap") for start, end in gaps], scale),
        ticks=_ticks(scale),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    first: datetime
    last: datetime

    def x(self, at: datetime) -> float:
        share = (at - self.first) / (self.last - self.first)
        return round(WIDTH * min(max(share, 0.0), 1.0), 1)


def _bands(versions: Sequence[Version], scale: _Scale) -> tuple[Band, ...]:
    ends = [version.first_at for version in versions[1:]] + [scale.last]
    return tuple(
        Band(
            x=scale.x(version.first_at), width=max(round(scale.x(end) - scale.x(version.first_at), 1), 1.0),
            version=version.id, is_odd=bool(number % 2),
            label=f"Version of {version.first_at:%Y-%m-%d}, {version.words:,} words, until {version.last_at:%Y-%m-%d}",
        )
        for number, (version, end) in enumerate(zip(versions, ends, strict=True))
    )  # fmt: skip


def _bars(comparisons: Iterable[Headline], scale: _Scale) -> tuple[Bar, ...]:
    columns: dict[int, list[Headline]] = {}
    for comparison in comparisons:
        columns.setdefault(round(scale.x(comparison.after_at)), []).append(comparison)
    return tuple(_bar(x, together) for x, together in sorted(columns.items()))


def _bar(x: int, together: Sequence[Headline]) -> Bar:
    most = max(together, key=lambda each: (_rank(each.severity), each.changed_words or 0))
    words = max(each.changed_words or 0 for each in together)
    share = min(math.log1p(words) / math.log1p(_MUCH), 1.0)
    others = f" and {len(together) - 1} more" if len(together) > 1 else ""
    what = f"{most.severity} change" if most.severity else "change that is not material"
    return Bar(
        x=float(x), height=round(SHORTEST + share * (TALLEST - SHORTEST), 1), comparison=most.id,
        severity=most.severity.value if most.severity else "none",
        label=f"{most.after_at:%Y-%m-%d}: {what}{others}. {most.summary}",
    )  # fmt: skip


def _rank(severity: Severity | None) -> int:
    return severity.rank if severity else -1


def _lane(stretches: Iterable[tuple[datetime, datetime, str]], scale: _Scale) -> tuple[Mark, ...]:
    """Stretches of one kind that touch are drawn as one."""
    marks: list[tuple[float, float, str, int, datetime, datetime]] = []
    for start, end, kind in sorted(stretches):
        left, right = scale.x(start), max(scale.x(end), scale.x(start) + 1.5)
        if marks and marks[-1][2] == kind and left <= marks[-1][1] + 0.5:
            was = marks[-1]
            marks[-1] = (was[0], max(was[1], right), kind, was[3] + 1, was[4], max(was[5], end))
        else:
            marks.append((left, right, kind, 1, start, end))
    return tuple(
        Mark(x=left, width=round(right - left, 1), kind=kind, label=_label(kind, count, start, end))
        for left, right, kind, count, start, end in marks
    )


def _label(kind: str, count: int, start: datetime, end: datetime) -> str:
    days = f"{start:%Y-%m-%d}" if start.date() == end.date() else f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"
    if kind == "gap":
        return f"Not seen: {days}"
    what = "not the document" if kind == "fault" else f"from {_NAMES.get(kind, kind)}"
    return f"{counted(count, 'snapshot')} {what}: {days}"


_NAMES = {
    Source.LIVE.value: "the live page", Source.WAYBACK.value: "the Wayback Machine", Source.WARC.value: "WARC files",
    Source.OTA.value: "an Open Terms Archive", Source.FILE.value: "files",
}  # fmt: skip


def _ticks(scale: _Scale) -> tuple[Tick, ...]:
    """First days of months or years, as close as their labels allow."""
    months = (scale.last - scale.first) / timedelta(days=30.44)
    step = next((step for step in _MONTHS if months / step * _LEAST_LABEL <= WIDTH), _MONTHS[-1])
    year, month = scale.first.year, scale.first.month
    count = year * 12 + month - 1
    count += -count % step
    ticks = []
    while (at := datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)) <= scale.last:
        label = f"{at:%Y}" if step >= 12 else f"{at:%Y-%m}"
        if at >= scale.first:
            ticks.append(Tick(x := scale.x(at), label if x < WIDTH - _LABEL_WIDTH else ""))
        count += step
    return tuple(ticks)
