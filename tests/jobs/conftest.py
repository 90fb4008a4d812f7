"""An archive in a folder of the test, and a world around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import Archive
from tests.support.scenario import World, archive_of


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with archive_of(tmp_path) as archive:
        yield archive


@pytest.fixture
def world(archive: Archive) -> World:
    return World(archive)
