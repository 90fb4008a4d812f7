"""What digests say of the watch: of which days, and whose days these are."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive.subscriptions import add_subscription
from clausewatch.model import Rule
from tests.notifier.delivering import delivered, mails
from tests.notifier.samples import part_of
from tests.notifier.scenario import DAY, NOW, Scenario, opened

SEVEN = NOW.replace(hour=7, minute=0) + DAY  # of Thursday, 6 March
LATE = timedelta(seconds=40)  # no scheduler looks at the very moment


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    with opened(tmp_path / "home") as scenario:
        yield scenario


def told_of_the_watch(scenario: Scenario, *, now: datetime, subtype: str = "plain") -> str:
    delivered(scenario, now=now)
    (mail,) = mails(scenario)
    return " ".join(part_of(mail, subtype).split())


@pytest.mark.parametrize("late", [timedelta(), LATE, timedelta(hours=20)])
@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_a_digest_tells_of_the_whole_day_before_it_however_late_it_is(
    scenario: Scenario, late: timedelta, subtype: str
) -> None:
    scenario.subscribes(every="daily")
    scenario.changes()
    said = told_of_the_watch(scenario, now=SEVEN + late, subtype=subtype)
    assert "From 5 March 2025 to 6 March 2025 Clausewatch watched" in said


def test_a_digest_of_several_changes_tells_of_the_same_days(scenario: Scenario) -> None:
    scenario.subscribes(every="weekly")
    scenario.changes()
    scenario.changes("Pacekeeper")
    said = told_of_the_watch(scenario, now=SEVEN + 4 * DAY + LATE)
    assert "From 3 March 2025 to 10 March 2025 Clausewatch watched" in said


def test_the_days_are_those_of_the_place_where_the_digest_is_read(scenario: Scenario) -> None:
    with scenario.archive.write() as connection:
        add_subscription(connection, "ada@example.com", Rule(), every="daily", now=NOW - DAY, is_confirmed=True,
                         zone="Pacific/Auckland", hour=8)  # fmt: skip
    scenario.changes()
    said = told_of_the_watch(scenario, now=NOW + DAY)  # 8:00 there is 19:00 of the day before in UTC
    assert "From 5 March 2025 to 6 March 2025 Clausewatch watched" in said


def test_what_is_told_at_once_says_nothing_of_the_watch(scenario: Scenario) -> None:
    scenario.subscribes()
    scenario.changes()
    assert "Clausewatch watched" not in told_of_the_watch(scenario, now=NOW)
