"""Measure commands as whole processes: wall clock, processor time, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a process and its children."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float


def clausewatch(*words: str | Path) -> list[str]:
    """The command line of this checkout."""
    return [sys.executable, "-m", "clausewatch", *map(str, words)]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def measure(command: Sequence[str], *, home: Path | None = None) -> Measured:
    """Run the command, which must succeed, and measure it with what it started."""
    environment = os.environ | ({"CLAUSEWATCH_HOME": str(home)} if home else {})
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, cwd=ROOT)
    assert process.stderr is not None
    words = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}: {words.decode(errors='replace')[-500:]}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def best(command: Sequence[str], *, runs: int = 5) -> Measured:
    """The run with the least processor time: what the machine's other work disturbed least."""
    return min((measure(command) for _ in range(runs)), key=lambda measured: measured.cpu_seconds)


def lasting(command: Sequence[str], *, seconds: float) -> str:
    """What the command prints. It must succeed, and end within the time."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=seconds)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout
