"""Where every run begins: a home and a database with the same story, copied as often as it is wanted."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.stress.forking import Order
from tests.stress.paths import Place
from tests.support import postgres

KINDS = ("sqlite", "postgresql")
TO_ANOTHER_DATABASE = ("restore", "move")
_NUMBERS = itertools.count()


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
            if path == "migrate":
                made.append(postgres.bare_database(home))
                place = replace(place, other=made[1])
        elif path in TO_ANOTHER_DATABASE:
            made = [postgres.database_of(home)]
            place = replace(place, other=made[0])
        try:
            yield place
        finally:
            for url in made:
                postgres.drop_database(url)
            shutil.rmtree(home)


def order_of(name: str, place: Place, *, boundary: int = 0, seconds: float = 0.0) -> Order:
    return Order(name, str(place.home), place.database, place.other, place.attempt, boundary, seconds)


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
