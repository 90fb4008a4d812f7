"""What the Wayback Machine holds of an address, and its pages as they were.

The choice of rows is ``crawler.cdx.choose``; recording what is played back is left to jobs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from clausewatch.errors import CrawlError, Forbidden, NoSnapshot, RateLimited
from clausewatch.settings import Settings
from crawler.cdx import Row, cdx_url, read_rows
from crawler.dispatcher import TurnDispatcher
from crawler.guard import refusal
from crawler.limiter import Limiter, open_limiter
from crawler.outcomes import ErrorKind, Fetch, FetchKind, Outcome
from crawler.run import run_batch
from crawler.settings import FETCH_TIMEOUT_SECONDS

MAX_PAGES = 100  # of an index: a million rows; more is an archive that turns in a circle
ROUNDS = 3  # how many captures of the same bytes are tried before they count as lost
INDEX_TIMEOUT_SECONDS = 120.0  # the index of a busy address takes its time
_START_SECONDS = 60.0
_SECONDS_A_PLAYBACK = 20.0  # on the average, over four connections, with redirects and retries; the bound of a batch


class Excluded(NoSnapshot):
    """The archive does not show that address, and will not. Do not ask again."""


@dataclass(frozen=True)
class Played:
    """What became of a row. ``is_reused``: another row's bytes, which have the same digest; nothing was asked."""

    row: Row
    outcome: Outcome
    is_reused: bool = False


def list_captures(
    url: str, *, settings: Settings, from_at: datetime | None = None, to_at: datetime | None = None,
    stop: threading.Event | None = None,
) -> list[Row]:  # fmt: skip
    """Every capture of an address between two instants, in time order; none gives an empty list.

    Raises Excluded, RateLimited (the archive wants a pause; see ``retry_after_seconds``), Forbidden (the address
    or the archive's is not public), or CrawlError, also where ``stop`` was set before all were known.
    """
    _check(url, settings)
    _check(settings.wayback_url, settings)
    known: dict[Row, None] = {}
    key: str | None = None
    with open_limiter(settings) as limiter:
        for _ in range(MAX_PAGES):
            query = cdx_url(settings.wayback_url, url, from_at=from_at, to_at=to_at, resume_key=key)
            rows, key = _read_page(_ask(query, url, settings=settings, limiter=limiter, stop=stop), url)
            new = [row for row in rows if row not in known]
            known.update(dict.fromkeys(new))
            if key is None or not new:  # pywb sends the same page again for ever
                break
    return sorted(known, key=lambda row: (row.timestamp, row.original, row.digest))


def play_back(
    rows: Sequence[Row],
    *,
    settings: Settings,
    on_outcome: Callable[[Played], None],
    timeout_seconds: float | None = None,
    fetch_timeout_seconds: float = FETCH_TIMEOUT_SECONDS,
    stop: threading.Event | None = None,
) -> None:
    """Fetch the stored bytes of each row; ``on_outcome`` is called once for each, as they come.

    Rows with the same digest are fetched once and share the body, each with its own time: a return to an earlier
    text costs nothing. Raises RateLimited once the archive wants a pause, after what had come was handed on; rows
    not told of by then are to be asked again later, as are those left when ``stop`` is set; CrawlError where the batch
    ended before the turn of all came, likewise. Raises Forbidden if the
    archive's address is not public.
    """
    _check(settings.wayback_url, settings)
    groups = _by_bytes(rows)
    with open_limiter(settings) as limiter:
        for rounds_left in reversed(range(ROUNDS)):
            bound = timeout_seconds or _START_SECONDS + fetch_timeout_seconds + len(groups) * _SECONDS_A_PLAYBACK
            receiver = _Receiver(groups, on_outcome, limiter, may_try_others=rounds_left > 0)
            _run(
                receiver.fetches(), receiver.receive, limiter, settings=settings, timeout_seconds=bound,
                fetch_timeout_seconds=fetch_timeout_seconds, stop=stop,
            )  # fmt: skip
            if receiver.refusal:
                raise receiver.refusal
            if receiver.unasked:
                raise receiver.unasked
            if not receiver.lost or (stop and stop.is_set()):
                return
            groups = receiver.lost


def count_fetches(rows: Sequence[Row]) -> int:
    """How many of them ``play_back`` has to fetch: rows with the same bytes are fetched once."""
    return len(_by_bytes(rows))


