"""The operator hears of what stopped being seen: once, all in one mail, and never not at all."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from archive.leases import take_lease
from archive.watches import record_failure, record_good_look
from clausewatch.errors import DeliveryError, SettingsError
from clausewatch.jobs.alarms import AGAIN, alarm_operator
from clausewatch.jobs.watching import add_address
from clausewatch.settings import Settings
from notifier.compose import MOST_ALARMS
from notifier.mailer import Mailer, open_mailer
from tests.notifier.servers import smtp_server
from tests.support.scenario import Vendor, World, day, settings_of
from tests.support.scenario import policy as policy_page

OPERATOR = "operator@harbor.example"


class Watchman:
    """An archive whose documents fail, and an operator's mailbox."""

    def __init__(self, world: World, home: Path) -> None:
        self.world, self.settings = world, replace(settings_of(home), home=home, operator=OPERATOR)
        self.mailbox = home / "mail"

    def fails(self, vendor: Vendor, *at: datetime, kind: str = "dns", reason: str = "no such host") -> None:
        with self.world.archive.write() as connection:
            for each in at:
                record_failure(connection, vendor.document, at=each, kind=kind, status=None, reason=reason)

    def sees(self, vendor: Vendor, at: datetime) -> None:
        with self.world.archive.write() as connection:
            record_good_look(connection, vendor.document, at=at)

    def alarms(self, at: datetime, *, mailer: Mailer | None = None, settings: Settings | None = None) -> int:
        with open_mailer(self.settings) as files:
            return alarm_operator(self.world.archive, mailer or files, settings=settings or self.settings, now=at)

    @property
    def mails(self) -> list[EmailMessage]:
        return [
            message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(self.mailbox.glob("*.eml"))
        ]


@pytest.fixture
def watchman(world: World, tmp_path: Path) -> Watchman:
    return Watchman(world, tmp_path)


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


def test_two_turns_without_a_good_look_are_told_once(watchman: Watchman) -> None:
    vendor = watchman.world.vendor()
    watchman.sees(vendor, day(0))
    watchman.fails(vendor, day(0.5))
    assert watchman.alarms(day(0.9)) == 0
    watchman.fails(vendor, day(0.6), day(1))
    assert watchman.alarms(day(1)) == 1
    assert watchman.alarms(day(1.1)) == 0
    (mail,) = watchman.mails
    assert (mail["To"], mail["Subject"]) == (OPERATOR, "harbor-kites/privacy-policy is not seen: dns")
    for kind in ("plain", "html"):
        text = text_of(mail, kind)
        assert "no such host" in text
        assert "clausewatch add ADDRESS --vendor harbor-kites --slug privacy-policy" in " ".join(text.split())
        assert "3 looks in a row; last seen 1 January 2025" in text


def test_what_is_in_doubt_is_told_with_the_command_that_shows_it(watchman: Watchman) -> None:
    vendor = watchman.world.vendor()
    vendor.publishes(policy_page(), at=day(0))
    for number in (0.5, 1):
        vendor.publishes("<html><body></body></html>", at=day(number))
    watchman.world.settles()
    assert watchman.alarms(day(1)) == 1
    (mail,) = watchman.mails
    assert str(mail["Subject"]).endswith("is not seen: empty")
    assert "clausewatch diff " in text_of(mail)


def test_all_that_is_new_stands_in_one_mail_and_what_was_told_does_not(watchman: Watchman) -> None:
    first, second, third = map(watchman.world.vendor, ("Albatross Kites", "Gullwing Kites", "Zephyr Kites"))
    watchman.fails(first, day(0), day(1))
    assert watchman.alarms(day(1)) == 1
    for vendor in (second, third):
        watchman.fails(vendor, day(2), day(3))
    assert watchman.alarms(day(3)) == 2
    told = next(text_of(mail) for mail in watchman.mails if mail["Subject"] == "2 documents are not seen")
    assert "gullwing-kites/" in told
    assert "zephyr-kites/" in told
    assert "albatross-kites/" not in told


def test_it_is_told_again_after_it_was_seen_or_after_a_month(watchman: Watchman) -> None:
    vendor = watchman.world.vendor()
    watchman.fails(vendor, day(0), day(1))
    assert watchman.alarms(day(1)) == 1
    assert watchman.alarms(day(1) + AGAIN - timedelta(minutes=1)) == 0
    assert watchman.alarms(day(1) + AGAIN) == 1
    watchman.sees(vendor, day(40))
    assert watchman.alarms(day(40)) == 0
    watchman.fails(vendor, day(41), day(42))
    assert watchman.alarms(day(42)) == 1
    assert len(watchman.mails) == 3


def test_a_clock_that_was_ahead_silences_no_alarm(watchman: Watchman) -> None:
    vendor = watchman.world.vendor()
    watchman.fails(vendor, day(0), day(1))
    assert watchman.alarms(day(900)) == 1
    assert [watchman.alarms(day(2)), watchman.alarms(day(2.1))] == [1, 0]


