"""One server of processes and one beginning for each database, for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stress.beginnings import KINDS, Beginning
from tests.stress.forking import Forks
from tests.stress.paths import Place, tell_story


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks() as forks:
        yield forks


@pytest.fixture(scope="session")
def beginnings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Beginning]:
    made = {kind: Beginning(kind, tmp_path_factory.mktemp(kind) / "begin") for kind in KINDS}
    for each in made.values():
        each.home.mkdir()
        tell_story(Place(each.home, each.database, ""))
    return made


@pytest.fixture(params=KINDS)
def beginning(request: pytest.FixtureRequest, beginnings: dict[str, Beginning]) -> Beginning:
    return beginnings[request.param]
