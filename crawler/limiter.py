"""The pace at which the Wayback Machine is asked, kept by all processes on one database together.

The Internet Archive counts per address of the internet, and whoever ignores a 429 for a minute is shut out for an
hour, twice as long each time (edgi-govdata-archiving/wayback, issue 137). Several databases behind one address do not
know of each other: their operator shares the pace out by CLAUSEWATCH_WAYBACK_PACE.
"""

from __future__ import annotations

import logging
import math
import os
import stat
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clausewatch.clock import utc_now
from clausewatch.errors import ArchiveError, RateLimited
from clausewatch.settings import Settings
from crawler.guard import is_allowed
from crawler.outcomes import DEFAULT_PAUSE_SECONDS
from crawler.settings import (
    ARCHIVE_CONNECTIONS,
    INDEX_QUERIES_PER_MINUTE,
    INDEX_SLOT,
    PLAYBACK_SLOT,
    PLAYBACKS_PER_SECOND,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

log = logging.getLogger(__name__)

WINDOW_SECONDS = 1.0
"""What is reserved at once, so that the database is asked once a second and not for every playback."""
_SLACK = 0.1  # of the span that is counted over: how late a request may leave; a second for the index at most
_LONGEST_SLACK_SECONDS = 1.0
_LONGEST_NAME = 60  # what follows it in names of limits and leases has room


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in any span of so many seconds, and not one more.

    They leave ``interval`` apart, which is a little more than their share of the span: those that leave late, by the
    slack at most, crowd no span.

    >>> Rate(8, 1.0).interval, Rate(24, 60.0).slack
    (0.1375, 1.0)
    """

    count: int
    seconds: float

    @property
    def slack(self) -> float:
        return min(self.seconds * _SLACK, _LONGEST_SLACK_SECONDS)

    @property
    def interval(self) -> float:
        return (self.seconds + self.slack) / self.count

    @property
    def at_once(self) -> int:
        """How many requests a window holds."""
        return max(1, math.floor(WINDOW_SECONDS / self.interval))


@dataclass(frozen=True, slots=True)
class Window:
    """A time that is ours alone: requests leave ``interval`` seconds apart, the last one no later than ``until_at``."""

    start_at: datetime
    until_at: datetime
    interval: float


class Limiter:
    """The limits of one archive: of its index, of its playback, and the pause that closes both.

    Without an engine nothing is limited: the archive is the operator's own. The database is loaded where it is needed.
    """

    def __init__(
        self, archive: str, engine: Engine | None, *, rates: dict[str, Rate], now: Callable[[], datetime]
    ) -> None:
        self.archive = archive
        self.rates = rates
        self.refused: RateLimited | None = None  # another process was told of a pause
        self._engine = engine
        self.now = now  # as all processes on the database have it
        self._name = f"wayback {urlsplit(archive).netloc}"[:_LONGEST_NAME]
        self._holder = uuid.uuid4().hex

    def reserve(self, slot: str) -> Window | None:
        """The next window for the index or for playback; None where nothing is limited. Raises RateLimited."""
        if self._engine is None:
            return None
        from archive.limits import reserve_window

        rate, now = self.rates[slot], self.now()
        length = timedelta(seconds=rate.at_once * rate.interval)
        with self._transaction(is_writer=True) as connection:
            self._refuse_while_closed(connection, now)
            start_at = reserve_window(connection, f"{self._name} {slot}", length=length, now=now)
        last_seconds = (rate.at_once - 1) * rate.interval + rate.slack
        return Window(start_at, start_at + timedelta(seconds=last_seconds), rate.interval)

    def here(self, at: datetime) -> float:
        """When that is by the clock of this machine, as a timestamp."""
        return (at + (utc_now() - self.now())).timestamp()

    def share(self, in_use: int) -> int | None:
        """How many connections may be used, of those that all processes share; 0: others have them all, ask again;
        None where nothing is limited. So many are ``in_use`` still, which are not given to others."""
        if self._engine is None:
            return None
        from archive.limits import share_connections

        with self._transaction(is_writer=True) as connection:
            return share_connections(
                connection, self._name, holder=self._holder, most=ARCHIVE_CONNECTIONS, in_use=in_use, now=self.now()
            )

    def give_up_share(self) -> None:
        """No connection is open any more."""
        if self._engine is None:
            return
        from archive.leases import give_up_all

        try:
            with self._transaction(is_writer=True) as connection:
                give_up_all(connection, holder=self._holder)
        except ArchiveError as error:
            log.warning("the connections to %s come free by themselves: %s", self.archive, error)

    def check(self) -> None:
        """Raises RateLimited while a pause lasts."""
        if self._engine is not None:
            with self._transaction() as connection:
                self._refuse_while_closed(connection, self.now())

    def close(self, asked_seconds: float | None) -> float:
        """The archive asked for a pause; gives how many seconds nobody may ask, in any process."""
        if self._engine is None:
            return max(asked_seconds or 0.0, DEFAULT_PAUSE_SECONDS)
        from archive.limits import close

        now = self.now()
        with self._transaction(is_writer=True) as connection:
            until = close(connection, self._name, asked_seconds=asked_seconds, now=now)
        return (until - now).total_seconds()

    def refusal(self, why: str, seconds: float) -> RateLimited:
        """What is raised while a pause of so many seconds lasts."""
        return RateLimited(
            f"{self.archive}: {why}; try again in {seconds:.0f} seconds", url=self.archive, retryable=True,
            retry_after_seconds=seconds,
        )  # fmt: skip

    def _transaction(self, *, is_writer: bool = False) -> AbstractContextManager[Connection]:
        from archive.database import transaction

        assert self._engine is not None
        return transaction(self._engine, is_writer=is_writer)

    def _refuse_while_closed(self, connection: Connection, now: datetime) -> None:
        from archive.limits import closed_until

        until = closed_until(connection, self._name, now=now)
        if until is not None:
            self.refused = self.refusal("it asked for a pause", (until - now).total_seconds())
            raise self.refused


@contextmanager
def open_limiter(settings: Settings, *, now: Callable[[], datetime] | None = None) -> Iterator[Limiter]:
    """The limiter of the archive that the settings name, on their database, by its clock if no other is given.

    Where there is no database it is a small one in the folder for temporary files: a one-off comparison makes no
    archive, and must keep a pause that the next one has to respect. Raises ArchiveError where there is one that cannot
    be used: by another count of its own it would ask too fast.
    """
    rates = rates_of(settings)
    if rates is None:
        yield Limiter(settings.wayback_url, None, rates={}, now=utc_now)
        return
    with _engine_of(settings) as (engine, shared_now):
        yield Limiter(settings.wayback_url, engine, rates=rates, now=now or shared_now)


def rates_of(settings: Settings) -> dict[str, Rate] | None:
    """The rates of the archive; None for one of the operator's own to which no pace was set."""
    pace = settings.wayback_pace
    if is_allowed(settings.wayback_url, settings.allow_hosts):
        if pace is None:
            return None
        index, playback = pace
    else:  # what the public archives ask for is never exceeded, whatever is set
        index, playback = pace or (INDEX_QUERIES_PER_MINUTE, PLAYBACKS_PER_SECOND)
        index, playback = min(index, INDEX_QUERIES_PER_MINUTE), min(playback, PLAYBACKS_PER_SECOND)
    return {INDEX_SLOT: Rate(index, 60.0), PLAYBACK_SLOT: Rate(playback, 1.0)}


@contextmanager
def _engine_of(settings: Settings) -> Iterator[tuple[Engine, Callable[[], datetime]]]:
    """What the limits are kept in, and its clock."""
    from archive import open_archive
    from archive.limits import open_limits_alone

    if _is_there(settings.database):
        with open_archive(settings) as archive:
            yield archive.engine, archive.clock.now
        return
    folder = Path(tempfile.gettempdir()) / f"clausewatch-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise ArchiveError(f"{folder}: is not ours; remove it, or make an archive by clausewatch documents")
    engine = open_limits_alone(folder)
    try:
        yield engine, utc_now
    finally:
        engine.dispose()


def _is_there(database: str) -> bool:
    from sqlalchemy.engine import make_url

    url = make_url(database)
    if url.get_backend_name() != "sqlite":
        return True
    return bool(url.database) and Path(url.database or "").exists()
