"""Leads the schedule: of all processes that could, one does, and another one takes over where that one ended.

Time is measured by a clock that nobody can set, so that no change of the wall clock makes two leaders, or none. A
machine whose wall clock is far from the database's does not lead: it would find due what is not.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from archive import Archive
from archive.leases import give_up_all, lease_of, prolong_lease, take_lease, take_over_lease
from clausewatch.errors import ArchiveError, ClockApart

log = logging.getLogger(__name__)

LEASE = "schedule"


class Leadership:
    """One process that could lead. ``beat`` is called again and again; ``term`` is what came of it. ``expire`` is
    called by another thread, for a beat may wait long for a database that is cut off."""

    def __init__(
        self,
        open_archive: Callable[[], AbstractContextManager[Archive]],
        *,
        holder: str,
        now: Callable[[Archive], datetime],
        steady: Callable[[], float],
        lease_seconds: float,
        margin_seconds: float,
    ) -> None:
        """A leader not heard of for ``lease_seconds`` is dead; ``margin_seconds`` earlier it thinks so itself."""
        self._open_archive, self.holder, self._now, self._steady = open_archive, holder, now, steady
        self._lease = timedelta(seconds=lease_seconds)
        self._own = self._lease - timedelta(seconds=margin_seconds)
        self._sure_until: float | None = None
        self._seen: tuple[tuple[str, datetime], float] | None = None
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._is_apart = False
        self._said = ""

    @property
    def term(self) -> threading.Event | None:
        """While this process leads, what is set once it no longer does; else None."""
        is_leader = self._sure_until is not None and self._steady() < self._sure_until
        return self._over if is_leader else None

    def beat(self) -> bool:
        """Hold the leadership on, or take it where nobody has it; whether this process leads.

        Where the database does not answer nothing changes, until the time is over that a leader gives itself.
        """
        began = self._steady()
        try:
            with self._open_archive() as archive:
                if not self._is_in_time(archive):
                    has_it = self._give_up(archive)
                else:
                    has_it = self._hold_on(archive) if self._sure_until is not None else self._take(archive, began)
        except ArchiveError as error:
            if self._said != str(error):  # once, not at every beat
                log.warning("the schedule waits: %s", error)
            self._said = str(error)
            return self.term is not None
        self._said = ""
        self._note(has_it, began)
        return has_it

    def expire(self) -> None:
        """End a term that was not prolonged in time, so that what is under way stops. Others may lead by now."""
        with self._lock:
            if self._sure_until is None or self._over.is_set() or self._steady() < self._sure_until:
                return
            log.warning("%s leads the schedule no more: the database was not heard of", self.holder)
            self._over.set()

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
            with self._open_archive() as archive:
                self._give_up(archive)
        except ArchiveError as error:
            log.warning("the lease of the schedule is not given up, it ends by itself: %s", error)

    def _is_in_time(self, archive: Archive) -> bool:
        """Whether this machine has the time. It is said where that begins and where it ends."""
        try:
            archive.clock.check()
        except ClockApart as error:
            if not self._is_apart:
                log.error("this process does not lead: %s", error)
            self._is_apart = True
            return False
        if self._is_apart:
            log.info("the clock of this machine and the database's agree again")
        self._is_apart = False
        return True

    def _give_up(self, archive: Archive) -> bool:
        with archive.write() as connection:
            give_up_all(connection, holder=self.holder)
        return False

    def _hold_on(self, archive: Archive) -> bool:
        with archive.write() as connection:
            return prolong_lease(connection, LEASE, holder=self.holder, until_at=self._until(archive))

    def _take(self, archive: Archive, began: float) -> bool:
        with archive.read() as connection:
            seen = lease_of(connection, LEASE)
        if seen is None:
            with archive.write() as connection:
                seconds = self._lease.total_seconds()
                return take_lease(connection, LEASE, holder=self.holder, now=self._now(archive), seconds=seconds)
        if self._seen is None or self._seen[0] != seen:
            self._seen = (seen, self._steady())
            return False
        if began - self._seen[1] < self._lease.total_seconds():
            return False
        log.warning("%s leads no more; %s does", seen[0], self.holder)
        with archive.write() as connection:
            return take_over_lease(connection, LEASE, seen=seen, holder=self.holder, until_at=self._until(archive))

    def _until(self, archive: Archive) -> datetime:
        return self._now(archive) + self._lease

    def _note(self, has_it: bool, began: float) -> None:
        with self._lock:
            if not has_it:
                if self._sure_until is not None and not self._over.is_set():
                    log.info("%s leads the schedule no more", self.holder)
                self._sure_until = None
                self._over.set()
                return
            if self._sure_until is None or self._over.is_set():
                log.info("%s leads the schedule", self.holder)
                self._over = threading.Event()
            self._sure_until, self._seen = began + self._own.total_seconds(), None
