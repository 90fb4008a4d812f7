"""Leads the schedule: of all processes that could, one does, and another one takes over where that one ended.

Time is measured by a clock that nobody can set, so that no change of the wall clock makes two leaders, or none.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from archive import Archive
from archive.leases import give_up_all, lease_of, prolong_lease, take_lease, take_over_lease
from clausewatch.errors import ArchiveError

log = logging.getLogger(__name__)

LEASE = "schedule"


class Leadership:
    """One process that could lead. ``beat`` is called again and again; ``term`` is what came of it."""

    def __init__(
        self,
        open_archive: Callable[[], AbstractContextManager[Archive]],
        *,
        holder: str,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        lease_seconds: float,
        margin_seconds: float,
    ) -> None:
        """A leader not heard of for ``lease_seconds`` is dead; ``margin_seconds`` earlier it thinks so itself."""
        self._open_archive, self.holder, self._now, self._monotonic = open_archive, holder, now, monotonic
        self._lease = timedelta(seconds=lease_seconds)
        self._own = self._lease - timedelta(seconds=margin_seconds)
        self._sure_until: float | None = None
        self._seen: tuple[tuple[str, datetime], float] | None = None
        self._over = threading.Event()

    @property
    def term(self) -> threading.Event | None:
        """While this process leads, what is set once it no longer does; else None."""
        is_leader = self._sure_until is not None and self._monotonic() < self._sure_until
        return self._over if is_leader else None

    def beat(self) -> bool:
        """Hold the leadership on, or take it where nobody has it; whether this process leads.

        Where the database does not answer nothing changes, until the time is over that a leader gives itself.
        """
        began = self._monotonic()
        try:
            with self._open_archive() as archive:
                has_it = self._hold_on(archive) if self._sure_until is not None else self._take(archive, began)
        except ArchiveError as error:
            log.warning("the schedule waits: %s", error)
            return self.term is not None
        self._note(has_it, began)
        return has_it

    def step_down(self) -> None:
        """End the term, so that what is under way stops, and begin none; the lease is still held."""
        self._over.set()

    def resign(self) -> None:
        """Let another one lead at once."""
        self._over.set()
        had_it, self._sure_until = self._sure_until is not None, None
        if not had_it:
            return
        log.info("%s leads the schedule no more", self.holder)
        try:
            with self._open_archive() as archive, archive.write() as connection:
                give_up_all(connection, holder=self.holder)
        except ArchiveError as error:
            log.warning("the lease of the schedule is not given up, it ends by itself: %s", error)

    def _hold_on(self, archive: Archive) -> bool:
        with archive.write() as connection:
            return prolong_lease(connection, LEASE, holder=self.holder, until_at=self._until())

    def _take(self, archive: Archive, began: float) -> bool:
        with archive.read() as connection:
            seen = lease_of(connection, LEASE)
        if seen is None:
            with archive.write() as connection:
                seconds = self._lease.total_seconds()
                return take_lease(connection, LEASE, holder=self.holder, now=self._now(), seconds=seconds)
        if self._seen is None or self._seen[0] != seen:
            self._seen = (seen, self._monotonic())
            return False
        if began - self._seen[1] < self._lease.total_seconds():
            return False
        log.warning("%s leads no more; %s does", seen[0], self.holder)
        with archive.write() as connection:
            return take_over_lease(connection, LEASE, seen=seen, holder=self.holder, until_at=self._until())

    def _until(self) -> datetime:
        return self._now() + self._lease

    def _note(self, has_it: bool, began: float) -> None:
        if not has_it:
            if self._sure_until is not None:
                log.info("%s leads the schedule no more", self.holder)
            self._sure_until = None
            self._over.set()
            return
        if self._sure_until is None:
            log.info("%s leads the schedule", self.holder)
            self._over = threading.Event()
        self._sure_until, self._seen = began + self._own.total_seconds(), None
