"""A command line with a home of its own, and one with a vendor in it for the tests that only look."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import CommandLine
from tests.support.scenario import BOT_WALL, World, archive_of, day, policy


@pytest.fixture
def run(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


@pytest.fixture(scope="session")
def kites(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """Harbor Kites: retention alters on day 10, a wall on day 15, a recipient comes on day 20. To be looked at."""
    home = tmp_path_factory.mktemp("kites")
    with archive_of(home) as archive:
        world = World(archive)
        world.subscribes()
        vendor = world.vendor()
        pages = (policy(), policy(months=24), policy(months=24, recipient="Google"))
        for number, page in enumerate(pages):
            vendor.publishes(page, at=day(number * 10))
            vendor.publishes(page, at=day(number * 10 + 1))
            if number == 1:
                vendor.publishes(BOT_WALL, at=day(15), status=403)
        world.settles(now=day(30))
    return CommandLine(home)


@pytest.fixture
def pages(tmp_path: Path) -> tuple[Path, Path]:
    """Two files: 18 months become 24."""
    before, after = tmp_path / "before.html", tmp_path / "after.html"
    before.write_text(policy())
    after.write_text(policy(months=24))
    return before, after
