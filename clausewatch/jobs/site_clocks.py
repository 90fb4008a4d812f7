"""What time it is by the sites that answer: a machine alone has no other clock that its own could be held against."""

from __future__ import annotations

from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from statistics import median

from archive.clock import MOST_APART, apart_in_words
from crawler.hosts import host_of
from crawler.outcomes import Outcome

LEAST_HOSTS = 3
"""Of fewer one may be wrong itself."""


class SiteClocks:
    """How far the clock of this machine is ahead of those of the sites that were asked, by host."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def note(self, outcome: Outcome) -> None:
        """What the answer says of the time, if it does."""
        try:
            told_at = parsedate_to_datetime(outcome.headers.get("date", ""))
            age = timedelta(seconds=int(outcome.headers.get("age", "0")))  # a cache answers for the site
        except (ValueError, OverflowError):
            return
        told_at = told_at.replace(tzinfo=told_at.tzinfo or UTC) + age
        self._seconds[host_of(outcome.url)] = (outcome.fetched_at - told_at).total_seconds()

    def doubt(self) -> str | None:
        """What is wrong with the clock of this machine, where most sites say so."""
        if len(self._seconds) < LEAST_HOSTS:
            return None
        apart = timedelta(seconds=median(self._seconds.values()))
        if abs(apart) <= MOST_APART:
            return None
        return (
            f"the clock of this machine is {apart_in_words(apart)} those of {len(self._seconds)} sites: set it; "
            "what was found has wrong dates"
        )
