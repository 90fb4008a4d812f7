from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from clausewatch.errors import UsageError
from notifier.rhythm import checked_hour, checked_zone, day_around, digest_before, due_at

instant = partial(datetime, tzinfo=UTC)
A_SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("every", "now", "due"),
    [
        ("instant", instant(2025, 3, 5, 6), instant(2025, 3, 5, 6)),
        ("daily", instant(2025, 3, 5, 6, 59, 59), instant(2025, 3, 5, 7)),
        ("daily", instant(2025, 3, 5, 7), instant(2025, 3, 6, 7)),
        ("daily", instant(2024, 12, 31, 23), instant(2025, 1, 1, 7)),
        ("weekly", instant(2025, 3, 10, 6), instant(2025, 3, 10, 7)),  # a Monday
        ("weekly", instant(2025, 3, 10, 7), instant(2025, 3, 17, 7)),
        ("weekly", instant(2025, 3, 9, 23), instant(2025, 3, 10, 7)),
    ],
)
def test_digests_are_due_at_seven_in_utc_where_nothing_else_is_asked(every: str, now: datetime, due: datetime) -> None:
    assert due_at(every, now) == due


@pytest.mark.parametrize(
    ("zone", "hour", "now", "due"),
    [
        ("Europe/Berlin", 8, instant(2025, 1, 5, 12), instant(2025, 1, 6, 7)),
        ("Europe/Berlin", 8, instant(2025, 7, 5, 12), instant(2025, 7, 6, 6)),
        ("Asia/Kolkata", 0, instant(2025, 1, 5, 12), instant(2025, 1, 5, 18, 30)),
        ("Pacific/Kiritimati", 7, instant(2025, 1, 5, 12), instant(2025, 1, 5, 17)),  # the next day has begun there
        ("Europe/Berlin", 2, instant(2025, 3, 29, 12), instant(2025, 3, 30, 1)),  # two o'clock is skipped: at three
        ("Europe/Berlin", 2, instant(2025, 10, 25, 12), instant(2025, 10, 26, 0)),  # it comes twice: at the first
        ("Europe/Berlin", 2, instant(2025, 10, 26, 0), instant(2025, 10, 27, 1)),  # and not at the second
    ],
)
def test_digests_are_due_at_the_hour_of_the_place(zone: str, hour: int, now: datetime, due: datetime) -> None:
    assert due_at("daily", now, zone=zone, hour=hour) == due


@pytest.mark.parametrize("hour", [0, 1, 2, 3, 23])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "America/Havana",
                                  "Africa/Casablanca", "Antarctica/Troll"])  # fmt: skip
def test_a_year_has_a_digest_for_each_of_its_days_whatever_clocks_do(zone: str, hour: int) -> None:
    at, found = instant(2025, 1, 1), list[datetime]()
    while at < instant(2026, 1, 2):
        at = due_at("daily", at, zone=zone, hour=hour)
        found.append(at)
    days = Counter(each.astimezone(ZoneInfo(zone)).date() for each in found)
    assert set(days.values()) == {1}
    assert all(timedelta(hours=22) <= after - before <= timedelta(hours=26) for before, after in pairwise(found))


def test_a_day_that_a_place_left_out_has_no_digest_of_its_own() -> None:
    first = due_at("daily", instant(2011, 12, 29, 12), zone="Pacific/Apia", hour=7)  # Samoa went over the date line
    second = due_at("daily", first, zone="Pacific/Apia", hour=7)
    assert [each.astimezone(ZoneInfo("Pacific/Apia")).day for each in (first, second)] == [29, 31]


@pytest.mark.parametrize("every", ["daily", "weekly"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Australia/Lord_Howe"])
def test_before_a_digest_comes_the_one_that_it_follows(every: str, zone: str) -> None:
    at = instant(2025, 1, 1)
    for _ in range(400):
        following = due_at(every, at, zone=zone, hour=2)
        assert digest_before(every, due_at(every, following, zone=zone, hour=2), zone=zone, hour=2) == following
        at = following


def test_a_day_begins_and_ends_at_midnight_of_the_place() -> None:
    begin, end = day_around(instant(2025, 3, 30, 12), zone="Europe/Berlin")  # the clock is put on: 23 hours
    assert (begin, end) == (instant(2025, 3, 29, 23), instant(2025, 3, 30, 22))


def test_a_zone_that_the_system_lost_counts_as_utc() -> None:
    assert due_at("daily", instant(2025, 3, 5, 8), zone="Mars/Olympus") == instant(2025, 3, 6, 7)


def test_an_unknown_rhythm_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="hourly"):
        due_at("hourly", instant(2025, 1, 1))


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Europe", "europe/berlin", "\0", "x" * 10_000])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is no time zone"):
        checked_zone(name)
    assert checked_zone("Europe/Berlin") == "Europe/Berlin"


@pytest.mark.parametrize("hour", [-1, 24, 700])
def test_what_is_no_hour_is_refused(hour: int) -> None:
    with pytest.raises(UsageError, match="is no hour"):
        checked_hour(hour)
    assert checked_hour(23) == 23
