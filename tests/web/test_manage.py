"""Behind the links of mails: looked at, changed, left, taken along, erased; and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive.subscriptions import add_subscription
from archive.suppressions import list_suppressions
from clausewatch.model import Kind, Rule, Severity, Subscription, SubscriptionState
from notifier.tokens import Purpose, secret_of, sign
from notifier.webhook import signing_secret
from tests.web.mailbox import ADA, mails, subscribed, subscriptions, token
from tests.web.markup import checked_page, words_of
from tests.web.scenario import NOW, Scenario, looms, opened


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    with opened(tmp_path / "home", mail=f"file:{tmp_path / 'mail'}") as scenario:
        scenario.watches()
        yield scenario


def manage(scenario: Scenario, subscription: Subscription) -> str:
    return f"/manage/{token(scenario, Purpose.MANAGE, subscription)}"


FULL = Rule(
    vendors=("a", "b"), documents=("Privacy Policy",), kinds=(Kind.DATA,), min_severity=Severity.LOW,
    companies=("<Brightmetrics>",), keywords=("biometric*",), languages=("en", "de"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (Rule(), "all changes that matter, of every vendor when: once a week, on Monday at 7:00 (UTC)"),
        (
            FULL,
            "vendors: a, b documents: Privacy Policy kinds of change: data severity: low or higher "
            "companies named: <Brightmetrics> words: biometric* languages: en, de when: once a week",
        ),
    ],
)
def test_a_subscription_is_told_in_full(scenario: Scenario, rule: Rule, says: str) -> None:
    with scenario.archive.write() as connection:
        subscription = add_subscription(connection, ADA, rule, every="weekly", now=NOW)
    page = checked_page(scenario.get(manage(scenario, subscription)))
    assert says in words_of(page)
    assert "once it confirms" in words_of(page)


def test_the_form_to_change_is_filled_in_and_changes_nothing_by_itself(scenario: Scenario) -> None:
    with scenario.archive.write() as connection:
        subscription = add_subscription(
            connection, ADA, FULL, every="weekly", now=NOW, is_confirmed=True, zone="Asia/Tokyo", hour=5
        )
    path = manage(scenario, subscription)
    page = checked_page(scenario.get(path))
    form = page.xpath("//form[@class='subscribe']")[0]
    assert form.action == path
    data: dict[str, list[str]] = {}
    for name, value in form.form_values():
        data.setdefault(name, []).append(value)
    assert data["vendor"] == ["a", "b"]  # though they are not kept: no change drops them unseen
    assert data["zone"] == ["Asia/Tokyo"]
    scenario.post(path, data=data)
    [unchanged] = subscriptions(scenario)
    assert unchanged == subscription


def test_what_is_asked_for_can_be_changed_and_looked_at_before(scenario: Scenario) -> None:
    looms(scenario)
    subscription = subscribed(scenario)
    path = manage(scenario, subscription)
    form = {"kind": "retention", "every": "daily", "zone": "America/New_York", "hour": "9", "quiet": "on"}
    looked = checked_page(scenario.post(f"{path}/preview", data=form))
    assert "What this would have sent" in words_of(looked)
    assert looked.xpath("//input[@name='kind'][@checked]/@value") == ["retention"]
    assert subscriptions(scenario) == [subscription]
    page = checked_page(scenario.post(path, data=form))
    assert "Changed." in words_of(page)
    [changed] = subscriptions(scenario)
    assert changed == replace(
        subscription, rule=Rule(kinds=(Kind.RETENTION,)), every="daily", zone="America/New_York", hour=9,
        is_quiet_told=True,
    )  # fmt: skip
    assert "kinds of change: retention when: once a day, at 9:00 (America/New_York)" in words_of(page)
    refused = scenario.post(path, data={"every": "hourly"})
    assert refused.status_code == 400
    assert subscriptions(scenario) == [changed]


def test_the_page_leads_to_the_feed_and_tells_what_calls_are_signed_with(tmp_path: Path) -> None:
    with opened(tmp_path, mail=f"file:{tmp_path / 'mail'}", allow_hosts=("127.0.0.1:9",)) as scenario:
        looms(scenario)
        subscription = subscribed(scenario, webhook="http://127.0.0.1:9/hook")
        page = checked_page(scenario.get(manage(scenario, subscription)))
        feed = scenario.get(page.xpath("//a[text()='Atom']/@href")[0])
        assert feed.headers["content-type"].startswith("application/atom+xml")
    assert signing_secret(b"for tests", subscription.id) in words_of(page)
    assert "sent to: a program at 127.0.0.1" in words_of(page)


def test_a_subscription_that_was_ended_is_not_changed(scenario: Scenario) -> None:
    subscription = subscribed(scenario)
    scenario.post(f"/unsubscribe/{token(scenario, Purpose.UNSUBSCRIBE, subscription)}")
    answer = scenario.post(manage(scenario, subscription), data={"every": "daily"})
    assert answer.status_code == 400
    assert "was ended" in words_of(checked_page(answer))


def test_leaving_takes_a_button_and_a_mail_says_goodbye_once(scenario: Scenario) -> None:
    subscription = subscribed(scenario)
    page = checked_page(scenario.get(manage(scenario, subscription)))
    path = page.xpath("//main//form/@action")[0]
    assert path.startswith("/unsubscribe/")
    asked = checked_page(scenario.get(path))
    assert subscriptions(scenario)[0].state is SubscriptionState.CONFIRMED
    for _ in range(2):
        answer = scenario.post(asked.xpath("//main//form/@action")[0])
        assert "Nothing more is sent" in words_of(checked_page(answer))
    assert subscriptions(scenario)[0].state is SubscriptionState.ENDED
    assert [mail["Subject"] for mail in mails(scenario)][1:] == ["You are unsubscribed"]
    assert "was ended" in words_of(checked_page(scenario.get(path)))
    assert "was ended on 2025-03-05" in words_of(checked_page(scenario.get(manage(scenario, subscription))))


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


def test_all_that_is_kept_about_an_address_can_be_taken_along(scenario: Scenario) -> None:
    subscription = subscribed(scenario, kind="retention")
    with scenario.archive.write() as connection:
        add_subscription(connection, ADA.upper(), Rule(), every="daily", now=NOW)
        add_subscription(connection, "bob@example.com", Rule(), every="daily", now=NOW)
    answer = scenario.get(f"{manage(scenario, subscription)}/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="clausewatch.json"'
    data = answer.json()
    assert data["email"] == ADA
    assert data["suppressed"] is None
    assert [each["state"] for each in data["subscriptions"]] == ["pending", "confirmed"]
    asked = data["subscriptions"][1]
    assert asked["rule"] == {"kinds": ["retention"]}
    assert asked["confirmed_at"] == "2025-03-05T12:30:00Z"
    assert "bob" not in answer.text


def test_erasing_leaves_nothing_but_a_hash(scenario: Scenario) -> None:
    subscription = subscribed(scenario)
    with scenario.archive.write() as connection:
        add_subscription(connection, "bob@example.com", Rule(), every="daily", now=NOW)
    path = manage(scenario, subscription)
    unsure = scenario.post(f"{path}/erase")
    assert unsure.status_code == 400
    assert "nothing was erased" in words_of(checked_page(unsure))
    assert len(subscriptions(scenario)) == 2
    checked_page(scenario.post(f"{path}/erase", data={"sure": "1"}))
    assert [each.email for each in subscriptions(scenario)] == ["bob@example.com"]
    with scenario.archive.read() as connection:
        [(hashed, suppression)] = list_suppressions(connection)
    assert suppression.reason == "erased on request"
    assert ADA not in hashed
    answer = scenario.get(path)
    assert answer.status_code == 404
    assert "was erased" in words_of(checked_page(answer))
    late = scenario.post(f"/unsubscribe/{token(scenario, Purpose.UNSUBSCRIBE, subscription)}")
    assert late.status_code == 200  # a click in an old mail: what it is for is done
    count = len(mails(scenario))
    asked = scenario.post("/subscribe", data={"email": ADA})  # the answer does not tell that it is listed
    assert "is on its way" in words_of(checked_page(asked))
    assert len(mails(scenario)) == count


def test_a_link_for_one_purpose_opens_no_other_door(scenario: Scenario) -> None:
    subscription = subscribed(scenario)
    pages = (Purpose.CONFIRM, Purpose.MANAGE, Purpose.UNSUBSCRIBE)
    for purpose in Purpose:
        for other in set(pages) - {purpose}:
            answer = scenario.get(f"/{other}/{token(scenario, purpose, subscription)}")
            assert answer.status_code == 400
            assert "this link is not valid" in words_of(checked_page(answer))


def test_a_link_of_one_subscriber_is_none_of_another(scenario: Scenario) -> None:
    subscription = subscribed(scenario)
    with scenario.archive.write() as connection:
        bob = add_subscription(connection, "bob@example.com", Rule(), every="daily", now=NOW, is_confirmed=True)
    own = token(scenario, Purpose.MANAGE, subscription)
    forged = own.replace(subscription.id, bob.id)
    elsewhere = sign(b"another secret", Purpose.MANAGE, subscription=bob.id, now=NOW)
    for altered in (forged, elsewhere, own[:-1], own + "=", own.upper(), f"{own}.x"):
        for path in ("", "/export"):
            assert scenario.get(f"/manage/{altered}{path}").status_code == 400
        for path in ("", "/preview", "/erase"):
            assert scenario.post(f"/manage/{altered}{path}", data={"sure": "1"}).status_code == 400
        assert scenario.get(f"/api/v1/subscriptions/{altered}").status_code == 400
        assert scenario.visit("DELETE", f"/api/v1/subscriptions/{altered}").status_code == 400
    assert {each.state for each in subscriptions(scenario)} == {SubscriptionState.CONFIRMED}


def test_a_signed_link_to_what_never_was_is_not_found(scenario: Scenario) -> None:
    nobody = sign(secret_of(scenario.settings), Purpose.MANAGE, subscription="0" * 16, now=NOW)
    assert scenario.get(f"/manage/{nobody}").status_code == 404


@pytest.mark.parametrize("purpose", [Purpose.MANAGE, Purpose.CONFIRM, Purpose.UNSUBSCRIBE])
def test_no_cache_keeps_what_stands_behind_a_link(scenario: Scenario, purpose: Purpose) -> None:
    link = token(scenario, purpose, subscribed(scenario))
    paths = [f"/{purpose.value}/{link}"]
    if purpose is Purpose.MANAGE:
        paths.append(f"/api/v1/subscriptions/{link}")
    for path in paths:
        answer = scenario.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
