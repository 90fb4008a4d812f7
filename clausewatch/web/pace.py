"""How often something may happen for one key. Kept in memory: a restart forgets, and that does no harm."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta

MOST_KEYS = 10_000  # beyond it the keys unused for longest are forgotten, so that memory stays bounded


class Pace:
    """Counts per key over a sliding window. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: dict[str, deque[datetime]] = {}

    def allows(self, key: str, *, most: int, per: timedelta, now: datetime) -> bool:
        """Whether it may happen now; if so it is counted."""
        with self._lock:
            times = self._times.pop(key, None) or deque()
            while times and times[0] <= now - per:
                times.popleft()
            is_allowed = len(times) < most
            if is_allowed:
                times.append(now)
            self._times[key] = times  # at the end: dictionaries keep the order of insertion
            while len(self._times) > MOST_KEYS:
                del self._times[next(iter(self._times))]
            return is_allowed
