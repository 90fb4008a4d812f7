"""How long work will still take: by the pace measured lately, and never less than a limit allows."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

LATELY = 40  # pieces of work whose pace counts: an archive is quick in the morning and slow at noon
ENOUGH = 5  # fewer say nothing yet


class Remaining:
    """Pieces of work that are left. ``least_seconds`` is what each takes at least, by a limit that others use too."""

    def __init__(self, pieces: int, *, least_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.pieces = pieces
        self._least_seconds = least_seconds
        self._clock = clock
        self._times = deque([clock()], maxlen=LATELY + 1)

    def did_one(self) -> None:
        self.pieces = max(self.pieces - 1, 0)
        self._times.append(self._clock())

    @property
    def seconds(self) -> float | None:
        """What is left takes so long; None where nothing is known yet."""
        done = len(self._times) - 1
        if done < ENOUGH:
            return self.pieces * self._least_seconds or None
        measured = (self._times[-1] - self._times[0]) / done
        return self.pieces * max(measured, self._least_seconds)

    @property
    def words(self) -> str:
        """For people, as ``about 3 minutes left``; empty where nothing is left or known."""
        if not self.pieces or self.seconds is None:
            return ""
        least = "at least" if len(self._times) <= ENOUGH else "about"
        return f"{least} {in_words(self.seconds)} left"


def in_words(seconds: float) -> str:
    """A span for people.

    >>> in_words(1.2), in_words(89), in_words(100), in_words(7000), in_words(250_000)
    ('2 seconds', '89 seconds', '2 minutes', '2 hours', '3 days')
    """
    for unit, length, most in (("second", 1, 90), ("minute", 60, 90), ("hour", 3600, 48), ("day", 86400, 1e9)):
        number = max(-(-seconds // length), 1) if unit == "second" else round(seconds / length)
        if number < most:
            return f"{number:.0f} {unit}" + ("s" if number != 1 else "")
    return ""
