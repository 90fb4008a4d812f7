"""What is left is said by the pace measured lately, and never as less than the limit allows."""

from __future__ import annotations

import doctest

from clausewatch.jobs import remaining as module
from clausewatch.jobs.remaining import LATELY, Remaining


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def worked(remaining: Remaining, clock: Clock, pieces: int, *, seconds: float) -> str:
    for _ in range(pieces):
        clock.now += seconds
        remaining.did_one()
    return remaining.words


def test_before_anything_is_measured_the_limit_says_the_least() -> None:
    assert Remaining(800, least_seconds=0.125).words == "at least 2 minutes left"
    assert Remaining(800, least_seconds=0.0).words == ""
    assert Remaining(0, least_seconds=0.125).words == ""


def test_what_is_measured_lately_counts() -> None:
    clock = Clock()
    remaining = Remaining(1000, least_seconds=0.125, clock=clock)
    assert worked(remaining, clock, 10, seconds=1.0) == "about 16 minutes left"  # 990 seconds
    assert worked(remaining, clock, LATELY + 1, seconds=4.0) == "about 63 minutes left"  # 949 times 4 seconds
    assert worked(remaining, clock, 949, seconds=4.0) == ""


def test_nothing_goes_faster_than_the_limit() -> None:
    clock = Clock()
    remaining = Remaining(110, least_seconds=0.5, clock=clock)
    assert worked(remaining, clock, 10, seconds=0.001) == "about 50 seconds left"


def test_the_examples_in_the_docstrings_hold() -> None:
    results = doctest.testmod(module)
    assert (results.failed, results.attempted > 0) == (0, True)
