"""Subscribing by pages: asked, looked at beforehand, confirmed by the link in a real mail."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clausewatch.model import Direction, Effect, Kind, Rule, Severity, SubscriptionState
from clausewatch.web import create_app, rules
from clausewatch.web.pace import MOST_KEYS, Pace
from clausewatch.web.subscribe import HOUR, MAILS_AN_ADDRESS, PREVIEWS_A_CLIENT, may_ask
from notifier.tokens import Purpose
from tests.web.mailbox import ADA, link_in, mails, subscriptions, token
from tests.web.markup import checked_page, words_of
from tests.web.scenario import NOW, Scenario, looms, opened


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    with opened(tmp_path / "home", mail=f"file:{tmp_path / 'mail'}") as scenario:
        scenario.watches()
        yield scenario


def test_the_form_offers_what_is_kept_and_takes_a_choice_from_the_address(scenario: Scenario) -> None:
    page = checked_page(scenario.get("/subscribe?vendor=tidewater-looms&document=Privacy+Policy"))
    assert page.xpath("//input[@name='vendor'][@checked]/@value") == ["tidewater-looms"]
    assert page.xpath("//input[@name='document'][@checked]/@value") == ["Privacy Policy"]
    assert page.xpath("//input[@name='kind']/@value") == [kind.value for kind in Kind]


EVERY_FIELD: dict[str, Any] = {
    "vendor": ["tidewater-looms"], "document": ["Privacy Policy"], "kind": ["retention", "recipient"] * 9,
    "min_severity": "high", "direction": "added", "effect": ["expands", "unclear"], "company": "Flurry,  Meta , ",
    "keyword": "biometric*", "language": "en, de", "severity_of": ["", "children=critical", "retention=low", ""],
    "every": "weekly", "zone": "Europe/Berlin", "hour": "6", "quiet": "1",
}  # fmt: skip


def test_asking_keeps_a_pending_subscription_and_sends_one_mail(scenario: Scenario) -> None:
    answer = scenario.post("/subscribe", data={"email": ADA, **EVERY_FIELD})
    assert answer.status_code == 200
    assert "a mail with a link to confirm is on its way" in words_of(checked_page(answer))
    [subscription] = subscriptions(scenario)
    assert subscription.state is SubscriptionState.PENDING
    assert (subscription.every, subscription.zone, subscription.hour) == ("weekly", "Europe/Berlin", 6)
    assert subscription.is_quiet_told
    assert subscription.rule == Rule(
        vendors=("tidewater-looms",), documents=("Privacy Policy",), kinds=(Kind.RETENTION, Kind.RECIPIENT),
        min_severity=Severity.HIGH, directions=(Direction.ADDED,), effects=(Effect.EXPANDS, Effect.UNCLEAR),
        companies=("Flurry", "Meta"), keywords=("biometric*",), languages=("en", "de"),
        severities=((Kind.RETENTION, Severity.LOW), (Kind.CHILDREN, Severity.CRITICAL)),
    )  # fmt: skip
    [mail] = mails(scenario)
    assert mail["To"] == ADA


def test_all_changes_and_a_webhook_may_be_asked_for(tmp_path: Path) -> None:
    with opened(tmp_path, mail=f"file:{tmp_path / 'mail'}", allow_hosts=("127.0.0.1:9",)) as scenario:
        form = {"email": ADA, "all_changes": "1", "webhook": " http://127.0.0.1:9/hook "}
        assert scenario.post("/subscribe", data=form).status_code == 200
        [subscription] = subscriptions(scenario)
    assert subscription.rule == Rule(everything=True)
    assert subscription.webhook == "http://127.0.0.1:9/hook"


def test_what_a_rule_would_have_sent_is_shown_with_the_form_as_it_was(scenario: Scenario) -> None:
    looms(scenario)
    scenario.now = NOW - timedelta(days=100)
    answer = scenario.post("/subscribe/preview", data=EVERY_FIELD | {"email": ADA, "min_severity": ""})
    page = checked_page(answer)
    assert page.xpath("//input[@name='email']/@value") == [ADA]
    assert page.xpath("//input[@name='kind'][@checked]/@value") == ["recipient", "retention"]
    assert page.xpath("//select[@name='severity_of']/option[@selected]/@value") == [
        "retention=low",
        "children=critical",
    ]
    assert page.xpath("//input[@name='company']/@value") == ["Flurry,  Meta , "]
    assert page.xpath("//input[@name='zone']/@value") == ["Europe/Berlin"]
    assert "Nothing since" in words_of(page)
    told = checked_page(scenario.post("/subscribe/preview", data={}))
    assert "2 mails since 2023-11-26, telling of 2 changes." in words_of(told)
    few = checked_page(scenario.post("/subscribe/preview", data={"kind": "retention", "severity_of": ["", ""]}))
    assert "One mail since" in words_of(few)
    assert "Tidewater Looms, Privacy Policy, 2024-05-09" in words_of(few)
    assert few.xpath("//details[@open]") == []  # nothing was chosen there
    assert len(few.xpath("//section[@id='preview']//a[starts-with(@href, '/comparisons/')]")) == 1
    assert subscriptions(scenario) == []
    assert mails(scenario) == []


def test_of_too_many_vendors_those_that_are_wanted_are_named(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_LISTED", 1)
    looms(scenario)
    scenario.watches("Kiln & Co")
    page = checked_page(scenario.get("/subscribe?vendor=kiln-co"))
    assert page.xpath("//input[@name='vendor']/@value") == ["kiln-co"]
    assert page.xpath("//input[@name='vendors_named']")
    named = {"email": ADA, "vendors_named": "Tidewater Looms, kiln-co"}
    assert scenario.post("/subscribe", data=named).status_code == 200
    [subscription] = subscriptions(scenario)
    assert subscription.rule.vendors == ("tidewater-looms", "kiln-co")
    unknown = scenario.post("/subscribe/preview", data={"vendors_named": "Nobody"})
    assert checked_page(unknown).xpath("//input[@name='vendors_named']/@value") == ["Nobody"]
    assert scenario.post("/subscribe", data={"email": ADA, "vendors_named": "Nobody"}).status_code == 400


def test_there_are_feeds_for_who_gives_no_address(scenario: Scenario) -> None:
    feeds = checked_page(scenario.get("/subscribe")).xpath("//main//a[starts-with(@href, '/feeds/')]/@href")
    assert len(feeds) == len(Kind) + 1
    assert {scenario.get(feed).status_code for feed in feeds} == {200}


def test_previews_are_limited_for_one_client(scenario: Scenario) -> None:
    for _ in range(PREVIEWS_A_CLIENT):
        scenario.app.state.pace.allows("preview 127.0.0.1", most=PREVIEWS_A_CLIENT, per=HOUR, now=scenario.now)
    assert scenario.post("/subscribe/preview", data={}).status_code == 429
    assert scenario.post("/api/v1/preview", json={}).status_code == 429
    scenario.now += timedelta(hours=1)
    assert scenario.post("/subscribe/preview", data={}).status_code == 200


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


def test_a_confirmation_is_good_for_once(scenario: Scenario) -> None:
    scenario.post("/subscribe", data={"email": ADA})
    path = link_in(mails(scenario)[0], "confirm")
    scenario.post(path)
    again = checked_page(scenario.post(path))
    assert "confirmed already" in words_of(again)
    assert again.xpath("//a[starts-with(@href, '/manage/')]") == []
    scenario.post(f"/unsubscribe/{token(scenario, Purpose.UNSUBSCRIBE, subscriptions(scenario)[0])}")
    scenario.now += timedelta(hours=2)
    scenario.post("/subscribe", data={"email": ADA})
    assert subscriptions(scenario)[0].state is SubscriptionState.PENDING
    used = scenario.post(path)  # it was for the first asking
    assert used.status_code == 400
    assert "has expired or was used" in words_of(checked_page(used))
    assert subscriptions(scenario)[0].state is SubscriptionState.PENDING
    scenario.post(link_in(mails(scenario)[-1], "confirm"))
    assert subscriptions(scenario)[0].state is SubscriptionState.CONFIRMED


def test_the_answer_is_out_before_anything_is_known_of_the_address(scenario: Scenario) -> None:
    known: list[int] = []

    async def ask() -> None:
        body = b"email=ada%40example.com"
        scope = {
            "type": "http", "method": "POST", "path": "/subscribe", "raw_path": b"/subscribe", "query_string": b"",
            "http_version": "1.1", "scheme": "http", "server": ("clausewatch.test", 80), "client": ("192.0.2.7", 1),
            "headers": [(b"content-type", b"application/x-www-form-urlencoded"), (b"host", b"clausewatch.test")],
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                known.append(len(subscriptions(scenario)) + len(mails(scenario)))

        await scenario.app(scope, receive, send)

    asyncio.run(ask())
    assert known == [0]
    assert len(mails(scenario)) == 1


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


def test_ten_thousand_sign_ups_keep_their_bounds() -> None:
    pace, addresses = Pace(), range(10_000)
    assert sum(may_ask(pace, "192.0.2.7", f"{number}@example.com", now=NOW) for number in addresses) == 20
    assert len(pace) == 21  # what a client may not ask for leaves nothing behind
    asked = [may_ask(pace, f"client {number}", ADA, now=NOW) for number in addresses]
    assert sum(asked) == MAILS_AN_ADDRESS
    assert len(pace) == MOST_KEYS
    assert not may_ask(pace, "192.0.2.8", ADA.upper(), now=NOW)


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
        ({"email": ADA, "kind": "weather"}, 400, "'weather' is no kind"),
        ({"email": ADA, "every": "hourly"}, 400, "hourly: is none of instant, daily, weekly"),
        ({"email": ADA, "every": "daily", "zone": "Mars/Olympus"}, 400, "is no time zone"),
        ({"email": ADA, "every": "daily", "hour": "24"}, 400, "24: is no hour of the day"),
        ({"email": ADA, "hour": "noon"}, 422, "valid integer"),
        ({"email": ADA, "severity_of": "children"}, 400, "names no severity"),
        ({"email": ADA, "severity_of": "children=dire"}, 400, "'dire' is no severity"),
        ({"email": ADA, "all_changes": "1", "kind": "data"}, 400, "all changes, and yet only some"),
        ({"email": ADA, "keyword": "buy at evil.example/now"}, 400, "leave out addresses"),
        ({"email": ADA, "keyword": "buy at evil.example, now"}, 400, "leave out addresses"),
        ({"email": ADA, "company": "evil.example has it"}, 400, "leave out addresses"),
        ({"email": ADA, "keyword": "your account is locked " * 3}, 400, "too long for a name or word"),
        ({"email": ADA, "company": "x" * 101}, 400, "100 characters at most"),
        ({"email": ADA, "keyword": ",".join(map(str, range(101)))}, 400, "101 are too many"),
        ({"email": ADA, "keyword": "x" * 2001}, 422, "at most 2000 characters"),
        ({"email": ADA, "webhook": "http://10.0.0.1/"}, 400, "is no webhook that can be called"),
        ({"email": ADA, "webhook": "https://localhost/"}, 400, "is no webhook that can be called"),
    ],
)
def test_a_form_that_cannot_be_kept_is_refused_in_words(
    scenario: Scenario, form: dict[str, Any], status: int, says: str
) -> None:
    answer = scenario.post("/subscribe", data=form)
    assert answer.status_code == status
    assert says in words_of(checked_page(answer))
    assert subscriptions(scenario) == []


def test_companies_may_be_called_as_hosts_are(scenario: Scenario) -> None:
    answer = scenario.post("/subscribe", data={"email": ADA, "company": "Booking.com, Acme Inc., U.S. Looms Co."})
    assert answer.status_code == 200
    [subscription] = subscriptions(scenario)
    assert subscription.rule.companies == ("Booking.com", "Acme Inc.", "U.S. Looms Co.")


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
    assert answer.status_code == 200
    assert "a confirmation was not sent" in caplog.text
    assert ADA not in caplog.text


def test_a_confirmation_expires_and_an_ended_subscription_is_not_confirmed(scenario: Scenario) -> None:
    scenario.post("/subscribe", data={"email": ADA})
    path = link_in(mails(scenario)[0], "confirm")
    [subscription] = subscriptions(scenario)
    scenario.post(f"/unsubscribe/{token(scenario, Purpose.UNSUBSCRIBE, subscription)}")
    assert len(mails(scenario)) == 1  # nothing but the confirmation goes to who never confirmed
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
    (settings.home / "secret").mkdir(parents=True)
    scenario.app = create_app(settings, scenario.archive)
    answer = scenario.get("/confirm/token")
    assert answer.status_code == 503
    assert str(settings.home) not in answer.text
    assert "CLAUSEWATCH_SECRET" in caplog.text


def test_who_never_confirms_is_forgotten(scenario: Scenario) -> None:
    scenario.post("/subscribe", data={"email": ADA})
    scenario.post("/subscribe", data={"email": "bob@example.com"})
    scenario.post(link_in(mails(scenario)[-1], "confirm"))
    (confirmed,) = (each for each in subscriptions(scenario) if each.state is SubscriptionState.CONFIRMED)
    scenario.now += timedelta(days=29)
    scenario.post("/subscribe", data={"email": "eve@example.com"})
    assert len(subscriptions(scenario)) == 3
    scenario.now += timedelta(days=2)
    scenario.post("/subscribe", data={"email": "dan@example.com"})
    kept = {each.email for each in subscriptions(scenario)}
    assert kept == {confirmed.email, "eve@example.com", "dan@example.com"}
