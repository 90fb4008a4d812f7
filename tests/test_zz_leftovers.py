"""Runs last: whatever the tests started has ended."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes import children_of, command_of

PATIENCE_SECONDS = 60.0  # what was told to end may take a moment
LISTENING = "0A"  # of /proc/net/tcp
OF_DASK = "Dask-Offload"  # its threads for packing, which end with Python
OF_PYTHON = "multiprocessing.resource_tracker"  # Python keeps it for worker processes until it ends itself

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc to look into")


def left_over(find: Callable[[], list[str]]) -> list[str]:
    """What is there still, when it had its time to go."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (found := find()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def threads() -> list[str]:
    return [
        each.name
        for each in threading.enumerate()
        if each is not threading.main_thread() and not each.name.startswith(OF_DASK)
    ]


def children() -> list[str]:
    commands = {pid: command_of(pid) for pid in children_of(os.getpid())}
    return [f"{pid}: {command}" for pid, command in commands.items() if command and OF_PYTHON not in command]


def listening_sockets() -> list[str]:
    own = {str(target) for fd in Path("/proc/self/fd").iterdir() if (target := link_of(fd)) is not None}
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and f"socket:[{fields[9]}]" in own:
                found.append(f"{table} {fields[1]}")
    return found


def link_of(fd: Path) -> Path | None:
    try:
        return fd.readlink()
    except FileNotFoundError:
        return None  # the one that this very listing had open


def test_no_thread_is_left() -> None:
    assert left_over(threads) == []


def test_no_child_process_is_left() -> None:
    assert left_over(children) == []


def test_no_listening_socket_is_left() -> None:
    assert left_over(listening_sockets) == []
