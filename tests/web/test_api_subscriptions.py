"""Subscribing by programs: ask, look, change, leave, take along, erase; the same rules and refusals as the form's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clausewatch.model import Direction, Effect, Kind, Rule, Severity, SubscriptionState
from notifier.tokens import Purpose
from tests.web.mailbox import ADA, link_in, mails, subscribed, subscriptions, token
from tests.web.scenario import Scenario, looms, opened

RULE: dict[str, Any] = {
    "vendors": ["Tidewater Looms"], "documents": ["Privacy Policy"], "kinds": ["retention"], "min_severity": "low",
    "companies": ["Meta"], "keywords": ["biometric*"], "languages": ["en"], "directions": ["added"],
    "effects": ["expands"], "severities": {"children": "critical"},
}  # fmt: skip


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    with opened(tmp_path / "home", mail=f"file:{tmp_path / 'mail'}") as scenario:
        scenario.watches()
        yield scenario


def at(scenario: Scenario, purpose: Purpose = Purpose.MANAGE) -> str:
    return f"/api/v1/subscriptions/{token(scenario, purpose, subscriptions(scenario)[0])}"


def test_a_program_asks_and_a_person_confirms(scenario: Scenario) -> None:
    body = {"email": ADA, "rule": RULE, "every": "daily", "zone": "Asia/Tokyo", "hour": 6, "quiet": True}
    first = scenario.post("/api/v1/subscriptions", json=body)
    assert first.status_code == 202
    [subscription] = subscriptions(scenario)
    assert subscription.rule == Rule(
        vendors=("tidewater-looms",), documents=("Privacy Policy",), kinds=(Kind.RETENTION,), min_severity=Severity.LOW,
        companies=("Meta",), keywords=("biometric*",), languages=("en",), directions=(Direction.ADDED,),
        effects=(Effect.EXPANDS,), severities=((Kind.CHILDREN, Severity.CRITICAL),),
    )  # fmt: skip
    scenario.post(link_in(mails(scenario)[0], "confirm"))
    again = scenario.post("/api/v1/subscriptions", json=body)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert len(mails(scenario)) == 1
    row = scenario.get(at(scenario)).json()
    assert (row["email"], row["state"], row["every"], row["zone"], row["hour"], row["quiet"]) == (
        ADA, "confirmed", "daily", "Asia/Tokyo", 6, True,
    )  # fmt: skip
    assert row["rule"] == RULE | {"vendors": ["tidewater-looms"]}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({}, 422, "email: Field required"),
        ({"email": "a@example.com\r\nBcc: b@example.com"}, 400, "is no mail address"),
        ({"email": ADA, "rule": {"vendors": ["Nobody"]}}, 400, "nobody: no such vendor"),
        ({"email": ADA, "rule": {"kinds": ["weather"]}}, 400, "'weather' is no kind"),
        ({"email": ADA, "rule": {"severities": {"data": "dire"}}}, 400, "'dire' is no severity"),
        ({"email": ADA, "rule": {"colour": "red"}}, 422, "rule.colour"),
        ({"email": ADA, "rule": {"keywords": ["http://evil.example"]}}, 400, "leave out addresses"),
        ({"email": ADA, "rule": {"everything": True, "kinds": ["data"]}}, 400, "all changes, and yet"),
        ({"email": ADA, "every": "hourly"}, 400, "hourly: is none of"),
        ({"email": ADA, "hour": -1}, 400, "-1: is no hour"),
        ({"email": ADA, "webhook": "https://127.0.0.1/"}, 400, "is no webhook"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_the_one_shape(
    scenario: Scenario, body: dict[str, Any], status: int, says: str
) -> None:
    answer = scenario.post("/api/v1/subscriptions", json=body)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]
    assert subscriptions(scenario) == []


def test_a_form_is_no_json(scenario: Scenario) -> None:
    text = scenario.post("/api/v1/subscriptions", content=b'{"email": "ada@example.com"}')
    assert text.status_code == 422  # so no page of another site can send it without being asked first
    assert subscriptions(scenario) == []


def test_what_is_left_out_of_a_change_stays(scenario: Scenario) -> None:
    subscribed(scenario, kind="retention")
    changed = scenario.visit("PATCH", at(scenario), json={"every": "weekly", "hour": 0}).json()
    assert (changed["every"], changed["hour"], changed["rule"]) == ("weekly", 0, {"kinds": ["retention"]})
    changed = scenario.visit("PATCH", at(scenario), json={"rule": {"everything": True}}).json()
    assert (changed["every"], changed["rule"]) == ("weekly", {"everything": True})
    assert scenario.visit("PATCH", at(scenario), json={"email": "eve@example.com"}).status_code == 422
    assert subscriptions(scenario)[0].email == ADA


def test_leaving_by_program_says_goodbye_once(scenario: Scenario) -> None:
    subscribed(scenario)
    for _ in range(2):
        assert scenario.visit("DELETE", at(scenario)).status_code == 204
    assert subscriptions(scenario)[0].state is SubscriptionState.ENDED
    assert [mail["Subject"] for mail in mails(scenario)][1:] == ["You are unsubscribed"]
    assert scenario.visit("PATCH", at(scenario), json={"every": "daily"}).status_code == 400


def test_all_that_is_kept_can_be_taken_along_and_erased(scenario: Scenario) -> None:
    subscribed(scenario)
    path = f"{at(scenario)}/subscriber"
    assert scenario.get(path).json()["subscriptions"][0]["email"] == ADA
    assert scenario.visit("DELETE", path).status_code == 204
    assert subscriptions(scenario) == []
    assert scenario.get(path).status_code == 404


def test_a_token_for_another_purpose_opens_nothing(scenario: Scenario) -> None:
    subscribed(scenario)
    for purpose in set(Purpose) - {Purpose.MANAGE}:
        path = at(scenario, purpose)
        answers = [
            scenario.get(path), scenario.get(f"{path}/subscriber"), scenario.visit("PATCH", path, json={}),
            scenario.visit("DELETE", path), scenario.visit("DELETE", f"{path}/subscriber"),
        ]  # fmt: skip
        assert {answer.status_code for answer in answers} == {400}
    assert subscriptions(scenario)[0].state is SubscriptionState.CONFIRMED


def test_a_preview_lists_what_would_have_been_told(scenario: Scenario) -> None:
    looms(scenario)
    found = scenario.post("/api/v1/preview", json={}).json()
    assert found["mails"] == len(found["items"]) == 2
    assert "sections" not in found["items"][0]
    few = scenario.post("/api/v1/preview", json={"rule": {"kinds": ["retention"]}, "every": "weekly"}).json()
    assert [item["severity"] for item in few["items"]] == [found["items"][0]["severity"]]
