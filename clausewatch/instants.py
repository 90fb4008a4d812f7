"""Dates as people type them, and instants as JSON has them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from clausewatch.errors import UsageError

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", re.ASCII)
_PERIOD = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def end_of_period(text: str) -> datetime:
    """The last second of a year, month or day in UTC; an instant is taken as it is.

    >>> end_of_period("2016"), end_of_period("2016-02").day
    (datetime.datetime(2016, 12, 31, 23, 59, 59, tzinfo=datetime.timezone.utc), 29)

    Raises UsageError where the text is no date.
    """
    try:
        if match := _PERIOD.fullmatch(text.strip()):
            return _next_period(*match.groups()) - timedelta(seconds=1)
        if not _INSTANT.fullmatch(text.strip()):  # fromisoformat takes other spellings too, each for a midnight
            raise ValueError(text)
        instant = datetime.fromisoformat(text.strip())
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is no date; write 2016, 2016-05, 2016-05-03 or 2016-05-03T12:00:00Z") from None


def _next_period(year: str, month: str | None, day: str | None) -> datetime:
    start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    if day:
        return start + timedelta(days=1)
    if month:
        return (start + timedelta(days=31)).replace(day=1)
    return start.replace(year=start.year + 1)


def start_of_period(text: str) -> datetime:
    """The first second of a year, month or day in UTC; an instant is taken as it is. Raises UsageError."""
    if match := _PERIOD.fullmatch(text.strip()):
        end_of_period(text)
        year, month, day = match.groups()
        return datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    return end_of_period(text)


def rfc3339(at: datetime) -> str:
    """The instant in UTC with ``T`` and ``Z``, fractions of a second only where there are any.

    >>> rfc3339(datetime(2018, 2, 2, 21, 39, 45, tzinfo=UTC))
    '2018-02-02T21:39:45Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