class CrashingMailer:
    """Takes the mail, or not, and dies before anybody can note it."""

    def __init__(self, mailer: Mailer | None) -> None:
        self.mailer = mailer

    def send(self, message: EmailMessage, *, key: str) -> str | None:
        if self.mailer:
            self.mailer.send(message, key=key)
        raise KeyboardInterrupt


@pytest.mark.parametrize("was_taken", [True, False])
def test_a_crash_around_sending_loses_no_alarm_and_files_take_it_once(watchman: Watchman, was_taken: bool) -> None:
    watchman.fails(watchman.world.vendor(), day(0), day(1))
    with open_mailer(watchman.settings) as files, pytest.raises(KeyboardInterrupt):
        watchman.alarms(day(1), mailer=CrashingMailer(files if was_taken else None))
    assert watchman.alarms(day(1.01)) == 1
    assert len(watchman.mails) == 1


def test_a_refused_alarm_stays_to_be_told_over_smtp_too(watchman: Watchman) -> None:
    watchman.fails(watchman.world.vendor(), day(0), day(1))
    with smtp_server() as postbox:
        settings = replace(watchman.settings, mail=f"smtp://{postbox.host}:{postbox.port}")
        accepted, postbox.on_recipient = postbox.on_recipient, lambda recipient: "450 mailbox busy"
        with open_mailer(settings) as mailer:
            with pytest.raises(DeliveryError):
                watchman.alarms(day(1), mailer=mailer)
            postbox.on_recipient = accepted
            assert watchman.alarms(day(1.01), mailer=mailer) == 1
        assert postbox.recipients == [[OPERATOR]]


def test_without_an_operator_nobody_is_told(watchman: Watchman) -> None:
    watchman.fails(watchman.world.vendor(), day(0), day(1))
    assert watchman.alarms(day(1), settings=replace(watchman.settings, operator="")) == 0
    assert watchman.mails == []


def test_an_operator_that_is_no_address_is_a_setting_to_mend(watchman: Watchman) -> None:
    with pytest.raises(SettingsError, match="CLAUSEWATCH_OPERATOR"):
        watchman.alarms(day(1), settings=replace(watchman.settings, operator="somebody"))


def test_the_most_that_can_fail_at_once_makes_a_mail_of_bounded_size(watchman: Watchman) -> None:
    count = MOST_ALARMS + 7
    for number in range(count):
        hostile = "<script>alert(1)</script> \r\nBcc: x@example.com " * 40
        watchman.fails(watchman.world.vendor(f"Kites {number}"), day(0), day(1), kind="tls", reason=hostile)
    assert watchman.alarms(day(1)) == count
    (mail,) = watchman.mails
    assert mail["Subject"] == f"{count} documents are not seen"
    assert "And 7 more." in text_of(mail)
    assert "<script>" not in text_of(mail, "html")
    assert mail["Bcc"] is None
    assert len(bytes(mail)) < 100_000


def test_what_nobody_looks_at_is_told_once_the_crawl_is_caught_up(watchman: Watchman) -> None:
    archive = watchman.world.archive
    for name in ("Seen", "Left"):
        document = add_address(archive, f"https://{name.lower()}.example/privacy", vendor=name, now=day(0))
        with archive.write() as connection:
            record_good_look(connection, document, at=day(2 if name == "Seen" else 0))
    assert watchman.alarms(day(2.5)) == 0
    settings = watchman.settings
    with open_mailer(settings) as mailer:
        assert alarm_operator(archive, mailer, settings=settings, now=day(1.2), is_caught_up=True) == 0
        assert alarm_operator(archive, mailer, settings=settings, now=day(2.5), is_caught_up=True) == 1
        assert alarm_operator(archive, mailer, settings=settings, now=day(2.6), is_caught_up=True) == 0
    assert "clausewatch crawl left/privacy-policy looks now" in " ".join(text_of(watchman.mails[0]).split())


class SlowMailer:
    """Takes its time with a mail, so that another one comes meanwhile."""

    def __init__(self) -> None:
        self.sent, self.is_at_it, self.may_end = 0, threading.Event(), threading.Event()

    def send(self, message: EmailMessage, *, key: str) -> str | None:
        self.sent += 1
        self.is_at_it.set()
        assert self.may_end.wait(60)
        return None


def test_of_two_that_deliver_at_once_one_tells_the_operator(watchman: Watchman) -> None:
    watchman.fails(watchman.world.vendor(), day(0), day(1))
    slow, told = SlowMailer(), list[int]()
    first = threading.Thread(target=lambda: told.append(watchman.alarms(day(3), mailer=slow)))
    first.start()
    assert slow.is_at_it.wait(60)
    told.append(watchman.alarms(day(3), mailer=slow))
    slow.may_end.set()
    first.join()
    assert (slow.sent, told) == (1, [0, 1])


def test_a_deliverer_that_died_at_it_leaves_the_alarm_to_the_next(watchman: Watchman) -> None:
    watchman.fails(watchman.world.vendor(), day(0), day(1))
    with watchman.world.archive.write() as connection:
        take_lease(connection, "alarm", holder="dead", now=day(3), seconds=300)
    assert watchman.alarms(day(3)) == 0
    assert watchman.alarms(day(3) + timedelta(minutes=6)) == 1
