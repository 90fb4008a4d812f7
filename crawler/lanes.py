"""One lane per host over all processes on a database: a crawl asks no host whose lane another one holds, and none that
asked anybody for a pause. What holds within one process is left to Scrapy's lanes. The database is loaded where it is
needed.

Lanes are leases: what a process held that was killed comes free by itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from clausewatch.errors import ArchiveError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archive import Archive

log = logging.getLogger(__name__)

_LONGEST_NAME = 100  # two hosts whose names begin alike for so long share a lane, which harms neither
_HOST, _SITE = "host ", "site "
SURE = 2 / 3
"""Of the time after which others may take a lane: so long requests begin. The rest is for those under way to end."""


class Lanes:
    """The hosts that are ours to ask. Whoever made it holds the leases of ``holder`` on, and gives them up."""

    def __init__(
        self, archive: Archive, hosts: Collection[str], *, holder: str, now: Callable[[], datetime], seconds: float,
        began: float,
    ) -> None:  # fmt: skip
        """``hosts`` were taken for so many ``seconds``, as those will be that turn up on the way; it ``began`` then, by
        ``clausewatch.clock``."""
        self._archive, self._hosts, self._holder, self._now, self._seconds = archive, set(hosts), holder, now, seconds
        self._lock = threading.Lock()
        self._sure_until = began + seconds * SURE
        self._listeners: list[Callable[[float], None]] = []

    @property
    def hosts(self) -> tuple[str, ...]:
        """Those that are held."""
        with self._lock:
            return tuple(sorted(self._hosts))

    def take(self, host: str) -> bool:
        """Take the lane of a host to which a page led; False where another crawl has it."""
        if host in self.hosts:
            return True
        from archive.leases import take_lease

        name = _lane(host)
        try:
            with self._archive.write() as connection:
                is_ours = take_lease(connection, name, holder=self._holder, now=self._now(), seconds=self._seconds)
        except ArchiveError as error:  # whoever records what comes meets it too, and says so
            log.warning("%s is not asked: %s", host, error)
            return False
        with self._lock:
            self._hosts |= {host} if is_ours else set()
        return is_ours

    @property
    def sure_until(self) -> float:
        """Until when, by ``clausewatch.clock``, nobody else can have the lanes."""
        return self._sure_until

    @contextmanager
    def listening(self, listener: Callable[[float], None]) -> Iterator[None]:
        """Calls the listener with ``sure_until`` whenever that is later than it was; with 0 once the lanes are lost."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def are_held(self, connection: Connection) -> bool:
        """Whether all the lanes are ours still: a process that was held up for long may have lost them."""
        from archive.leases import held_leases

        names = {_lane(host) for host in self.hosts}
        return held_leases(connection, names, holder=self._holder) == names

    def renew(self, began: float) -> None:
        """The leases were prolonged, by a transaction that began at that time by ``clausewatch.clock``."""
        self._say(began + self._seconds * SURE)

    def lose(self) -> None:
        """Others have taken some of the lanes. What is left of this crawl is left to them, or to a later one."""
        log.warning("the crawl was held up, and another one took over hosts of it")
        self._say(0.0)

    def _say(self, sure_until: float) -> None:
        self._sure_until = sure_until
        for listener in list(self._listeners):
            listener(sure_until)

    def paused_seconds(self) -> dict[str, float]:
        """The sites that want to be left alone, and for how long."""
        from archive.limits import closed_limits

        now = self._now()
        with self._archive.read() as connection:
            closed = closed_limits(connection, _SITE, now=now)
        return {name.removeprefix(_SITE): (until_at - now).total_seconds() for name, until_at in closed.items()}


def take_lanes(
    connection: Connection, hosts: Collection[str], *, holder: str, now: datetime, seconds: float
) -> set[str]:
    """Take the lanes of these hosts; gives those that were to be had. In a transaction that writes."""
    from archive.leases import take_leases

    names = {_lane(host): host for host in hosts}
    return {names[name] for name in take_leases(connection, list(names), holder=holder, now=now, seconds=seconds)}


def keep_pause(connection: Connection, site: str, *, until_at: datetime, now: datetime) -> None:
    """A site wants to be left alone until then: by all processes, and for all its documents."""
    from archive.limits import pause_until

    pause_until(connection, (_SITE + site)[:_LONGEST_NAME], until_at=until_at, now=now)


def _lane(host: str) -> str:
    return (_HOST + host)[:_LONGEST_NAME]
