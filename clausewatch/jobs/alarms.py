"""The operator's alarm: documents that stopped being seen are told once, in one mail for all that are new.

Sent before it is marked: a crash between the two may repeat an alarm, and loses none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from archive import Archive
from archive.leases import give_up_all, take_lease
from archive.watches import mark_told
from clausewatch.errors import SettingsError, UsageError
from clausewatch.jobs.claims import holder_of_this_process
from clausewatch.jobs.failing import Unseen, pointing_advice, unseen_documents
from clausewatch.model import content_id
from clausewatch.settings import Settings
from notifier.address import checked_email
from notifier.compose import Alarm, compose_alarm
from notifier.letter import shortened
from notifier.mailer import Mailer

AGAIN = timedelta(days=30)
"""After so long an operator who did nothing is reminded."""
_LEASE, _LEASE_SECONDS = "alarm", 300.0
"""One tells the operator at a time; if it dies at it, another one may after so long."""
_LONGEST_REASON = 200  # characters


def alarm_operator(
    archive: Archive, mailer: Mailer, *, settings: Settings, now: datetime, is_caught_up: bool = False
) -> int:
    """Tell the operator of what stopped being seen since the last alarm; how many documents that were.

    Of documents that are not looked at though nothing failed it is told only where the crawl ``is_caught_up``: after a
    time without power all are. Without ``settings.operator`` nobody is told, nor while another process is at it. What a
    transport does not take stays to be told. Raises DeliveryError, and SettingsError for an operator that is none.
    """
    if not settings.operator:
        return 0
    email, holder = _operator(settings), holder_of_this_process()
    with archive.write() as connection:
        if not take_lease(connection, _LEASE, holder=holder, now=now, seconds=_LEASE_SECONDS):
            return 0
    try:
        unseen = unseen_documents(archive, now=now)
        if not is_caught_up:
            unseen = [each for each in unseen if each.is_looked_at]
        return _tell(archive, mailer, email, unseen, settings=settings, now=now)
    finally:
        with archive.write() as connection:
            give_up_all(connection, holder=holder)


def _tell(
    archive: Archive, mailer: Mailer, email: str, unseen: Sequence[Unseen], *, settings: Settings, now: datetime
) -> int:
    news = [each for each in unseen if each.is_lasting(now) and not _was_told(each, now)]
    if not news:
        return 0
    key = _key(news)
    message = compose_alarm(email, [_alarm(archive, each) for each in news], key=key, sender=settings.sender, now=now)
    mailer.send(message, key=key)
    with archive.write() as connection:
        mark_told(connection, [each.document.id for each in news], at=now)
    return len(news)


def _operator(settings: Settings) -> str:
    try:
        return checked_email(settings.operator)
    except UsageError as error:
        raise SettingsError(f"CLAUSEWATCH_OPERATOR: {error}") from error


def _was_told(unseen: Unseen, now: datetime) -> bool:
    """Whether the operator knows: what began after the telling is news, for the document was seen in between.

    A telling that lies ahead was by a clock that was wrong, and says nothing of what began since.
    """
    told_at = unseen.watch.told_at
    return told_at is not None and unseen.since_at <= told_at <= now < told_at + AGAIN


def _key(news: Sequence[Unseen]) -> str:
    """The same for the same news, so that a transport that can tell takes them once."""
    return content_id("alarm", *sorted(f"{each.document.id} {each.since_at} {each.watch.told_at}" for each in news))


def _alarm(archive: Archive, unseen: Unseen) -> Alarm:
    document = unseen.document
    return Alarm(
        document=document.name, url=document.url, why=unseen.why, reason=shortened(unseen.reason, _LONGEST_REASON),
        since_at=unseen.since_at, last_good_at=unseen.watch.last_good_at,
        looks=unseen.looks if unseen.is_looked_at else 0,
        what_to_do=tuple(filter(None, (unseen.advice, pointing_advice(archive, unseen), unseen.command))),
    )  # fmt: skip
