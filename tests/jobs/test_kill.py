"""A kill at any moment of an import loses nothing and doubles nothing: real processes, killed for good."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from archive import Archive
from archive.tables import metadata
from tests.support import postgres
from tests.support.rows import rows_of
from tests.support.scenario import World, archive_of, day, policy
from tests.support.warcs import warc_file

KILLS = 5
LONGEST_SECONDS = 120
COUNTED = ("snapshots", "versions", "comparisons", "notices")
FILLER = " ".join(f"We explain point {number} of our policy to you." for number in range(600))


@pytest.fixture(scope="module")
def warc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three vendors with forty snapshots each, of pages long enough to take a while."""
    path = tmp_path_factory.mktemp("warc") / "vendors.warc.gz"
    with warc_file(path) as writer:
        for number in range(40):
            for vendor in ("harborkites", "gullwing", "larkspur"):
                page = policy(months=12 + number // 4 * 6, nonce=f"{number}", extra=FILLER)
                writer.response(f"https://{vendor}.example/privacy", page, at=day(number))
    return path


def importing(warc: Path, home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "clausewatch", "import", "warc", "--as-live", str(warc)]
    environ = os.environ | postgres.environ_of(home)
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def run_to_the_end(warc: Path, home: Path) -> None:
    with importing(warc, home) as child:
        _, said = child.communicate(timeout=LONGEST_SECONDS)
    assert child.returncode == 0, said.decode()


@contextmanager
def subscribed(home: Path) -> Iterator[Archive]:
    """An archive with somebody to be told."""
    with archive_of(home) as archive:
        World(archive).subscribes()
        yield archive


def moments(child: subprocess.Popen[bytes], archive: Archive) -> Iterator[int]:
    """How many rows it has come to, as long as the child runs."""
    counts = (select(func.count()).select_from(metadata.tables[noun]).scalar_subquery() for noun in COUNTED)
    count = select(*counts)
    while child.poll() is None:
        with archive.read() as connection:
            yield sum(connection.execute(count).one())
        time.sleep(0.005)


@pytest.mark.slow
def test_an_import_killed_at_any_moment_goes_on_and_doubles_nothing(warc: Path, tmp_path: Path) -> None:
    with subscribed(tmp_path / "calm") as calm:
        run_to_the_end(warc, tmp_path / "calm")
        expected = rows_of(calm)
    chance, most, deaths = random.Random(7), sum(len(expected[noun]) for noun in COUNTED), 0
    with subscribed(tmp_path / "killed") as killed:
        for wanted in sorted(chance.uniform(0, 0.9) * most for _ in range(KILLS)):  # a fast machine or a slow one
            with importing(warc, tmp_path / "killed") as child:
                for now in moments(child, killed):
                    if now > wanted:
                        time.sleep(chance.uniform(0, 0.02))  # not only when something was just written
                        child.send_signal(signal.SIGKILL)
                        break
                child.communicate(timeout=LONGEST_SECONDS)
                deaths += child.returncode == -signal.SIGKILL
        assert deaths >= 3
        run_to_the_end(warc, tmp_path / "killed")
        found = rows_of(killed)
    assert set(found["blobs"]) >= set(expected["blobs"])
    found["blobs"] = expected["blobs"]  # a killed write may leave a file beside, to be swept
    assert found == expected
    assert len(expected["notices"]) > 3


@pytest.mark.slow
def test_workers_of_a_killed_import_end_with_it(warc: Path, tmp_path: Path) -> None:
    child = importing(warc, tmp_path)
    workers: set[int] = set()
    with archive_of(tmp_path) as archive:
        for _ in moments(child, archive):
            workers = children_of(child.pid)
            if len(workers) >= 2:
                break
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=LONGEST_SECONDS)
    assert workers
    until = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < until:
        time.sleep(0.02)
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def children_of(pid: int) -> set[int]:
    try:
        return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except FileNotFoundError:
        return set()
