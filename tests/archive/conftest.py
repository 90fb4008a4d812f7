"""An archive in a folder of the test, and a world around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from archive import Archive
from archive.database import open_engine
from tests.support import postgres
from tests.support.scenario import World, archive_of


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with archive_of(tmp_path) as archive:
        yield archive


@pytest.fixture
def world(archive: Archive) -> World:
    return World(archive)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database on either engine, without a table."""
    return postgres.bare_database(tmp_path) if request.param == "postgresql" else f"sqlite:///{tmp_path / 'old.db'}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()
