"""The person behind an address: all of it found, all of it erased, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archive.notices import list_notices
from archive.subscribers import ERASED, erase_subscriber, forget_unconfirmed, subscriber_data
from archive.subscriptions import add_subscription, list_subscriptions
from archive.suppressions import suppression_of
from clausewatch.model import Rule
from notifier.mailer import FileMailer
from notifier.outbox import CLAIMED_AT_ONCE, Delivered, deliver
from tests.support.scenario import World, archive_of, day, policy, settings_of

ADA, BOB = "Ada@example.com", "bob@example.com"
SECRET = b"for tests"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ada and Bob are told of a change; Ada hears daily too, also when nothing changed."""
    with archive_of(tmp_path) as archive:
        world = World(archive)
        with archive.write() as connection:
            for email in (ADA, BOB):
                add_subscription(connection, email, Rule(), every="instant", now=day(-1), is_confirmed=True)
            add_subscription(
                connection, ADA.lower(), Rule(), every="daily", now=day(-1), is_confirmed=True, is_quiet_told=True
            )
        vendor = world.vendor()
        for number, months in enumerate((18, 18, 24, 24)):
            vendor.publishes(policy(months=months), at=day(number))
        world.settles(now=day(4))
        for number in (4, 6, 8):
            deliver(archive, FileMailer(tmp_path / "mail"), settings=settings_of(tmp_path), now=day(number), sender="s")
        yield world


def test_all_that_is_kept_about_an_address_is_found(world: World) -> None:
    with world.archive.read() as connection:
        data = subscriber_data(connection, ADA, secret=SECRET)
        nobody = subscriber_data(connection, "nobody@example.com", secret=SECRET)
    assert sorted(each["every"] for each in data["subscriptions"]) == ["daily", "instant"]
    assert [len(each["notices"]) for each in data["subscriptions"]] == [1, 1]
    assert all(notice["state"] == "sent" for each in data["subscriptions"] for notice in each["notices"])
    assert sum(len(each["quiet_digests"]) for each in data["subscriptions"]) >= 1
    assert nobody == {"email": "nobody@example.com", "subscriptions": [], "suppressed": None}


def test_erasing_takes_all_of_one_person_and_nothing_of_another(world: World) -> None:
    with world.archive.write() as connection:
        assert erase_subscriber(connection, ADA.upper(), secret=SECRET, now=day(9)) == 2
    with world.archive.read() as connection:
        data = subscriber_data(connection, ADA, secret=SECRET)
        assert data["subscriptions"] == []
        assert data["suppressed"] == {"reason": ERASED, "since_at": day(9)}
        assert [each.email for each in list_subscriptions(connection)] == [BOB]
        assert len(list_notices(connection)) == 1
        assert suppression_of(connection, BOB, secret=SECRET) is None


@pytest.mark.sqlite
def test_no_byte_of_an_erased_address_stays_in_the_file(tmp_path: Path) -> None:
    def kept() -> bytes:
        return b"".join(file.read_bytes() for file in tmp_path.glob("clausewatch.db*")).lower()

    with archive_of(tmp_path) as archive, archive.write() as connection:
        for email in (ADA, BOB):
            add_subscription(connection, email, Rule(), every="instant", now=day(-1), is_confirmed=True)
    assert ADA.lower().encode() in kept()
    with archive_of(tmp_path) as archive, archive.write() as connection:
        erase_subscriber(connection, ADA, secret=SECRET, now=day(9))
    assert ADA.lower().encode() not in kept()
    assert BOB.encode() in kept()


def test_only_who_never_confirmed_and_was_never_told_is_forgotten(world: World) -> None:
    with world.archive.write() as connection:
        for email, at in (("late@example.com", day(8)), ("old@example.com", day(-40))):
            add_subscription(connection, email, Rule(), every="instant", now=at)
        assert forget_unconfirmed(connection, before=day(8) - timedelta(days=30)) == 1
        assert {each.email.lower() for each in list_subscriptions(connection)} == {
            ADA.lower(), BOB, "late@example.com",
        }  # fmt: skip


def test_who_is_erased_while_mail_goes_out_holds_nobody_up(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        world = World(archive)
        emails = [f"reader{number:02}@example.com" for number in range(CLAIMED_AT_ONCE + 2)]
        for email in emails:
            world.subscribes(email)
        vendor = world.vendor()
        for number, months in enumerate((18, 18, 24, 24)):
            vendor.publishes(policy(months=months), at=day(number))
        world.settles(now=day(4))
        sent: list[str] = []

        def erase_the_others(mail: Delivered) -> None:
            sent.append(mail.email)
            for email in {*emails} - {*sent} if len(sent) == 1 else ():
                with archive.write() as connection:
                    erase_subscriber(connection, email, secret=SECRET, now=day(4))

        deliver(archive, FileMailer(tmp_path / "mail"), settings=settings_of(tmp_path), now=day(5), sender="s",
                on_sent=erase_the_others)  # fmt: skip
        assert len(sent) <= CLAIMED_AT_ONCE  # those that were claimed; nobody else was mailed, and nothing failed
        assert len(world.outbox) == 1
