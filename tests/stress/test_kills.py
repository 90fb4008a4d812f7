"""Processes killed for good at boundaries of what is lasting, and at any moment: run again, they end as one that nobody
disturbed. Nothing is lost and nothing is doubled."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.stress.forking import Forks, Order
from tests.stress.paths import PATHS, Place, tell_story
from tests.support import postgres

KINDS = ("sqlite", "postgresql")
KILLS_OF_EACH = 2  # of each path in every run of the tests
KILLS_IN_ALL = 1000  # under `make stress`
KILLS_IN_A_ROW = 3  # of one run: at a boundary, at another one as it is run again, at any moment

TO_ANOTHER_DATABASE = ("restore", "move")
_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks() as forks:
        yield forks


@dataclass(frozen=True, slots=True)
class Beginning:
    """A home and a database to be copied for every run."""

    kind: str
    home: Path

    @property
    def database(self) -> str:
        return postgres.database_of(self.home) if self.kind == "postgresql" else f"sqlite:///{self.home / 'one.db'}"

    @contextmanager
    def place(self, path: str) -> Iterator[Place]:
        """A copy, removed at the end."""
        home = self.home.parent / f"{path}-{next(_NUMBERS)}"
        shutil.copytree(self.home, home)
        place, made = Place(home, f"sqlite:///{home / 'one.db'}", f"sqlite:///{home / 'other.db'}"), []
        if self.kind == "postgresql":
            made = [postgres.copy_database(self.database, home)]
            place = replace(place, database=made[0])
        elif path in TO_ANOTHER_DATABASE:
            made = [postgres.database_of(home)]
            place = replace(place, other=made[0])
        try:
            yield place
        finally:
            for url in made:
                postgres.drop_database(url)
            shutil.rmtree(home)


@pytest.fixture(scope="module", params=KINDS)
def beginning(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    made = Beginning(request.param, tmp_path_factory.mktemp("kills") / "begin")
    made.home.mkdir()
    tell_story(Place(made.home, made.database, ""))
    return made


def order_of(name: str, place: Place, *, boundary: int = 0, seconds: float = 0.0) -> Order:
    return Order(name, str(place.home), place.database, place.other, place.attempt, boundary, seconds)


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
def test_a_thousand_kills_lose_and_double_nothing(forks: Forks, beginning: Beginning) -> None:
    share = KILLS_IN_ALL // len(KINDS) // len(PATHS) + 1
    kills = sum(
        kills_of(forks, beginning, name, wanted=share, chance=random.Random(f"{name} {share}")) for name in PATHS
    )
    assert kills >= KILLS_IN_ALL // len(KINDS)


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


def same(found: object, expected: dict[str, object], said: str) -> None:
    """Equal, but that a killed write may leave a file beside, to be swept."""
    assert isinstance(found, dict)
    for key, value in expected.items():
        if key == "blobs":
            assert set(found[key]) >= set(value), said  # type: ignore[call-overload]  # names of files
        elif isinstance(value, dict):
            same(found[key], value, f"{said}: {key}")
        else:
            assert found[key] == value, f"{said}: {key}"
