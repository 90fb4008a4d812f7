from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from archive.headlines import Headline
from clausewatch.model import ComparisonState, Fault, Severity, Snapshot, Source, Version
from clausewatch.views.timeline import SHORTEST, TALLEST, WIDTH, TimelineView, timeline_view

START = datetime(2020, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def version(number: int, *, days: int = 30) -> Version:
    first = START + number * days * DAY
    return Version(
        id=f"v{number}", document="d", ordinal=0, first_at=first, last_at=first + (days - 1) * DAY, snapshots=2,
        words=1000 + number, language="en", sha256="", normaliser=1,
    )  # fmt: skip


def comparison(after: Version, *, severity: Severity | None = None, words: int = 10) -> Headline:
    return Headline(
        id=f"c-{after.id}-{severity}", vendor="v", document="d", before_at=START, after_at=after.first_at,
        state=ComparisonState.CONFIRMED, severity=severity, is_news=severity is not None, artefact=False,
        summary="It changed.", changed_words=words,
    )  # fmt: skip


def snapshot(at: datetime, *, source: Source = Source.LIVE, fault: Fault | None = None) -> Snapshot:
    return Snapshot(
        id=f"s{at}", document="d", captured_at=at, fetched_at=at, seen_at=at, sightings=1, source=source,
        is_live=True, is_upgrade=False, url="", status=200, content_type=None, headers={}, sha256="", size=1,
        fault=fault,
    )  # fmt: skip


def drawn(
    versions: list[Version], comparisons: Sequence[Headline] = (), snapshots: Sequence[Snapshot] = ()
) -> TimelineView:
    view = timeline_view(versions, comparisons, snapshots, [])
    assert view is not None
    return view


def test_a_document_without_a_version_has_no_picture() -> None:
    assert timeline_view([], [], [snapshot(START)], []) is None


def test_versions_fill_the_picture_from_the_first_to_the_last() -> None:
    view = drawn([version(number) for number in range(4)])
    assert view.bands[0].x == 0
    assert view.bands[-1].x + view.bands[-1].width == WIDTH
    for one, next_one in zip(view.bands, view.bands[1:], strict=False):
        assert abs(one.x + one.width - next_one.x) < 0.2
        assert one.is_odd != next_one.is_odd
    assert "2020-03-10, 1,000 words" in view.bands[0].label


def test_one_look_alone_is_a_picture_too() -> None:
    lone = replace(version(0), last_at=START)
    (band,) = drawn([lone]).bands
    assert (band.x, band.width) == (0, WIDTH)


def test_bars_grow_with_the_words_and_stay_within_the_picture() -> None:
    versions = [version(number) for number in range(5)]
    view = drawn(versions, [comparison(each, words=10**n) for n, each in enumerate(versions[1:], 1)])
    heights = [bar.height for bar in view.bars]
    assert heights == sorted(heights)
    assert SHORTEST < heights[0] < heights[-1] == TALLEST


def test_changes_that_fall_together_are_the_most_severe_one() -> None:
    second = version(1, days=4000)
    at = START + 2000 * DAY
    others = [replace(second, id=f"w{n}", first_at=at + n * timedelta(minutes=1)) for n in range(3)]
    severities = [Severity.LOW, Severity.CRITICAL, None]
    comparisons = [comparison(each, severity=s) for each, s in zip(others, severities, strict=True)]
    (bar,) = drawn([version(0, days=4000), *others], comparisons).bars
    assert bar.severity == "critical"
    assert bar.comparison == "c-w1-critical"
    assert "and 2 more" in bar.label


def test_snapshots_of_one_source_that_touch_are_one_mark() -> None:
    versions = [version(0, days=100)]
    snapshots = [snapshot(START + n * DAY / 10) for n in range(40)]
    snapshots.append(snapshot(START + 60 * DAY, source=Source.WAYBACK))
    snapshots.append(snapshot(START + 80 * DAY, fault=Fault.BOT_WALL))
    view = drawn(versions, [], snapshots)
    assert [mark.label for mark in view.sources] == [
        "40 snapshots from the live page: 2020-03-10 to 2020-03-13",
        "1 snapshot from the Wayback Machine: 2020-05-09",
    ]
    assert [mark.label for mark in view.faults] == ["1 snapshot not the document: 2020-05-29"]


def test_gaps_are_drawn_where_nobody_looked() -> None:
    view = timeline_view([version(0, days=100)], [], [], [(START + 10 * DAY, START + 20 * DAY)])
    assert view is not None
    (gap,) = view.gaps
    assert 90 < gap.x < 105
    assert gap.label == "Not seen: 2020-03-20 to 2020-03-30"


def test_the_axis_has_few_dates_whatever_the_time() -> None:
    for days in (1, 10, 100, 1000, 10_000):
        ticks = drawn([version(0, days=days), version(1, days=days)]).ticks
        assert len(ticks) <= 15
        assert all(0 <= tick.x <= WIDTH for tick in ticks)
    assert drawn([version(0, days=4000)]).ticks[0].label == "2021"
    assert drawn([version(0, days=100)]).ticks[0].label == "2020-04"
