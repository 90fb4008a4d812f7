"""One archive with a vendor in it for the tests that only look, and a new one for each test that changes something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.scenario import Scenario, looms, opened


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    with opened(tmp_path) as scenario:
        yield scenario


@pytest.fixture(scope="session")
def archive_of_looms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    """Tidewater Looms with its policy. Not to be written to."""
    with opened(tmp_path_factory.mktemp("looms")) as scenario:
        looms(scenario)
        yield scenario