class _Receiver:
    """Tells the rows of each group what became of them; groups whose first row is missing may try their next."""

    def __init__(
        self, groups: Sequence[list[Row]], on_outcome: Callable[[Played], None], limiter: Limiter,
        *, may_try_others: bool,
    ) -> None:  # fmt: skip
        self.lost: list[list[Row]] = []
        self.refusal: RateLimited | None = None
        self.unasked: CrawlError | None = None
        self._limiter = limiter
        self._groups = {str(number): group for number, group in enumerate(groups)}
        self._on_outcome = on_outcome
        self._may_try_others = may_try_others

    def fetches(self) -> list[Fetch]:
        return [
            Fetch(id, group[0].original, FetchKind.PLAYBACK, timestamp=group[0].timestamp)
            for id, group in self._groups.items()
        ]

    def receive(self, outcome: Outcome) -> None:
        first, *others = self._groups[outcome.id]
        if outcome.error_kind is ErrorKind.RATE_LIMITED:
            self.refusal = self.refusal or _keep_pause(outcome, self._limiter)
            return
        if not outcome.was_asked:
            url, error = self._limiter.archive, f"{outcome.error}; what came is kept, the rest is to be asked again"
            self.unasked = CrawlError(f"{url}: {error}", url=url, retryable=True)
            return
        self._on_outcome(Played(first, outcome))
        if others and outcome.error_kind is ErrorKind.MISSING and self._may_try_others:
            self.lost.append(others)
            return
        for row in others:
            self._on_outcome(Played(row, _reused(row, outcome), is_reused=True))


def _by_bytes(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows that hold the same bytes, each group with a full record before its revisits."""
    groups: dict[object, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row.is_revisit, row.timestamp)):
        groups.setdefault(row.digest if row.is_sure else row, []).append(row)
    return sorted(groups.values(), key=lambda group: group[0].timestamp)


def _reused(row: Row, outcome: Outcome) -> Outcome:
    """The outcome for a row with the same bytes, of whose headers only those of the bytes are known."""
    if outcome.error:
        return replace(outcome, url=row.original)
    headers = {name: value for name, value in outcome.headers.items() if name == "content-type"}
    return replace(outcome, url=row.original, headers=headers, captured_at=row.captured_at, hops=())


# --- asking ---------------------------------------------------------------------------------------------------


def _check(url: str, settings: Settings) -> None:
    if reason := refusal(url, settings.allow_hosts):
        raise Forbidden(f"{url}: {reason}; hosts of your own are allowed by CLAUSEWATCH_ALLOW_HOSTS", url=url)


def _run(
    fetches: Sequence[Fetch],
    receive: Callable[[Outcome], None],
    limiter: Limiter,
    *,
    settings: Settings,
    timeout_seconds: float,
    fetch_timeout_seconds: float,
    stop: threading.Event | None,
) -> None:
    """A batch whose requests leave in turn with those of every other process. Raises RateLimited before it begins."""
    limiter.check()
    with TurnDispatcher(limiter) as dispatcher:

        def record(outcome: Outcome) -> None:
            if dispatcher.problem:
                raise dispatcher.problem
            receive(outcome)
            dispatcher.told()

        run_batch(
            fetches,
            settings=settings,
            on_outcome=record,
            timeout_seconds=timeout_seconds,
            fetch_timeout_seconds=fetch_timeout_seconds,
            turns_fd=dispatcher.fd,
            stop=stop,
        )
    if dispatcher.problem:
        raise dispatcher.problem


def _keep_pause(outcome: Outcome, limiter: Limiter) -> RateLimited:
    """Keeps the pause that was asked for, for every process; what is raised because of it."""
    return limiter.refused or limiter.refusal(
        outcome.error or "it asked for a pause", limiter.close(outcome.retry_after_seconds)
    )


def _ask(query: str, url: str, *, settings: Settings, limiter: Limiter, stop: threading.Event | None) -> Outcome:
    outcomes: list[Outcome] = []
    _run(
        [Fetch("index", query, FetchKind.INDEX)],
        outcomes.append,
        limiter,
        settings=settings,
        timeout_seconds=_START_SECONDS + 3 * INDEX_TIMEOUT_SECONDS,
        fetch_timeout_seconds=INDEX_TIMEOUT_SECONDS,
        stop=stop,
    )
    if not outcomes:
        raise CrawlError(
            f"{url}: {settings.wayback_url} was not asked to the end: told to stop", url=url, retryable=True
        )
    outcome = outcomes[0]
    if outcome.error_kind is ErrorKind.RATE_LIMITED:
        raise _keep_pause(outcome, limiter)
    if outcome.error_kind is ErrorKind.EXCLUDED:
        raise Excluded(f"{url}: {settings.wayback_url} does not show it, and will not; ask another archive", url=url)
    if outcome.error_kind is ErrorKind.FORBIDDEN:
        raise Forbidden(f"{settings.wayback_url}: {outcome.error}", url=settings.wayback_url)
    if outcome.error:
        raise CrawlError(
            f"{url}: the index of {settings.wayback_url} cannot be read: {outcome.error}; try again later",
            url=url,
            retryable=outcome.retryable,
        )
    return outcome


def _read_page(outcome: Outcome, url: str) -> tuple[list[Row], str | None]:
    try:
        return read_rows(outcome.body or b"")
    except ValueError as error:
        raise CrawlError(
            f"{url}: the index answered something else than rows ({error}); check CLAUSEWATCH_WAYBACK_URL", url=url
        ) from error
