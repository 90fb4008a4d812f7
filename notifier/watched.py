"""What a digest says of the watch: how many of the documents that its subscription is about, and with which gaps."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from clausewatch.model import Document, Rule, Subscription
from notifier.audience import plain_type
from notifier.letter import Watched
from notifier.rhythm import day_in, digest_before

if TYPE_CHECKING:
    from archive import Archive
    from archive.coverage import Coverage

_A_MOMENT = timedelta(microseconds=1)


class Watches:
    """The watch over all documents, read once for a delivery, and only where a digest needs it."""

    def __init__(self, archive: Archive, *, now: datetime) -> None:
        self._archive = archive
        self._now = now
        self._counted: dict[tuple[object, ...], Watched] = {}  # few differ in all of it

    def of(self, subscription: Subscription, *, until: datetime) -> Watched:
        """How the documents that the subscription may hear of were watched from the digest before to the one that was
        due last at ``until``: one that comes late tells of the same days."""
        from archive.coverage import watching

        every, zone, hour = quiet_rhythm(subscription), subscription.zone, subscription.hour
        until = digest_before(every, until + _A_MOMENT, zone=zone, hour=hour)
        since = digest_before(every, until, zone=zone, hour=hour)
        rule = subscription.rule
        key = rule.vendors, rule.documents, since, until, zone
        if key not in self._counted:
            ids = None if not (rule.vendors or rule.documents) else {
                each.id for each in self._documents if _is_meant(rule, each)
            }  # fmt: skip
            found = watching(self._coverages, ids, since=since, until=until)
            self._counted[key] = Watched(
                documents=found.documents, gaps=found.gaps, from_on=day_in(zone, since), to_on=day_in(zone, until)
            )
        return self._counted[key]

    @cached_property
    def _documents(self) -> list[Document]:
        from archive.documents import list_documents

        with self._archive.read() as connection:
            return list_documents(connection)

    @cached_property
    def _coverages(self) -> dict[str, Coverage]:
        from archive.coverage import coverages

        with self._archive.read() as connection:
            return coverages(connection, now=self._now)


def quiet_rhythm(subscription: Subscription) -> str:
    """How often to say that nothing happened: with each digest; to who has none, once a week."""
    return "weekly" if subscription.every == "instant" else subscription.every


def _is_meant(rule: Rule, document: Document) -> bool:
    vendors = {vendor.casefold() for vendor in rule.vendors}
    types = {plain_type(each) for each in rule.documents}
    return (not vendors or document.vendor.casefold() in vendors) and (not types or plain_type(document.type) in types)
