"""What every test shares: repeatable property tests, and skips that fail where all tests must run."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from clausewatch.settings import Settings
from tests.support import postgres

# shared machines are slow at times: no test is judged by the clock, and the same examples are tried every time
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("repeatable")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, None]:
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CLAUSEWATCH_TESTS_MUST_RUN"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: was skipped where every test must run: {report.longrepr}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks for leftovers comes last, whatever the names of folders."""
    items.sort(key=lambda item: item.path.name == "test_zz_leftovers.py")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith("CLAUSEWATCH_") and name not in ("CLAUSEWATCH_TESTS_MUST_RUN", "CLAUSEWATCH_TESTS_DATABASE"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def _own_database() -> Iterator[None]:
    """Every archive of this process in PostgreSQL, where the run is to be over that; also those of all tests."""
    with pytest.MonkeyPatch.context() as patch:
        if postgres.IS_WANTED:
            patch.setattr(Settings, "database", property(_database))
        yield


@pytest.fixture(autouse=True)
def _no_database_left() -> Iterator[None]:
    with postgres.dropped_at_the_end():
        yield


def _database(settings: Settings) -> str:
    return settings.database_url or postgres.database_of(settings.home)
