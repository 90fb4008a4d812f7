"""Processes killed for good at boundaries of what is lasting, and at any moment: run again, they end as one that nobody
disturbed. Nothing is lost and nothing is doubled."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from tests.stress.beginnings import KINDS, Beginning, order_of, same
from tests.stress.forking import Forks
from tests.stress.paths import PATHS, Place

KILLS_OF_EACH = 2  # of each path in every run of the tests
KILLS_IN_ALL = 1000  # under `make stress`
SHARE = math.ceil(KILLS_IN_ALL / len(KINDS) / len(PATHS))  # of each path on each database
KILLS_IN_A_ROW = 3  # of one run: at a boundary, at another one as it is run again, at any moment


def killed_and_run_again(
    forks: Forks, place: Place, name: str, *, boundaries: list[int], seconds: list[float]
) -> tuple[int, Place]:
    """Run to the end, killed at these boundaries and then after so many seconds; how often it was killed, and where it
    came to its end."""
    kills = 0
    orders = [order_of(name, place, boundary=each) for each in boundaries]
    orders += [order_of(name, place, seconds=each) for each in seconds]
    for attempt, order in enumerate([*orders, order_of(name, place)]):
        place = replace(place, attempt=attempt)
        ending = forks.run(replace(order, attempt=attempt))
        assert not ending.fault, f"{name}, killed {kills} times, {order}: {ending.fault}"
        kills += ending.is_killed
    assert not ending.is_killed
    return kills, place


@pytest.mark.slow
@pytest.mark.parametrize("name", PATHS)
def test_what_is_killed_and_run_again_ends_as_undisturbed(forks: Forks, beginning: Beginning, name: str) -> None:
    kills_of(forks, beginning, name, wanted=KILLS_OF_EACH, chance=random.Random(name))


@pytest.mark.stress
@pytest.mark.parametrize("name", PATHS)
def test_a_thousand_kills_in_all_lose_and_double_nothing(forks: Forks, beginning: Beginning, name: str) -> None:
    kills = kills_of(forks, beginning, name, wanted=SHARE, chance=random.Random(f"{name} {SHARE}"))
    print(f"{name} on {beginning.kind}: {kills} kills, nothing lost or doubled")


def kills_of(forks: Forks, beginning: Beginning, name: str, *, wanted: int, chance: random.Random) -> int:
    """Kill the path so often, over all its boundaries, and compare every outcome with that of an undisturbed run."""
    path = PATHS[name]
    with beginning.place(name) as place:
        calm = forks.run(order_of(name, place))
        assert not calm.fault, calm.fault
        expected = dict(path.outcome(place))
    first = chance.sample(range(1, calm.boundaries + 1), calm.boundaries)
    kills = 0
    while kills < wanted:
        if not first:
            first = chance.sample(range(1, calm.boundaries + 1), calm.boundaries)
        in_a_row = min(KILLS_IN_A_ROW, wanted - kills)
        boundaries = [first.pop(), chance.randint(1, calm.boundaries)][:in_a_row]
        seconds = [chance.uniform(0.0, calm.seconds)] * (in_a_row == KILLS_IN_A_ROW)
        with beginning.place(name) as place:
            died, place = killed_and_run_again(forks, place, name, boundaries=boundaries, seconds=seconds)
            same(path.outcome(place), expected, f"{name}, killed at {boundaries} and after {seconds}")
        kills += died
    return kills
