"""When a document is due next: in a place of its own in its interval, sooner where it changes or failed. Pure.

The places are fixed moments, one in each interval, given by the document's id: whatever was added at once is spread
from the next look on, and a late look makes none after it late.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from clausewatch.model import Document, content_id

SOONEST = 0.2
"""The next look is at least this part of an interval away, and so at most one interval more: one place lies between."""
LATEST = 1.25
"""No look comes later after the one before than this many intervals; what is over is for crawls that take long."""
LIVELY = timedelta(days=7)
"""A text that changed within that time is looked at twice as often: changes come in company, and are corrected soon."""
QUIET = timedelta(days=182)
"""One that did not for so long is looked at half as often."""
_LIVELY_SHARE, _QUIET_SHARE = 0.5, 2.0
FIRST_RETRY = timedelta(hours=1)
_RETRY_SPREAD = 0.2  # of the wait, put on by the id: what failed together is not tried again together
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def slowest_interval(document: Document) -> timedelta:
    """The longest that a document's interval grows to."""
    return timedelta(hours=document.interval_hours) * _QUIET_SHARE


def patience(document: Document) -> timedelta:
    """How long a document may go unseen from its first bad look on before somebody is told.

    That look came at most LATEST intervals after the last good one, so they hear within two intervals of that.
    """
    return timedelta(hours=document.interval_hours) * (2 - LATEST)


def interval_of(document: Document, *, text_since_at: datetime | None, has_changed: bool, now: datetime) -> timedelta:
    """The document's interval as it is now: halved, as it is, or doubled.

    ``text_since_at`` is when its text was first found as it is, ``has_changed`` whether there was another before.
    """
    base = timedelta(hours=document.interval_hours)
    if text_since_at is None:
        return base
    age = now - text_since_at
    if has_changed and age < LIVELY:
        return base * _LIVELY_SHARE
    return base * _QUIET_SHARE if age >= QUIET else base


def next_look_at(
    document: str, *, looked_at: datetime, interval: timedelta, failures: int = 0, pause_seconds: float | None = None
) -> datetime:
    """When the document of that id is due after a look at ``looked_at``.

    That is its next place, at least SOONEST of an interval away. After ``failures`` in a row it is an hour where that
    is sooner, doubled each time up to the interval. A pause that the site asked for is kept in any case.
    """
    due_at = _next_place(document, looked_at + interval * SOONEST, interval)
    if failures:
        due_at = min(due_at, looked_at + _wait(document, failures, interval))
    if pause_seconds:
        due_at = max(due_at, looked_at + timedelta(seconds=pause_seconds))
    return due_at


def _next_place(document: str, after_at: datetime, interval: timedelta) -> datetime:
    first_at = _EPOCH + interval * _share(document)
    since_last: timedelta = (after_at - first_at) % interval
    return after_at + interval - since_last


def _wait(document: str, failures: int, interval: timedelta) -> timedelta:
    doublings = min(failures - 1, 16)  # far beyond any interval
    wait = min(FIRST_RETRY * 2.0**doublings, interval)
    return wait * (1 + _RETRY_SPREAD * _share(document, failures))


def _share(*parts: object) -> float:
    """From 0 to 1, evenly, the same for the same parts."""
    return float(int(content_id("pace", *parts), 16) / 16**16)
