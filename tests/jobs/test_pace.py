"""Looks spread over the day: no bursts, none late, sooner where a text changes, patient where something failed."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from clausewatch.jobs.pace import FIRST_RETRY, LATEST, SOONEST, interval_of, next_look_at, slowest_interval
from clausewatch.model import Document, content_id

START = datetime(2025, 1, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
DOCUMENT = Document(id="d", vendor="v", vendor_name="V", slug="p", type="P", interval_hours=12)
TICK = timedelta(minutes=5)  # how often what is due is looked for
IDS = [content_id("document", number) for number in range(1000)]


def simulated(next_at: Callable[[str, datetime, int], datetime], *, until: datetime) -> dict[str, list[datetime]]:
    """The looks of a thousand documents that were added at once, over a virtual clock that ticks."""
    queue = [(START, id) for id in IDS]
    looks: dict[str, list[datetime]] = {id: [] for id in IDS}
    while queue[0][0] < until:
        due_at, id = heapq.heappop(queue)
        at = START - (START - due_at) // TICK * TICK  # the first tick at or after the due time
        looks[id].append(at)
        heapq.heappush(queue, (next_at(id, at, len(looks[id])), id))
    return looks


def load_after(looks: dict[str, list[datetime]], start: datetime) -> Counter[datetime]:
    return Counter(at for times in looks.values() for at in times if at >= start)


def longest(looks: dict[str, list[datetime]]) -> timedelta:
    return max(later - before for times in looks.values() for before, later in pairwise(times))


@pytest.mark.parametrize("hours", [6, 12, 24])
def test_a_week_of_documents_added_at_once_is_flat(hours: int) -> None:
    interval = hours * HOUR
    looks = simulated(lambda id, at, _: next_look_at(id, looked_at=at, interval=interval), until=START + WEEK)
    load = load_after(looks, START + LATEST * interval)
    ticks = (WEEK - LATEST * interval) / TICK
    assert max(load.values()) <= 3 * load.total() / ticks
    assert longest(looks) <= LATEST * interval


def test_the_first_turn_after_the_burst_is_flat_too() -> None:
    interval = 12 * HOUR
    looks = simulated(lambda id, at, _: next_look_at(id, looked_at=at, interval=interval), until=START + 15 * HOUR)
    load = load_after(looks, START + TICK)
    assert max(load.values()) <= 3 * load.total() / (12 * HOUR / TICK)


def test_none_is_missed_or_doubled() -> None:
    interval = 12 * HOUR
    looks = simulated(lambda id, at, _: next_look_at(id, looked_at=at, interval=interval), until=START + WEEK)
    assert {len(times) for times in looks.values()} <= {14, 15}


def test_intervals_that_change_on_the_way_keep_the_load_flat_and_nothing_late() -> None:
    def interval_after(id: str, looks: int) -> timedelta:
        """Some lively, some quiet, changing over as they go."""
        return (6, 12, 12, 24)[(int(id, 16) + looks // 5) % 4] * HOUR

    looks = simulated(
        lambda id, at, turn: next_look_at(id, looked_at=at, interval=interval_after(id, turn)), until=START + WEEK
    )
    load = load_after(looks, START + 30 * HOUR)
    assert max(load.values()) <= 3 * load.total() / ((WEEK - 30 * HOUR) / TICK)
    for id, times in looks.items():
        for turn, (before, later) in enumerate(pairwise(times), 1):
            assert later - before <= LATEST * interval_after(id, turn)


def test_a_look_by_hand_is_followed_by_none_at_once() -> None:
    for minutes in range(0, 24 * 60, 7):
        at = START + timedelta(minutes=minutes)
        wait = next_look_at("some", looked_at=at, interval=12 * HOUR) - at
        assert SOONEST * 12 * HOUR <= wait <= LATEST * 12 * HOUR


def test_what_failed_is_tried_again_after_an_hour_then_ever_later_up_to_the_interval() -> None:
    waits = [
        max(next_look_at(id, looked_at=START, interval=24 * HOUR, failures=failures) - START for id in IDS) / HOUR
        for failures in (1, 2, 3, 4, 5, 6, 60)
    ]
    assert [round(wait) for wait in waits] == [1, 2, 5, 10, 19, 29, 29]
    soonest = min(next_look_at(id, looked_at=START, interval=24 * HOUR, failures=1) for id in IDS)
    assert soonest - START >= FIRST_RETRY


def test_what_failed_together_is_not_tried_again_together() -> None:
    again = Counter(next_look_at(id, looked_at=START, interval=12 * HOUR, failures=3).replace(second=0, microsecond=0)
                    for id in IDS)  # fmt: skip
    assert max(again.values()) < 50


def test_a_pause_that_was_asked_for_is_kept_in_any_case() -> None:
    pause = 20 * 3600.0
    for failures in (0, 1, 9):
        due_at = next_look_at("some", looked_at=START, interval=12 * HOUR, failures=failures, pause_seconds=pause)
        assert due_at >= START + timedelta(seconds=pause)


@pytest.mark.parametrize(
    ("days", "has_changed", "hours"),
    [
        (0.1, True, 6),
        (6.9, True, 6),
        (7, True, 12),
        (0.1, False, 12),
        (181, True, 12),
        (182, True, 24),
        (500, False, 24),
    ],
)
def test_the_interval_goes_with_how_long_the_text_stood(days: float, has_changed: bool, hours: int) -> None:
    since_at = START - timedelta(days=days)
    assert interval_of(DOCUMENT, text_since_at=since_at, has_changed=has_changed, now=START) == hours * HOUR


def test_of_a_document_that_was_never_read_the_interval_is_its_own() -> None:
    assert interval_of(DOCUMENT, text_since_at=None, has_changed=False, now=START) == 12 * HOUR
    assert slowest_interval(DOCUMENT) == 24 * HOUR
