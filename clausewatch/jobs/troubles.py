"""What needs a hand beside single documents: a schedule that nobody keeps, mail that does not go, pages that wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from archive import Archive
from archive.pulse import Pulse, pulse
from archive.watches import unread_since
from clausewatch.errors import ClockApart
from clausewatch.instants import rfc3339

LATE = timedelta(hours=1)
"""What is due for longer should have been done: the schedule looks every few minutes."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that needs a hand."""

    subject: str  # clock, schedule, outbox, settling, or the name of a limit
    reason: str
    advice: str
    since_at: datetime | None = None


def troubles_of(archive: Archive, *, now: datetime) -> list[Trouble]:
    """All there are at the moment, by the clock that all processes share."""
    with archive.read() as connection:
        current = pulse(connection, now=now)
        unread_at = unread_since(connection)
    found = [
        _clock(archive), _schedule(current, now), _outbox(current, now), _given_up(current), _settling(unread_at, now)
    ]  # fmt: skip
    return [each for each in found if each] + _closed(current)


def _clock(archive: Archive) -> Trouble | None:
    try:
        archive.clock.check()
    except ClockApart as error:
        reason, _, advice = str(error).partition("; ")
        return Trouble("clock", reason, f"{advice}: this machine neither leads nor works until then")
    return None


def _schedule(current: Pulse, now: datetime) -> Trouble | None:
    since_at = current.due_since_at
    if since_at is None or now - since_at < LATE:
        return None
    is_led = current.led_until_at is not None and current.led_until_at > now
    advice = (
        "the process that leads is at it, or fails at it: see its log"
        if is_led
        else "no process does what is due: start clausewatch serve or worker, or run clausewatch crawl --due"
    )
    return Trouble("schedule", f"{_count(current.due, 'document')} due and not looked at", advice, since_at)


def _outbox(current: Pulse, now: datetime) -> Trouble | None:
    since_at, held_back = current.notice_due_since_at, current.held_back
    if held_back:
        reason = f"mails to {held_back.mails} of {held_back.subscribers} subscribers at once are held back"
        return Trouble("outbox", reason, "clausewatch deliver --anyway sends, --refuse drops it", held_back.raised_at)
    if since_at is None or now - since_at < LATE:
        return None
    waiting = sum(current.notices.get(state, 0) for state in ("due", "claimed"))
    return Trouble("outbox", f"{_count(waiting, 'notice')} waiting", "clausewatch deliver says why", since_at)


def _given_up(current: Pulse) -> Trouble | None:
    failed = current.notices.get("failed", 0)
    if not failed:
        return None
    advice = "their subscribers were not told: see whether the addresses are right"
    return Trouble("outbox", f"{_count(failed, 'notice')} given up", advice)


def _settling(unread_at: datetime | None, now: datetime) -> Trouble | None:
    if unread_at is None or now - unread_at < LATE:
        return None
    return Trouble("settling", "snapshots that came are not read yet", "clausewatch crawl --due says why", unread_at)


def _closed(current: Pulse) -> list[Trouble]:
    return [
        Trouble(name, f"it asked for a pause, until {rfc3339(until_at.replace(microsecond=0))}", "the pause is kept")
        for name, until_at in sorted(current.closed_until.items())
    ]


def _count(count: int, noun: str) -> str:
    return f"{count} {noun} is" if count == 1 else f"{count} {noun}s are"
