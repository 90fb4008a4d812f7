"""A kill at any moment of an import loses nothing and doubles nothing: real processes, killed for good."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import postgres
from tests.support.rows import rows_of
from tests.support.scenario import World, archive_of, day, policy
from tests.support.warcs import warc_file

KILLS = 5
LONGEST_SECONDS = 120
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


def subscribed(home: Path) -> None:
    with archive_of(home) as archive:
        World(archive).subscribes()


def moments(child: subprocess.Popen[bytes], home: Path) -> Iterator[float]:
    """Seconds since the child began to store, as long as it runs."""
    while not (home / "blobs").exists() and child.poll() is None:
        time.sleep(0.005)
    started = time.monotonic()
    while child.poll() is None:
        yield time.monotonic() - started
        time.sleep(0.005)


@pytest.mark.slow
def test_an_import_killed_at_any_moment_goes_on_and_doubles_nothing(warc: Path, tmp_path: Path) -> None:
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    subscribed(calm)
    with importing(warc, calm) as child:
        assert child.stderr is not None
        longest = max(moments(child, calm))
        said = child.stderr.read()
    assert child.returncode == 0, said.decode()

    chance = random.Random(7)
    subscribed(killed)
    deaths = 0
    for _ in range(KILLS):
        with importing(warc, killed) as child:
            wanted = chance.uniform(0, longest / 2)
            for now in moments(child, killed):
                if now >= wanted:
                    child.send_signal(signal.SIGKILL)
                    break
            child.communicate(timeout=LONGEST_SECONDS)
            deaths += child.returncode == -signal.SIGKILL
    assert deaths >= 3
    run_to_the_end(warc, killed)
    with archive_of(calm) as one, archive_of(killed) as other:
        expected, found = rows_of(one), rows_of(other)
    assert set(found["blobs"]) >= set(expected["blobs"])
    found["blobs"] = expected["blobs"]  # a killed write may leave a file beside, to be swept
    assert found == expected
    assert len(expected["notices"]) > 3


@pytest.mark.slow
def test_workers_of_a_killed_import_end_with_it(warc: Path, tmp_path: Path) -> None:
    child = importing(warc, tmp_path)
    workers: set[int] = set()
    for _ in moments(child, tmp_path):
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
