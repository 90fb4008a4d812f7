"""The clocks of this machine: one that anybody may set, and one that nobody sets, the same for all its processes."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The time on the wall."""
    return datetime.now(UTC)


def steady_seconds() -> float:
    """Seconds since some moment; on Linux they go on while the machine sleeps, as the other machines' clocks do."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)
