"""A clock that nobody sets, the same for all processes of a machine."""

from __future__ import annotations

import time


def steady_seconds() -> float:
    """Seconds since some moment; on Linux they go on while the machine sleeps, as the other machines' clocks do."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)
