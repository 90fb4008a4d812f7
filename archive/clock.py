"""The clock that all processes on a database share: PostgreSQL's own. SQLite is of one machine, and has that one's.

Leases, due times and windows are written by one machine and read by another: by clocks of their own, two would hold
what one of them may hold.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from archive.database import transaction
from clausewatch.clock import steady_seconds, utc_now
from clausewatch.counts import counted
from clausewatch.errors import ClockApart

MOST_APART = timedelta(minutes=5)
"""Of two clocks that are farther apart one is wrong, and nobody can say which. Kerberos draws the line there too."""


class SharedClock:
    """The shared time, as it was asked for last and went on since by a clock that nobody sets."""

    def __init__(
        self, engine: Engine, *, own: Callable[[], datetime] = utc_now, steady: Callable[[], float] = steady_seconds
    ) -> None:
        self._engine, self._own, self._steady = engine, own, steady
        self._set: tuple[datetime, float] | None = None

    def set(self) -> None:
        """Ask the database what time it is. Raises ArchiveError."""
        if self._engine.dialect.name != "postgresql":
            return
        with transaction(self._engine) as connection:
            began = self._steady()
            told: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            self._set = (told.astimezone(UTC), (began + self._steady()) / 2)

    def now(self) -> datetime:
        """Now; no question to the database."""
        if self._set is None:
            return self._own()
        told_at, at = self._set
        return told_at + timedelta(seconds=self._steady() - at)

    def apart(self) -> timedelta:
        """How far the clock of this machine is ahead of the shared one."""
        return self._own() - self.now() if self._set else timedelta()

    def check(self) -> None:
        """Raises ClockApart where this machine's clock is too far from the shared one for anything to be done by it."""
        apart = self.apart()
        if abs(apart) > MOST_APART:
            raise ClockApart(
                f"the clock of this machine is {apart_in_words(apart)} the database's; set the one that is wrong"
            )


def apart_in_words(apart: timedelta) -> str:
    """How far a clock is ahead of another, to be followed by which.

    >>> apart_in_words(timedelta(days=-1, minutes=-5)), apart_in_words(timedelta(hours=2))
    ('1 day and 5 minutes behind', '2 hours ahead of')
    """
    side = "ahead of" if apart > timedelta() else "behind"
    hours, minutes = divmod(round(abs(apart).total_seconds() / 60), 60)
    days, hours = divmod(hours, 24)
    parts = [counted(count, noun) for count, noun in
             ((days, "day"), (hours, "hour"), (minutes, "minute")) if count]  # fmt: skip
    return f"{' and '.join(parts[:2])} {side}"
