"""How long things are kept over time, drawn as steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from archive.ledger import Entry
from clausewatch.views.steps import HEIGHT, Steps, steps_of

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
LAST = FIRST + timedelta(days=100)


def entry(value: str, first: int, last: int, *, subject: str = "orders", is_current: bool = False) -> Entry:
    return Entry(
        vendor="looms", document="privacy-policy", kind="retention", value=value,
        first_at=FIRST + timedelta(days=first), last_at=FIRST + timedelta(days=last), is_current=is_current,
        version="0", subjects=(subject,), quote="",
    )  # fmt: skip


def drawn(*entries: Entry) -> Sequence[Steps]:
    return steps_of(entries, FIRST, LAST, width=300)


def test_a_period_that_grew_goes_up_where_the_next_was_first_seen() -> None:
    (steps,) = drawn(entry("24 months", 50, 90, is_current=True), entry("12 months", 0, 40))
    assert steps.points == "0.0,36.0 150.0,36.0 150.0,4.0 300.0,4.0"
    assert steps.label == "12 months from 2020-01-01, then 24 months from 2020-02-20"
    assert steps.subject == "orders"


def test_what_is_said_in_other_words_or_of_other_things_is_no_step() -> None:
    assert drawn(entry("12 months", 0, 40), entry("24 months", 0, 40)) == ()  # both at once
    assert drawn(entry("12 months", 0, 40), entry("24 months", 50, 90, subject="letters")) == ()
    assert drawn(entry("12 months", 0, 40), entry("as long as needed", 50, 90)) == ()
    assert drawn(entry("2 years", 0, 40), entry("2 years", 50, 90)) == ()


def test_days_and_years_fit_into_one_picture_and_what_ended_ends() -> None:
    (steps,) = drawn(entry("1 day", 0, 10), entry("10 years", 20, 30), entry("1 day", 40, 50))
    places = [tuple(map(float, point.split(","))) for point in steps.points.split()]
    assert all(0 <= x <= 300 and 0 <= y <= HEIGHT for x, y in places)
    assert places[-1][0] == 150
    assert [value for _, value in steps.periods] == ["1 day", "10 years", "1 day"]
