"""Quiet digests: proof that someone watches, once for each hour at which nothing else is told."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from archive.subscriptions import add_subscription, change_subscription, end_subscription
from archive.suppressions import suppress
from clausewatch.errors import DeliveryError
from clausewatch.model import Rule, Subscription
from notifier.mailer import FileMailer, Mailer
from notifier.outbox import LEASE_SECONDS, DeliveryReport, deliver
from tests.notifier.delivering import Crash, CrashingAfter, Refusing, mails
from tests.notifier.scenario import DAY, NOW, Scenario, opened

SEVEN = NOW.replace(hour=7, minute=0)  # of that Wednesday, five hours ago
LATER = timedelta(seconds=LEASE_SECONDS + 1)


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    with opened(tmp_path / "home") as scenario:
        yield scenario


def wants_quiet(scenario: Scenario, *, every: str = "daily", webhook: str | None = None) -> Subscription:
    with scenario.archive.write() as connection:
        made = add_subscription(connection, "ada@example.com", Rule(), every=every, now=NOW, is_confirmed=True,
                                is_quiet_told=True, webhook=webhook)  # fmt: skip
    delivered(scenario)  # plans the first
    return made


def delivered(scenario: Scenario, *, now: datetime = NOW, mailer: Mailer | None = None) -> DeliveryReport:
    to = mailer or FileMailer(scenario.settings.home / "mail")
    return deliver(scenario.archive, to, settings=scenario.settings, now=now, sender="s1", clock=lambda: 0.0)


def test_a_day_without_news_is_told_at_its_hour_once(scenario: Scenario) -> None:
    wants_quiet(scenario)
    assert delivered(scenario, now=SEVEN + DAY - timedelta(seconds=1)).quiet == 0
    assert [delivered(scenario, now=SEVEN + DAY).quiet for _ in range(3)] == [1, 0, 0]
    (mail,) = mails(scenario)
    assert mail["To"] == "ada@example.com"
    assert "List-Unsubscribe" in mail
    assert delivered(scenario, now=SEVEN + 2 * DAY).quiet == 1
    assert len({mail["Message-ID"] for mail in mails(scenario)}) == 2


def test_a_crash_late_in_a_run_repeats_the_very_same_mail(scenario: Scenario) -> None:
    wants_quiet(scenario)
    taking, seconds = Refusing(None), count(step=1000)
    with pytest.raises(Crash):
        deliver(scenario.archive, CrashingAfter(taking), settings=scenario.settings, now=SEVEN + DAY, sender="s1",
                clock=lambda: float(next(seconds)))  # fmt: skip
    assert delivered(scenario, now=SEVEN + 2 * DAY - timedelta(hours=1), mailer=taking).quiet == 1
    first, second = map(bytes, taking.tried)
    assert first == second


def test_a_day_with_news_has_its_digest_alone(scenario: Scenario) -> None:
    wants_quiet(scenario)
    scenario.changes()
    report = delivered(scenario, now=SEVEN + DAY)
    assert (report.mails, report.quiet) == (1, 0)
    assert delivered(scenario, now=SEVEN + 2 * DAY).quiet == 1


def test_news_that_could_not_be_sent_is_no_quiet(scenario: Scenario) -> None:
    wants_quiet(scenario)
    scenario.changes()
    refusing = Refusing(DeliveryError("550 no such mailbox", retryable=False))
    report = delivered(scenario, now=SEVEN + DAY, mailer=refusing)
    assert (report.given_up, report.quiet, len(refusing.tried)) == (1, 0, 1)


def test_who_asked_for_none_hears_nothing(scenario: Scenario) -> None:
    scenario.subscribes(every="daily")
    assert delivered(scenario, now=NOW + 9 * DAY) == DeliveryReport()


def test_after_a_long_silence_of_ours_one_is_enough(scenario: Scenario) -> None:
    wants_quiet(scenario)
    assert delivered(scenario, now=NOW + 30 * DAY).quiet == 1
    assert delivered(scenario, now=SEVEN + 31 * DAY).quiet == 1


def test_who_hears_at_once_is_told_of_quiet_weeks(scenario: Scenario) -> None:
    wants_quiet(scenario, every="instant")
    scenario.changes(now=NOW + DAY)
    assert delivered(scenario, now=NOW + DAY).mails == 1
    monday = SEVEN + 5 * DAY
    assert delivered(scenario, now=monday).quiet == 0  # there was a mail in that week
    assert delivered(scenario, now=monday + 6 * DAY).quiet == 0
    assert delivered(scenario, now=monday + 7 * DAY).quiet == 1


def test_a_crash_after_sending_repeats_the_very_same_mail(scenario: Scenario) -> None:
    wants_quiet(scenario)
    mailer = FileMailer(scenario.settings.home / "mail")
    with pytest.raises(Crash):
        delivered(scenario, now=SEVEN + DAY, mailer=CrashingAfter(mailer))
    assert delivered(scenario, now=SEVEN + DAY).quiet == 0  # it is held still
    taking = Refusing(None)
    assert delivered(scenario, now=SEVEN + DAY + LATER, mailer=taking).quiet == 1
    (path,) = mailer.folder.iterdir()
    assert [bytes(mail) for mail in taking.tried] == [path.read_bytes()]


def test_one_that_is_refused_for_now_is_tried_again(scenario: Scenario) -> None:
    wants_quiet(scenario)
    refusing = Refusing(DeliveryError("450 busy", retryable=True))
    assert delivered(scenario, now=SEVEN + DAY, mailer=refusing).problems == ["450 busy"]
    assert delivered(scenario, now=SEVEN + DAY + LATER).quiet == 1


def test_who_left_or_is_not_to_be_written_to_hears_nothing(scenario: Scenario) -> None:
    made = wants_quiet(scenario)
    with scenario.archive.write() as connection:
        end_subscription(connection, made.id, now=NOW)
    assert delivered(scenario, now=SEVEN + DAY) == DeliveryReport()
    with scenario.archive.write() as connection:
        suppress(connection, "ada@example.com", secret=b"for tests", reason="complained", now=NOW)
        add_subscription(connection, "ada@example.com", Rule(), every="daily", now=NOW, is_confirmed=True,
                         is_quiet_told=True)  # fmt: skip
    delivered(scenario, now=SEVEN + DAY)
    assert delivered(scenario, now=SEVEN + 2 * DAY).quiet == 0
    assert mails(scenario) == []


def test_a_change_of_the_hour_plans_anew(scenario: Scenario) -> None:
    made = wants_quiet(scenario)
    with scenario.archive.write() as connection:
        change_subscription(connection, made.id, now=NOW, zone="Asia/Tokyo", hour=23)  # two in the afternoon
    assert delivered(scenario, now=SEVEN + DAY).quiet == 0
    assert delivered(scenario, now=SEVEN + DAY + timedelta(hours=7)).quiet == 1


def test_webhooks_are_called_with_news_alone(scenario: Scenario) -> None:
    wants_quiet(scenario, webhook="https://hooks.example/x")
    assert delivered(scenario, now=SEVEN + 9 * DAY) == DeliveryReport()


def test_a_clock_that_is_set_back_makes_no_second_digest(scenario: Scenario) -> None:
    made = wants_quiet(scenario)
    assert delivered(scenario, now=SEVEN + DAY).quiet == 1
    with scenario.archive.write() as connection:
        change_subscription(connection, made.id, now=NOW, rule=Rule(everything=True))
    delivered(scenario, now=SEVEN + DAY - timedelta(hours=1))
    assert delivered(scenario, now=SEVEN + DAY).quiet == 0
    assert delivered(scenario, now=SEVEN + 2 * DAY).quiet == 1
