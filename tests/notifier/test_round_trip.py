"""From the outbox by each transport to what comes back of it."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.notices import last_failures, list_notices
from archive.subscriptions import add_subscription, get_subscription
from clausewatch.model import NoticeState, Rule, Subscription, SubscriptionState
from notifier.events import read_events
from notifier.mailer import ENDED_BY_RECEIVER, FileMailer, open_mailer
from notifier.outbox import DeliveryReport, deliver
from notifier.returns import take_in
from notifier.sendgrid_mailer import SendGridMailer
from notifier.tokens import secret_of
from notifier.webhook import signing_secret
from tests.notifier.scenario import DAY, NOW, Scenario, opened
from tests.notifier.servers import ACCEPTED, SendGridStandIn, sendgrid_stand_in, smtp_server
from tests.notifier.signing import event, posted
from tests.notifier.test_webhook import receiving

SOON = NOW + timedelta(minutes=1)


def mailed(scenario: Scenario, stand_in: SendGridStandIn) -> DeliveryReport:
    return deliver(
        scenario.archive, SendGridMailer("k", stand_in.url), settings=scenario.settings, now=SOON, sender="t"
    )


def state(scenario: Scenario, subscription: Subscription) -> SubscriptionState:
    with scenario.archive.read() as connection:
        return get_subscription(connection, subscription.id).state


def called(scenario: Scenario, url: str) -> Subscription:
    """Somebody who is told by webhook."""
    with scenario.archive.write() as connection:
        return add_subscription(connection, "ada@example.com", Rule(), every="instant", now=NOW - DAY,
                                is_confirmed=True, webhook=f"{url}/hook")  # fmt: skip


def test_an_event_finds_its_subscriber_by_the_mail_that_was_sent(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario, sendgrid_stand_in() as stand_in:
        asked = [scenario.subscribes(f"reader{number}@example.com") for number in range(3)]
        scenario.changes()
        assert mailed(scenario, stand_in).mails == 3
        persons = [person for _, body in stand_in.requests for person in body["personalizations"]]
        mails = {person["to"][0]["email"]: person["custom_args"]["delivery"] for person in persons}
        bounced = event("bounce", reason="550", delivery=mails["reader1@example.com"]) | {"email": None}
        with scenario.archive.write() as connection:
            take_in(connection, read_events(posted(bounced)), secret=secret_of(scenario.settings), now=SOON)
        ended, confirmed = SubscriptionState.ENDED, SubscriptionState.CONFIRMED
        assert [state(scenario, each) for each in asked] == [confirmed, ended, confirmed]


def test_readers_of_one_change_share_a_request(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario, sendgrid_stand_in() as stand_in:
        for number in range(20):
            scenario.subscribes(f"reader{number}@example.com")
        scenario.changes()
        report = mailed(scenario, stand_in)
        assert (report.mails, len(stand_in.requests)) == (20, 1)
        assert mailed(scenario, stand_in).mails == 0


def test_a_suppressed_address_is_sent_nothing_that_was_due(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario, sendgrid_stand_in() as stand_in:
        scenario.subscribes()
        scenario.changes()
        reported = event("spamreport")
        with scenario.archive.write() as connection:
            take_in(connection, read_events(posted(reported)), secret=secret_of(scenario.settings), now=SOON)
        assert mailed(scenario, stand_in).mails == 0
        assert stand_in.requests == []
        with scenario.archive.read() as connection:
            assert [each.state for each in list_notices(connection)] == [NoticeState.DROPPED]


def test_an_address_that_the_server_refuses_for_good_is_not_written_to_again(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario, smtp_server() as postbox:
        asked, other = scenario.subscribes(every="weekly"), scenario.subscribes("bob@example.com")
        scenario.subscribes()
        scenario.changes()
        postbox.on_recipient = lambda recipient: "550 5.1.1 unknown" if recipient.startswith("ada") else ACCEPTED
        settings = replace(scenario.settings, mail=postbox.url)
        with open_mailer(settings) as mailer:
            report = deliver(scenario.archive, mailer, settings=settings, now=SOON, sender="t")
        assert (report.sent, report.given_up) == (1, 1)
        assert state(scenario, asked) is SubscriptionState.ENDED
        assert state(scenario, other) is SubscriptionState.CONFIRMED


def test_a_notice_goes_to_the_webhook_and_not_to_the_mailbox(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario, receiving() as receiver:
        asked = called(scenario, receiver.url)
        comparison = scenario.changes()
        settings = replace(scenario.settings, allow_hosts=(receiver.host_port,))
        report = deliver(scenario.archive, FileMailer(tmp_path / "mail"), settings=settings, now=SOON, sender="t")
        assert report.sent == 1
        assert list((tmp_path / "mail").iterdir()) == []
        ((path, headers, body),) = receiver.calls
    assert path == "/hook"
    assert [each["comparison"] for each in json.loads(body)["notices"]] == [comparison.id]
    key = base64.b64decode(signing_secret(b"for tests", asked.id).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"


def test_a_call_that_failed_is_made_again_with_the_same_id_and_body(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario, receiving() as receiver:
        called(scenario, receiver.url)
        scenario.changes()
        settings = replace(scenario.settings, allow_hosts=(receiver.host_port,))
        receiver.answer = (503, {})
        for at in (SOON, SOON + DAY):
            deliver(scenario.archive, FileMailer(tmp_path / "mail"), settings=settings, now=at, sender="t")
            receiver.answer = (204, {})
        first, second = receiver.calls
    assert first[1]["webhook-id"] == second[1]["webhook-id"]
    assert first[2] == second[2]


def test_a_webhook_that_is_gone_ends_its_subscription_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as scenario, receiving() as receiver:
        asked, other = called(scenario, receiver.url), scenario.subscribes("ada@example.com")
        scenario.changes()
        scenario.changes("Pacekeeper", now=NOW + DAY)
        settings = replace(scenario.settings, allow_hosts=(receiver.host_port,))
        receiver.answer = (410, {})
        for at in (SOON, SOON + 2 * DAY):
            deliver(scenario.archive, FileMailer(tmp_path / "mail"), settings=settings, now=at, sender="t")
        assert len(receiver.calls) == 1
        assert state(scenario, asked) is SubscriptionState.ENDED
        assert state(scenario, other) is SubscriptionState.CONFIRMED
        with scenario.archive.read() as connection:
            assert last_failures(connection) == {asked.id: f"127.0.0.1: answered 410; {ENDED_BY_RECEIVER}"}
    assert caplog.messages == [f"subscription {asked.id}: its webhook is gone, and it has ended"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://10.0.0.7", "http://169.254.169.254"])
def test_a_webhook_that_leads_inside_is_never_called_whatever_the_database_says(url: str, tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        called(scenario, url)
        scenario.changes()
        mailer = FileMailer(tmp_path / "mail")
        report = deliver(scenario.archive, mailer, settings=scenario.settings, now=SOON, sender="t")
        assert (report.sent, report.given_up) == (0, 1)
        assert "is not called" in report.problems[0]
