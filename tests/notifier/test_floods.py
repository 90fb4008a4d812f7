"""How much mail is too much: a cap for each address and day, and the circuit breaker."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.comparisons import mark_told
from archive.floods import open_flood, refuse_flood
from archive.notices import list_notices
from clausewatch.errors import DeliveryError
from clausewatch.model import Notice, NoticeState, Rule
from notifier.mailer import FileMailer, Mailer, TransportDown
from notifier.outbox import DeliveryReport, deliver
from notifier.preview import foresee
from tests.notifier.delivering import Refusing, mails, notices
from tests.notifier.scenario import DAY, NOW, Scenario, opened

HOUR = timedelta(hours=1)


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    with opened(tmp_path / "home") as scenario:
        scenario.settings = replace(
            scenario.settings, mails_a_day=3, flood_least=2, flood_share=0.5, operator="operator@example.com"
        )
        yield scenario


def delivered(scenario: Scenario, *, now: object = NOW, is_allowed: bool = False, mailer: Mailer | None = None,
              sender: str = "s1") -> DeliveryReport:  # fmt: skip
    to = mailer or FileMailer(scenario.settings.home / "mail")
    return deliver(scenario.archive, to, settings=scenario.settings, now=now, sender=sender, clock=lambda: 0.0,  # type: ignore[arg-type]
                   is_flood_allowed=is_allowed)  # fmt: skip


def due(scenario: Scenario) -> list[Notice]:
    with scenario.archive.read() as connection:
        return list_notices(connection, state=NoticeState.DUE)


# --- the cap --------------------------------------------------------------------------------------------------


def test_what_comes_after_the_share_of_a_day_waits_for_the_next_days_digest(scenario: Scenario) -> None:
    scenario.subscribes()
    reports = []
    for number in range(6):
        scenario.changes(f"Vendor {number}", now=NOW + number * timedelta(minutes=10))
        reports.append(delivered(scenario, now=NOW + number * timedelta(minutes=10)))
    assert [report.mails for report in reports] == [1, 1, 1, 0, 0, 0]
    assert [report.folded for report in reports] == [0, 0, 0, 1, 1, 1]
    (waiting,) = {notice.due_at for notice in due(scenario)}
    assert waiting == (NOW + DAY).replace(hour=7, minute=0)
    report = delivered(scenario, now=waiting)
    assert (report.mails, report.sent) == (1, 3)


def test_a_preview_foresees_what_waits_for_another_day(scenario: Scenario) -> None:
    moments = [NOW + number * timedelta(minutes=10) for number in range(5)]
    moments += [NOW + DAY + number * HOUR for number in range(5)]  # the digest of the first day counts on the second
    scenario.subscribes()
    sent: list[tuple[str, ...]] = []
    for number, now in enumerate(moments):
        changed = scenario.changes(f"Vendor {number}", now=now)
        with scenario.archive.write() as connection:
            mark_told(connection, changed.id, at=now)
    for now in sorted([*moments, (NOW + DAY).replace(hour=7), (NOW + 2 * DAY).replace(hour=7)]):
        deliver(
            scenario.archive, FileMailer(scenario.settings.home / "mail"), settings=scenario.settings, now=now,
            sender="s1", clock=lambda: 0.0, on_sent=lambda each: sent.append(each.notices),
        )  # fmt: skip
    with scenario.archive.read() as connection:
        foreseen = foresee(connection, Rule(), since=NOW - 400 * DAY, until=NOW + 9 * DAY, mails_a_day=3)
    assert [len(mail.comparisons) for mail in foreseen] == [len(notices) for notices in sent] == [1, 1, 1, 2, 1, 1, 3]


def test_the_day_is_that_of_the_subscriber(scenario: Scenario) -> None:
    with scenario.archive.write() as connection:
        from archive.subscriptions import add_subscription

        add_subscription(connection, "ada@example.com", Rule(), every="instant", now=NOW - DAY, is_confirmed=True,
                         zone="Pacific/Auckland", hour=9)  # fmt: skip
    at = NOW.replace(hour=9)  # ten in the evening there
    for number in range(4):
        scenario.changes(f"Vendor {number}", now=at + number * HOUR)
        assert delivered(scenario, now=at + number * HOUR).mails == 1  # at noon a new day has begun there


def test_all_subscriptions_of_an_address_share_its_cap(scenario: Scenario) -> None:
    for number in range(5):
        scenario.subscribes(rule=Rule(vendors=(f"vendor-{number}",)))
        scenario.changes(f"Vendor {number}")
    report = delivered(scenario)
    assert (report.mails, report.folded) == (3, 2)


def test_an_address_written_in_several_ways_has_one_cap(scenario: Scenario) -> None:
    for number in range(5):
        email = "ada@example.com" if number % 2 else "Ada@Example.com"
        scenario.subscribes(email, rule=Rule(vendors=(f"vendor-{number}",)))
        scenario.changes(f"Vendor {number}")
    report = delivered(scenario)
    assert (report.mails, report.folded) == (3, 2)
    scenario.subscribes("ADA@example.com", rule=Rule(vendors=("vendor-9",)))
    scenario.changes("Vendor 9")
    assert delivered(scenario).folded == 1  # what was sent before counts too


def test_digests_are_not_capped(scenario: Scenario) -> None:
    for number in range(5):
        scenario.subscribes(rule=Rule(vendors=(f"vendor-{number}",)), every="daily")
        scenario.changes(f"Vendor {number}")
    assert delivered(scenario, now=NOW + DAY, is_allowed=True).mails == 5


# --- the breaker ----------------------------------------------------------------------------------------------


def many(scenario: Scenario, *, count: int = 4, every: str = "instant") -> None:
    for number in range(count):
        scenario.subscribes(f"reader{number}@example.com", every=every)


def test_a_run_that_would_mail_too_many_stops_before_the_first_and_asks_once(scenario: Scenario) -> None:
    many(scenario)
    scenario.changes()
    for _ in range(3):
        report = delivered(scenario)
        assert report.mails == 0
        assert report.held_back
        assert report.held_back.startswith("4 of 4 subscribers would be mailed at once")
        assert report.problems == [report.held_back]
    (question,) = mails(scenario)
    assert question["To"] == "operator@example.com"
    body = question.get_body(("plain",))
    assert body is not None
    assert "skyforge-drones/privacy-policy" in body.get_content()
    assert {notice.state for notice in notices(scenario)} == {NoticeState.DUE}


def test_the_operator_says_yes_and_it_goes(scenario: Scenario) -> None:
    many(scenario)
    scenario.changes()
    delivered(scenario)
    assert delivered(scenario, is_allowed=True).mails == 4
    scenario.changes("Pacekeeper", now=NOW + HOUR)
    assert delivered(scenario, now=NOW + HOUR).held_back  # the yes was for the first


@pytest.mark.parametrize("was_asked", [True, False])
def test_what_was_allowed_goes_though_the_transport_was_down_then(scenario: Scenario, was_asked: bool) -> None:
    many(scenario)
    scenario.changes()
    if was_asked:
        delivered(scenario)
    assert delivered(scenario, is_allowed=True, mailer=Refusing(TransportDown("no route"))).stopped
    assert delivered(scenario, now=NOW + DAY).mails == 4


def test_the_operator_says_no_and_nothing_goes(scenario: Scenario) -> None:
    many(scenario)
    scenario.changes()
    delivered(scenario)
    with scenario.archive.write() as connection:
        assert refuse_flood(connection, now=NOW) == 4
        assert refuse_flood(connection, now=NOW) == 0
    assert delivered(scenario) == DeliveryReport()
    assert {notice.state for notice in notices(scenario)} == {NoticeState.DROPPED}
    assert {notice.error for notice in notices(scenario)} == {"the operator refused a delivery to so many"}


def test_fewer_than_the_least_never_ask(scenario: Scenario) -> None:
    many(scenario, count=2)
    scenario.changes()
    assert delivered(scenario).mails == 2


def test_a_smaller_share_never_asks(scenario: Scenario) -> None:
    many(scenario, count=3)
    for number in range(4):
        scenario.subscribes(f"other{number}@example.com", rule=Rule(vendors=("pacekeeper",)))
    scenario.changes()
    assert delivered(scenario).mails == 3


def test_digests_as_many_as_were_allowed_once_do_not_ask_again(scenario: Scenario) -> None:
    many(scenario, every="daily")
    scenario.changes()
    assert delivered(scenario, now=NOW + DAY).held_back
    assert delivered(scenario, now=NOW + DAY, is_allowed=True).mails == 4
    scenario.changes("Pacekeeper", now=NOW + 2 * DAY)
    assert delivered(scenario, now=NOW + 3 * DAY).mails == 4


def test_a_flood_that_receded_is_forgotten(scenario: Scenario) -> None:
    many(scenario)
    scenario.changes()
    delivered(scenario)
    many(scenario, count=8)  # four more subscribe: half of all is not too many
    with scenario.archive.read() as connection:
        assert open_flood(connection)
    assert delivered(scenario).mails == 4
    with scenario.archive.read() as connection:
        assert open_flood(connection) is None


def test_a_question_that_was_not_taken_is_asked_again(scenario: Scenario) -> None:
    many(scenario)
    scenario.changes()
    assert delivered(scenario, mailer=Refusing(DeliveryError("450", retryable=True))).held_back
    assert mails(scenario) == []
    delivered(scenario)
    assert len(mails(scenario)) == 1


def test_without_an_operator_it_stops_all_the_same(scenario: Scenario) -> None:
    scenario.settings = replace(scenario.settings, operator="")
    many(scenario)
    scenario.changes()
    assert delivered(scenario).held_back
    assert mails(scenario) == []
