"""Processes on this machine by /proc, of which any may end while it is looked at."""

from __future__ import annotations

from pathlib import Path


def children_of(pid: int) -> set[int]:
    """The processes that a process has started and that still run."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except FileNotFoundError:
        return set()
    return {int(child) for task in tasks for child in _read(task / "children").split()}


def below(pid: int) -> set[int]:
    """Those, and theirs."""
    own = children_of(pid)
    return own.union(*(below(child) for child in own))


def command_of(pid: int) -> str:
    """How the process was called, words apart by spaces; nothing where it has ended."""
    return _read(Path(f"/proc/{pid}/cmdline")).replace("\0", " ")


def is_running(pid: int) -> bool:
    """Whether the process is there and has not ended."""
    return "\nState:" in (status := _read(Path(f"/proc/{pid}/status"))) and "\nState:\tZ" not in status


def is_stopped(pid: int) -> bool:
    """Whether the process was told to stop for now, and has."""
    return "\nState:\tT" in _read(Path(f"/proc/{pid}/status"))


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
