"""Subscribing by pages: asked, confirmed by the link in a real mail, looked at, left."""

from __future__ import annotations

import email.policy
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archive.subscriptions import add_subscription, list_subscriptions
from clausewatch.model import Kind, Rule, Severity, Subscription, SubscriptionState
from clausewatch.web import create_app
from notifier.tokens import Purpose, secret_of, sign
from tests.web.markup import checked_page, words_of
from tests.web.scenario import NOW, Scenario, opened

ADA = "ada@example.com"


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    with opened(tmp_path / "home", mail=f"file:{tmp_path / 'mail'}") as scenario:
        scenario.watches()
        yield scenario


def mails(scenario: Scenario) -> list[EmailMessage]:
    folder = Path(scenario.settings.mail.removeprefix("file:"))
    parser = BytesParser(policy=email.policy.default)
    return [parser.parsebytes(file.read_bytes()) for file in sorted(folder.glob("*.eml"))]


def subscriptions(scenario: Scenario) -> list[Subscription]:
    with scenario.archive.read() as connection:
        return list_subscriptions(connection)


def link_in(mail: EmailMessage, purpose: str) -> str:
    """The path of the link for that purpose."""
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(rf"http://clausewatch\.test/{purpose}/\S+", body.get_content())
    assert found
    return urlsplit(found[0]).path


def subscribed(scenario: Scenario) -> Subscription:
    scenario.post("/subscribe", data={"email": ADA})
    scenario.post(link_in(mails(scenario)[-1], "confirm"))
    return subscriptions(scenario)[0]


def token(scenario: Scenario, purpose: Purpose, subscription: Subscription) -> str:
    return sign(secret_of(scenario.settings), purpose, subscription=subscription.id, now=scenario.now)


def test_the_form_offers_what_is_kept_and_takes_a_choice_from_the_address(scenario: Scenario) -> None:
    page = checked_page(scenario.get("/subscribe?vendor=tidewater-looms&document=Privacy+Policy"))
    assert page.xpath("//select[@name='vendor']/option[@selected]/@value") == ["tidewater-looms"]
    assert page.xpath("//select[@name='document']/option[@selected]/text()") == ["Privacy Policy"]
    assert page.xpath("//input[@name='kind']/@value") == [kind.value for kind in Kind]


def test_asking_keeps_a_pending_subscription_and_sends_one_mail(scenario: Scenario) -> None:
    form = {
        "email": ADA, "vendor": "tidewater-looms", "document": "Privacy Policy", "kind": ["retention", "recipient"] * 9,
        "min_severity": "high", "every": "weekly",
    }  # fmt: skip
    answer = scenario.post("/subscribe", data=form)
    assert answer.status_code == 200
    assert "a mail with a link to confirm is on its way" in words_of(checked_page(answer))
    [subscription] = subscriptions(scenario)
    assert subscription.state is SubscriptionState.PENDING
    assert subscription.every == "weekly"
    assert subscription.rule == Rule(
        vendors=("tidewater-looms",), documents=("Privacy Policy",), kinds=(Kind.RETENTION, Kind.RECIPIENT),
        min_severity=Severity.HIGH,
    )  # fmt: skip
    [mail] = mails(scenario)
    assert mail["To"] == ADA


def test_empty_fields_of_the_form_ask_for_everything(scenario: Scenario) -> None:
    scenario.post("/subscribe", data={"email": ADA, "vendor": "", "document": "", "min_severity": "", "every": "daily"})
    [subscription] = subscriptions(scenario)
    assert (subscription.rule, subscription.every) == (Rule(), "daily")


def test_the_link_confirms_only_when_its_button_is_pressed(scenario: Scenario) -> None:
    scenario.post("/subscribe", data={"email": ADA})
    path = link_in(mails(scenario)[0], "confirm")
    page = checked_page(scenario.get(path))
    assert subscriptions(scenario)[0].state is SubscriptionState.PENDING
    assert page.xpath("//main//form/@method") == ["post"]
    answer = scenario.post(page.xpath("//main//form/@action")[0])
    assert subscriptions(scenario)[0].state is SubscriptionState.CONFIRMED
    manage = checked_page(answer).xpath("//a[starts-with(@href, '/manage/')]/@href")[0]
    assert "hears of these changes" in words_of(checked_page(scenario.get(manage)))
    assert "confirmed already" in words_of(checked_page(scenario.get(path)))
    assert scenario.post(path).status_code == 200


def test_the_answer_is_the_same_whether_or_not_the_address_is_known(scenario: Scenario) -> None:
    first = scenario.post("/subscribe", data={"email": ADA})
    pending = scenario.post("/subscribe", data={"email": ADA})
    scenario.post(link_in(mails(scenario)[0], "confirm"))
    count = len(mails(scenario))
    confirmed = scenario.post("/subscribe", data={"email": ADA})
    assert first.content == pending.content == confirmed.content
    assert first.headers == pending.headers == confirmed.headers
    assert len(mails(scenario)) == count
    assert len(subscriptions(scenario)) == 1


def test_one_address_gets_few_confirmations_whatever_is_asked(scenario: Scenario) -> None:
    for kind in Kind:
        scenario.now += timedelta(minutes=1)
        answer = scenario.post("/subscribe", data={"email": "Ada@Example.com", "kind": kind.value})
        assert answer.status_code == 200
    assert len(mails(scenario)) == 3
    scenario.now += timedelta(hours=1)
    scenario.post("/subscribe", data={"email": ADA, "kind": "data"})
    assert len(mails(scenario)) == 4


