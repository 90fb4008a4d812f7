"""Processes that get a part of a processor, as if each ran on a slower one of its own: by Linux's control groups.

Only where these may be made, which is as root; version 1 and 2 of them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

_VERSIONS = (  # folder, what limits, and what it is told
    (Path("/sys/fs/cgroup/cpu"), "cpu.cfs_quota_us", "{quota}"),
    (Path("/sys/fs/cgroup"), "cpu.max", "{quota} {period}"),
)
_PERIOD_MICROSECONDS = 10_000
"""Short beside what is done at a time: a process that used up its part waits for less than a page takes to be read."""
_END_SECONDS = 20.0  # until processes that were killed are gone, with those that end with them
_numbers = count()


class Group:
    """Processes that share a part of one processor with all that they start."""

    def __init__(self, folder: Path, limit: str, words: str) -> None:
        self._folder, self._limit, self._words = folder, limit, words

    def add(self, process: int) -> None:
        (self._folder / "cgroup.procs").write_text(str(process))

    def slow_to(self, share: float) -> None:
        """From now on they get that part of a processor."""
        quota = round(share * _PERIOD_MICROSECONDS)
        if self._limit == "cpu.cfs_quota_us":
            (self._folder / "cpu.cfs_period_us").write_text(str(_PERIOD_MICROSECONDS))
        (self._folder / self._limit).write_text(self._words.format(quota=quota, period=_PERIOD_MICROSECONDS))


@contextmanager
def group() -> Iterator[Group | None]:
    """A group for the block, which ends its processes; None where no group can be made."""
    for root, limit, words in _VERSIONS:
        folder = root / f"clausewatch-{os.getpid()}-{next(_numbers)}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            yield Group(folder, limit, words) if (folder / limit).exists() else None
        finally:
            _remove(folder)
        return
    yield None


def _remove(folder: Path) -> None:
    end = time.monotonic() + _END_SECONDS
    while True:
        try:
            folder.rmdir()
            return
        except OSError:  # some are still ending
            if time.monotonic() > end:
                raise
        time.sleep(0.1)
