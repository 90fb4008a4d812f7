"""Many pairs in real processes: what Ctrl-C and a killed worker do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

pytestmark = [pytest.mark.once, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
CLAUSEWATCH = str(Path(sys.executable).with_name("clausewatch"))


@pytest.fixture
def many(pages: tuple[Path, Path]) -> Path:
    path = pages[0].with_name("pairs.jsonl")
    lines = [{"id": number, "before": pages[0].name, "after": pages[1].name} for number in range(80)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@contextmanager
def comparing(path: Path, **environ: str) -> Iterator[tuple[subprocess.Popen[str], IO[str], IO[str]]]:
    """The command with two processes, in a session of its own so that a signal reaches all of them and nobody else."""
    command = [CLAUSEWATCH, "diff", "--pairs", str(path), "--jobs", "2"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | environ,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        yield child, child.stdout, child.stderr


def test_ctrl_c_ends_all_processes_without_a_trace(many: Path) -> None:
    with comparing(many) as (child, out, err):
        out.readline()
        os.killpg(child.pid, signal.SIGINT)
        out.read()
        assert err.read() == "clausewatch: stopped; what was done is kept, run it again to go on\n"
    assert child.returncode == 130  # and no worker is left: it would keep the standard error open


def test_a_killed_worker_is_replaced_and_no_pair_is_lost(many: Path) -> None:
    with comparing(many) as (child, out, err):
        first = out.readline()
        workers = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        os.kill(int(workers[-1]), signal.SIGKILL)
        rows = [json.loads(line) for line in (first, *out)]
        assert err.read() == ""
    assert child.returncode == 0
    assert [row["id"] for row in rows] == list(range(80))
    assert not any("error" in row for row in rows)


DEADLY = """
import os, signal
from clausewatch.jobs import pairs

compared = pairs._compared

def deadly(before, after):
    if before == after:
        os.kill(os.getpid(), signal.SIGKILL)
    return compared(before, after)

pairs._compared = deadly
"""


def test_a_pair_that_ends_its_worker_each_time_is_an_error(pages: tuple[Path, Path]) -> None:
    """Every Python imports ``sitecustomize``: the workers' kills itself where both sides are one file."""
    before, after = pages
    (before.parent / "sitecustomize.py").write_text(DEADLY)
    path = before.with_name("pairs.jsonl")
    lines = [{"id": number, "before": before.name, "after": (after, before)[number == 2].name} for number in range(5)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with comparing(path, PYTHONPATH=f"{before.parent}:{ROOT}") as (child, out, err):
        rows = [json.loads(line) for line in out]
        assert "1 of 5 pairs failed" in err.read()
    assert child.returncode == 0
    assert [(row["id"], "error" in row) for row in rows] == [(number, number == 2) for number in range(5)]
    assert rows[2]["error"].startswith("the process that compared it was ended from outside")
