"""A machine whose clock is wrong hears it from the sites that it asks."""

from __future__ import annotations

import doctest
from datetime import timedelta
from email.utils import format_datetime

import pytest

from archive import clock
from clausewatch.jobs.site_clocks import SiteClocks
from crawler.outcomes import Outcome
from tests.support.scenario import day

pytestmark = pytest.mark.once
NOW = day(0)


def asked(*ahead: timedelta, age: int = 0) -> SiteClocks:
    """Sites of which our clock is so far ahead, and one that does not say."""
    clocks = SiteClocks()
    for number, by in enumerate(ahead):
        headers = {"date": format_datetime(NOW - by - timedelta(seconds=age), usegmt=True), "age": str(age)}
        clocks.note(Outcome("a", f"https://kites{number}.example/privacy", NOW, status=200, headers=headers))
    clocks.note(Outcome("a", "https://silent.example/privacy", NOW, status=200, headers={}))
    return clocks


@pytest.mark.parametrize(
    ("ahead", "told"), [(timedelta(days=1), "1 day ahead of"), (timedelta(hours=-2), "2 hours behind")]
)
def test_a_clock_that_most_sites_contradict_is_wrong(ahead: timedelta, told: str) -> None:
    doubt = asked(ahead, ahead, timedelta(), ahead).doubt()
    assert doubt == f"the clock of this machine is {told} those of 4 sites: set it; what was found has wrong dates"


def test_a_site_may_be_wrong_and_some_seconds_are_nothing() -> None:
    assert asked(timedelta(days=9), timedelta(seconds=20), timedelta()).doubt() is None
    assert asked(timedelta(days=9), timedelta(days=9)).doubt() is None  # too few to say


def test_what_a_cache_keeps_was_answered_long_ago() -> None:
    assert asked(timedelta(), timedelta(), timedelta(), age=86_400).doubt() is None


@pytest.mark.parametrize("headers", [{"date": "soon"}, {"date": format_datetime(NOW), "age": "old"}, {}])
def test_a_date_that_is_none_says_nothing(headers: dict[str, str]) -> None:
    clocks = SiteClocks()
    for number in range(4):
        clocks.note(Outcome("a", f"https://kites{number}.example/", NOW + timedelta(days=1), headers=headers))
    assert clocks.doubt() is None


def test_the_words_for_it_are_as_documented() -> None:
    results = doctest.testmod(clock)
    assert (results.failed, results.attempted > 0) == (0, True)
