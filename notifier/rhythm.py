"""When a subscription's mails are due: at once, or at its hour of the day or of Monday, where it lives. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from clausewatch.errors import UsageError

RHYTHMS = ("instant", "daily", "weekly")
DIGEST_HOUR = 7  # where nothing else was asked for: before work
_MONDAY = 0
_DAY = timedelta(days=1)
_A_MOMENT = timedelta(microseconds=1)


def due_at(every: str, now: datetime, *, zone: str = "UTC", hour: int = DIGEST_HOUR) -> datetime:
    """When what happens at ``now`` is due: at once, at the next such hour of the zone, or at that hour of Monday.

    At the very hour it is the next day's, or the next week's. Where a clock is put on over the hour, the digest comes
    at the moment it is put on; where it is put back and the hour comes twice, at the first: one digest a day, always.
    """
    if every == "instant":
        return now
    if every not in RHYTHMS:
        raise ValueError(f"{every!r} is no rhythm; there are {', '.join(RHYTHMS)}")
    place = _place(zone)
    day = now.astimezone(place).date() - _DAY
    while True:
        at = _moment(day, hour, place)
        if at > now and (every == "daily" or day.weekday() == _MONDAY):
            return at
        day += _DAY


def next_digest(now: datetime, *, zone: str, hour: int) -> datetime:
    """When what has to wait for another day comes: at that hour of the day after this one."""
    _, tomorrow_at = day_around(now, zone=zone)
    return due_at("daily", tomorrow_at - _A_MOMENT, zone=zone, hour=hour)


def digest_before(every: str, at: datetime, *, zone: str, hour: int) -> datetime:
    """The digest before the one that is due at ``at``."""
    place = _place(zone)
    day = at.astimezone(place).date() + _DAY
    while True:
        found = _moment(day, hour, place)
        if found < at and (every == "daily" or day.weekday() == _MONDAY):
            return found
        day -= _DAY


def day_in(zone: str, at: datetime) -> date:
    """The day that it is in the zone."""
    return at.astimezone(_place(zone)).date()


def day_around(now: datetime, *, zone: str) -> tuple[datetime, datetime]:
    """When the day that ``now`` falls on begins and ends in the zone."""
    place = _place(zone)
    today = now.astimezone(place).date()
    return _moment(today, 0, place), _moment(today + _DAY, 0, place)


def checked_zone(name: str) -> str:
    """The name, if it is that of a time zone. Raises UsageError."""
    if name not in _known_zones():
        raise UsageError(f"{name[:60]!r}: is no time zone; write one as Europe/Berlin or America/New_York, or UTC")
    return name


def checked_hour(hour: int) -> int:
    """The hour, if a day has it. Raises UsageError."""
    if not 0 <= hour <= 23:
        raise UsageError(f"{hour}: is no hour of the day; write 0 to 23")
    return hour


def _moment(day: date, hour: int, place: tzinfo) -> datetime:
    # an hour that is skipped counts by the offset before (PEP 495, fold=0): that is when the clock is put on
    return datetime.combine(day, time(hour), tzinfo=place).astimezone(UTC)


@lru_cache(maxsize=1000)
def _place(zone: str) -> tzinfo:
    """The zone; UTC for a name that the system's data lost since it was chosen: mail must go on."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@lru_cache(maxsize=1)
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())