def test_one_client_may_not_ask_for_many_addresses(scenario: Scenario) -> None:
    for number in range(30):
        scenario.post("/subscribe", data={"email": f"reader{number}@example.com"})
    assert len(mails(scenario)) == 20


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({}, 422, "email: Field required"),
        ({"email": "nobody"}, 400, "is no mail address"),
        ({"email": "a@example.com\r\nBcc: b@example.com"}, 400, "is no mail address"),
        ({"email": "a@example.com,b@example.com"}, 400, "is no mail address"),
        ({"email": ADA, "vendor": "nobody"}, 400, "nobody: no such vendor"),
        ({"email": ADA, "document": "Recipe"}, 400, "Recipe: no such type of document"),
        ({"email": ADA, "kind": "weather"}, 422, "Input should be"),
        ({"email": ADA, "every": "hourly"}, 422, "Input should be"),
    ],
)
def test_a_form_that_cannot_be_kept_is_refused_in_words(
    scenario: Scenario, form: dict[str, str], status: int, says: str
) -> None:
    answer = scenario.post("/subscribe", data=form)
    assert answer.status_code == status
    assert says in words_of(checked_page(answer))
    assert subscriptions(scenario) == []


def test_a_form_of_another_site_is_refused(scenario: Scenario) -> None:
    answer = scenario.post("/subscribe", data={"email": ADA}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert subscriptions(scenario) == []


def test_mail_that_cannot_be_sent_is_logged_without_the_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))  # not listening: connections are refused
        with opened(tmp_path, mail=f"smtp://127.0.0.1:{listener.getsockname()[1]}") as scenario:
            answer = scenario.post("/subscribe", data={"email": ADA})
            [subscription] = subscriptions(scenario)
    assert answer.status_code == 200
    assert subscription.id in caplog.text
    assert ADA not in caplog.text


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (Rule(), "Vendors all Documents all types Kinds of change all Least severity any Mail once a week"),
        (
            Rule(
                vendors=("a", "b"), documents=("Privacy Policy",), kinds=(Kind.DATA,), min_severity=Severity.LOW,
                companies=("<Brightmetrics>",), keywords=("biometric*",), languages=("en", "de"),
            ),
            "Vendors a, b Documents Privacy Policy Kinds of change data Least severity low Companies named "
            "<Brightmetrics> Keywords biometric* Languages en, de Mail once a week",
        ),
    ],
)  # fmt: skip
def test_a_subscription_is_told_in_full(scenario: Scenario, rule: Rule, says: str) -> None:
    with scenario.archive.write() as connection:
        subscription = add_subscription(connection, ADA, rule, every="weekly", now=NOW)
    page = checked_page(scenario.get(f"/manage/{token(scenario, Purpose.MANAGE, subscription)}"))
    assert says in words_of(page)
    assert "once it confirms" in words_of(page)


def test_leaving_takes_a_button_and_says_so(scenario: Scenario) -> None:
    subscription = subscribed(scenario)
    page = checked_page(scenario.get(f"/manage/{token(scenario, Purpose.MANAGE, subscription)}"))
    path = page.xpath("//main//form/@action")[0]
    assert path.startswith("/unsubscribe/")
    asked = checked_page(scenario.get(path))
    assert subscriptions(scenario)[0].state is SubscriptionState.CONFIRMED
    answer = scenario.post(asked.xpath("//main//form/@action")[0])
    assert "Nothing more is sent" in words_of(checked_page(answer))
    assert subscriptions(scenario)[0].state is SubscriptionState.ENDED
    assert "was ended" in words_of(checked_page(scenario.get(path)))
    assert "was ended on 2025-03-05" in words_of(
        checked_page(scenario.get(f"/manage/{token(scenario, Purpose.MANAGE, subscription)}"))
    )


def test_one_click_of_a_mail_program_ends_it_without_cookie_or_redirect(scenario: Scenario) -> None:
    subscription = subscribed(scenario)
    path = f"/unsubscribe/{token(scenario, Purpose.UNSUBSCRIBE, subscription)}"
    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        body = (
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
            if "multipart" in content_type
            else b"List-Unsubscribe=One-Click"
        )
        headers = {"Content-Type": content_type, "Sec-Fetch-Site": "cross-site"}
        answer = scenario.post(path, content=body, headers=headers)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert subscriptions(scenario)[0].state is SubscriptionState.ENDED


def test_a_link_for_one_purpose_opens_no_other_door(scenario: Scenario) -> None:
    subscription = subscribed(scenario)
    for purpose in Purpose:
        for other in set(Purpose) - {purpose}:
            answer = scenario.get(f"/{other}/{token(scenario, purpose, subscription)}")
            assert answer.status_code == 400
            assert "this link is not valid" in words_of(checked_page(answer))


def test_a_confirmation_expires_and_an_ended_subscription_is_not_confirmed(scenario: Scenario) -> None:
    scenario.post("/subscribe", data={"email": ADA})
    path = link_in(mails(scenario)[0], "confirm")
    [subscription] = subscriptions(scenario)
    scenario.post(f"/unsubscribe/{token(scenario, Purpose.UNSUBSCRIBE, subscription)}")
    answer = scenario.post(path)
    assert answer.status_code == 400
    assert "was ended" in words_of(checked_page(answer))
    assert "was ended" in words_of(checked_page(scenario.get(path)))
    scenario.now = NOW + timedelta(days=4)
    assert "has expired" in words_of(checked_page(scenario.get(path)))
    assert subscriptions(scenario)[0].state is SubscriptionState.ENDED


def test_a_secret_that_cannot_be_read_is_told_without_its_place(
    scenario: Scenario, caplog: pytest.LogCaptureFixture
) -> None:
    settings = replace(scenario.settings, secret="")
    (settings.home / "secret").mkdir()
    scenario.app = create_app(settings, scenario.archive)
    answer = scenario.get("/confirm/token")
    assert answer.status_code == 503
    assert str(settings.home) not in answer.text
    assert "CLAUSEWATCH_SECRET" in caplog.text
