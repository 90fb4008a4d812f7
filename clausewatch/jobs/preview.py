"""What a rule would have sent: for the command, the form and the API, before anybody subscribes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from archive import Archive
from clausewatch.jobs.rules import Asked
from clausewatch.model import Comparison
from notifier.preview import foresee

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Preview:
    """The comparisons that would have been told, by the time of their mails, and in how many mails."""

    comparisons: tuple[Comparison, ...]
    mails: int
    since_at: datetime


def preview(archive: Archive, asked: Asked, *, since_at: datetime, until_at: datetime, mails_a_day: int) -> Preview:
    """What a subscription that asks so would have got of what changed in that time, were it its address's only one."""
    with archive.read() as connection:
        mails = foresee(
            connection, asked.rule, since=since_at, until=until_at, every=asked.every, zone=asked.zone, hour=asked.hour,
            mails_a_day=mails_a_day,
        )  # fmt: skip
    told = tuple(comparison for mail in mails for comparison in mail.comparisons)
    return Preview(told, mails=len(mails), since_at=since_at)
