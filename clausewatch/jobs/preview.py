"""What a rule would have sent: for the command, the form and the API, before anybody subscribes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from archive import Archive
from archive.comparisons import list_comparisons
from archive.documents import list_documents
from clausewatch.jobs.rules import Asked
from clausewatch.model import Comparison
from notifier.audience import is_owed
from notifier.rhythm import due_at

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Preview:
    """The comparisons that would have been told, oldest first, and in how many mails."""

    comparisons: tuple[Comparison, ...]
    mails: int
    since_at: datetime


def preview(archive: Archive, asked: Asked, *, since_at: datetime) -> Preview:
    """What a subscription that asks so would have got since then."""
    with archive.read() as connection:
        types = {(each.vendor, each.slug): each.type for each in list_documents(connection)}
        found = list_comparisons(connection, since=since_at)
    owed = tuple(
        each for each in found if is_owed(asked.rule, each, document_type=types[each.vendor or "", each.document or ""])
    )
    return Preview(owed, mails=len({_mail_of(each, asked, since_at) for each in owed}), since_at=since_at)


def _mail_of(comparison: Comparison, asked: Asked, since_at: datetime) -> tuple[object, ...]:
    """What two comparisons share that go in one mail."""
    at = comparison.after.at or since_at
    if asked.every == "instant":
        return comparison.vendor, at.date()
    return (due_at(asked.every, at, zone=asked.zone, hour=asked.hour),)
