"""What a rule would have sent is what a replay sends: vendors publish, all is settled and delivered as time goes by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from archive import Archive
from archive.notices import list_notices
from archive.subscriptions import add_subscription
from clausewatch.model import Kind, Rule, Severity, Subscription
from notifier.mailer import FileMailer
from notifier.outbox import Delivered, deliver
from notifier.preview import ForeseenMail, foresee
from notifier.rhythm import RHYTHMS
from tests.support.scenario import World, archive_of, day, settings_of
from tests.support.scenario import policy as page

RETAINED = page(months=24)
SHARED = page(months=24, recipient="Brightmetrics")
REWORDED = page(months=24, recipient="Brightmetrics", extra="Our shop has opening hours on weekdays.")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with archive_of(tmp_path) as archive:
        yield World(archive)


RULES = {
    "all-that-matters": Rule(),
    "everything": Rule(everything=True),
    "retention": Rule(kinds=(Kind.RETENTION,)),
    "one-vendor": Rule(vendors=("harbor-kites",)),
    "own-severities": Rule(min_severity=Severity.CRITICAL, severities=((Kind.RECIPIENT, Severity.CRITICAL),)),
}


@dataclass
class Played:
    """Sixty days, as they were told to a subscriber for each rule and rhythm."""

    archive: Archive
    folder: Path
    sent: list[Delivered]

    def mails(self, name: str, every: str) -> list[Delivered]:
        return [mail for mail in self.sent if mail.email == f"{name}.{every}@example.com"]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("played")
    with archive_of(folder) as archive:
        world = World(archive)
        for name, rule in RULES.items():
            for every in RHYTHMS:
                subscribed(world, rule, every=every, email=f"{name}.{every}@example.com")
        yield Played(archive, folder, _play(world, folder))


def _play(world: World, folder: Path) -> list[Delivered]:
    """Two vendors are looked at each day; what they change is settled and delivered at once, digests at seven."""
    kites, sent = world.vendor(), list[Delivered]()
    lanterns = world.vendor("Lantern Bay", url="https://lanternbay.example/privacy")
    for number in range(60):
        at = day(number)
        kites.publishes(_kites(number), at=at)
        lanterns.publishes(RETAINED if number >= 5 else page(), at=at)
        world.settles(now=at)
        for now in (at, at.replace(hour=7) + timedelta(days=1)):
            deliver(world.archive, FileMailer(folder / "mail"), settings=settings_of(folder), now=now, sender="live",
                    on_sent=sent.append, clock=lambda: 0.0)  # fmt: skip
    return sent


def _kites(number: int) -> str:
    """Keeps data longer, names a recipient, opens its shop, and goes back on all of it for good."""
    changes = ((40, page()), (30, REWORDED), (20, SHARED), (5, RETAINED), (0, page()))
    return next(body for since, body in changes if number >= since)


def subscribed(world: World, rule: Rule, *, every: str, email: str = "ada@example.com") -> Subscription:
    with world.archive.write() as connection:
        return add_subscription(connection, email, rule, every=every, now=day(-1), is_confirmed=True)


def foreseen(archive: Archive, rule: Rule, *, every: str, since: datetime | None = None) -> list[ForeseenMail]:
    with archive.read() as connection:
        return foresee(connection, rule, since=since or day(-1), until=day(90), every=every)


@pytest.mark.slow
@pytest.mark.parametrize("every", RHYTHMS)
@pytest.mark.parametrize("name", RULES)
def test_what_is_foreseen_is_what_a_replay_sends(played: Played, name: str, every: str) -> None:
    with played.archive.read() as connection:
        of_notice = {notice.id: notice.comparison for notice in list_notices(connection)}
    told = sorted(sorted(of_notice[notice] for notice in mail.notices) for mail in played.mails(name, every))
    mails = foreseen(played.archive, RULES[name], every=every)
    assert sorted(sorted(each.id for each in mail.comparisons) for mail in mails) == told
    assert told


@pytest.mark.slow
def test_who_asked_for_everything_hears_of_what_no_finding_tells(played: Played) -> None:
    more = len(played.mails("everything", "instant")) - len(played.mails("all-that-matters", "instant"))
    assert more == 1


@pytest.mark.slow
def test_a_return_that_lasts_is_listed_in_digests_and_mailed_to_nobody_at_once(played: Played) -> None:
    assert len(played.mails("one-vendor", "daily")) == len(played.mails("one-vendor", "instant")) + 1
    last = played.mails("one-vendor", "daily")[-1]
    (path,) = (played.folder / "mail").glob(f"*_{last.key}.eml")
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert mail["Date"].datetime == day(48).replace(hour=7)  # a week and a day after it came


@pytest.mark.slow
def test_a_text_that_flaps_back_is_no_lasting_return(world: World, tmp_path: Path) -> None:
    subscribed(world, Rule(), every="daily")
    kites = world.vendor()
    for number in range(20):
        kites.publishes(RETAINED if number in (5, 6, 7, 12, 13, 14) else page(), at=day(number))
        world.settles(now=day(number))
    assert len(world.outbox) == 1


def test_what_was_imported_is_foreseen_by_when_it_changed(world: World, tmp_path: Path) -> None:
    kites = world.vendor()
    for number in range(60):
        kites.was_looked_at(_kites(number), at=day(number))
    world.settles(now=day(400))
    mails = foreseen(world.archive, Rule(), every="daily")
    assert [mail.due_at.date() for mail in mails] == [day(5).date(), day(20).date(), day(40).date()]


def test_without_news_nothing_is_foreseen(world: World) -> None:
    world.vendor()
    assert foreseen(world.archive, Rule(), every="instant") == []
