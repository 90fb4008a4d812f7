"""One lane to the Wayback Machine for all processes of a user on this machine: one batch at a time, pauses kept.

Its limits are per address of the internet, and whoever ignores a 429 for a minute is shut out for an hour, twice
as long each time (edgi-govdata-archiving/wayback, issue 137). Several machines behind one address share no lane.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clausewatch.errors import RateLimited

LONGEST_REST_SECONDS = 5.0  # what is longer is a pause that the archive asked for


@dataclass
class Lane:
    """The lane while it is ours."""

    fd: int

    def pause(self, seconds: float) -> None:
        """Nobody asks before so much time has passed."""
        self._write(time.time() + seconds)

    def rest(self, seconds: float) -> None:
        """The next batch waits so long; a pause that was asked for stays longer."""
        self._write(max(time.time() + seconds, self.open_at()))

    def open_at(self) -> float:
        """When the lane may be used, in seconds since 1970."""
        text = os.pread(self.fd, 64, 0)
        try:
            return float(text)
        except ValueError:
            return 0.0  # new, or written half by a process that was killed

    def _write(self, at: float) -> None:
        os.pwrite(self.fd, f"{at:.3f}\n".encode().ljust(32), 0)


@contextmanager
def take_lane(archive: str, *, folder: Path | None = None, rest_seconds: float) -> Iterator[Lane]:
    """Waits until no other process uses the archive, then until it has rested.

    Raises RateLimited, without waiting, while a pause lasts.
    """
    fd = os.open(_path(archive, folder), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        lane = Lane(fd)
        wait_seconds = lane.open_at() - time.time()
        if wait_seconds > LONGEST_REST_SECONDS:
            raise RateLimited(
                f"{archive}: asked for a pause; try again in {wait_seconds:.0f} seconds",
                url=archive, retryable=True, retry_after_seconds=wait_seconds,
            )  # fmt: skip
        time.sleep(max(wait_seconds, 0.0))
        try:
            yield lane
        finally:
            lane.rest(rest_seconds)
    finally:
        os.close(fd)


def _path(archive: str, folder: Path | None) -> Path:
    name = hashlib.sha256(archive.encode()).hexdigest()[:12]
    return (folder or Path(tempfile.gettempdir())) / f"clausewatch-{os.getuid()}-{name}.lane"
