"""What stands behind a token: the status page, and the calls that change something."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta

import pytest

from archive.limits import close
from archive.tokens import add_token, end_token, list_tokens
from clausewatch.web import operator
from tests.web.markup import checked_page, words_of
from tests.web.scenario import DAY, NOW, Scenario, altered, policy


@pytest.fixture
def token(scenario: Scenario) -> str:
    with scenario.archive.write() as connection:
        return add_token(connection, "laptop", now=NOW)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"me:{token}".encode()).decode()}


def test_the_status_page_opens_to_a_token_alone(scenario: Scenario, token: str) -> None:
    for headers in ({}, bearer("cw_other"), basic("cw_other"), {"Authorization": "Basic ?"}, {"Authorization": "x"}):
        answer = scenario.get("/status", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
    for headers in (bearer(token), basic(token)):
        answer = scenario.get("/status", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"


def test_the_status_page_tells_how_the_watch_goes(scenario: Scenario, token: str) -> None:
    document = scenario.watches()
    scenario.publishes(document, "<title>Just a moment...</title><p>Checking your browser.</p>", at=NOW, status=403)
    scenario.publishes(scenario.watches("Kiln & Co"), policy(), at=NOW)
    page = checked_page(scenario.get("/status", headers=bearer(token)))
    assert "of 2, of 2 vendors" in words_of(page)
    assert "led by nobody" in words_of(page)
    assert page.xpath("string(//tbody//th)").strip() == document.name


def test_a_document_is_watched_and_looked_at_by_call(scenario: Scenario, token: str) -> None:
    wish = {"address": "https://kiln.example/legal/cookies", "vendor": "Kiln & Co"}
    made = scenario.post("/api/v1/documents", json=wish, headers=bearer(token))
    assert (made.status_code, made.json()["document"]) == (201, "cookie-policy")
    scenario.now += timedelta(hours=1)
    looked = scenario.post("/api/v1/documents/kiln-co/cookie-policy/look", headers=bearer(token)).json()
    assert looked["due_at"] == "2025-03-05T13:30:00Z"
    (listed,) = scenario.get("/api/v1/documents").json()["items"]
    assert listed["url"] == wish["address"]


@pytest.mark.parametrize("path", ["/api/v1/documents", "/api/v1/documents/a/b/look"])
def test_calls_that_change_something_need_a_token(scenario: Scenario, path: str) -> None:
    answer = scenario.post(path, json={"address": "https://kiln.example/"})
    assert answer.status_code == 401
    assert "token" in answer.json()["error"]["message"]


@pytest.mark.parametrize("address", ["ftp://kiln.example/", "kiln", "javascript:alert(1)", ""])
def test_an_address_that_is_none_is_not_watched(scenario: Scenario, token: str, address: str) -> None:
    answer = scenario.post("/api/v1/documents", json={"address": address}, headers=bearer(token))
    assert answer.status_code == 400


def test_a_token_that_was_ended_opens_nothing(scenario: Scenario, token: str) -> None:
    with scenario.archive.write() as connection:
        end_token(connection, "laptop")
    assert scenario.get("/status", headers=bearer(token)).status_code == 401


def test_when_a_token_was_used_is_known_to_the_hour(scenario: Scenario, token: str) -> None:
    for minutes, used in ((0, NOW), (30, NOW), (61, NOW + timedelta(minutes=61))):
        scenario.now = NOW + timedelta(minutes=minutes)
        scenario.get("/status", headers=bearer(token))
        with scenario.archive.read() as connection:
            assert [each.used_at for each in list_tokens(connection)] == [used]


def test_calls_are_limited_by_client_and_more_widely_by_token(
    scenario: Scenario, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario.client = ("192.0.2.7", 1)
    monkeypatch.setattr(operator, "ASKS_A_MINUTE", 2)
    monkeypatch.setattr(operator, "ASKS_A_MINUTE_WITH_TOKEN", 3)
    assert [scenario.get("/api/v1/vendors").status_code for _ in range(3)] == [200, 200, 429]
    codes = [scenario.get("/api/v1/vendors", headers=bearer(token)).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    scenario.now += timedelta(minutes=1)
    assert scenario.get("/api/v1/vendors").status_code == 200


def test_this_machine_itself_is_not_limited(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator, "ASKS_A_MINUTE", 1)
    for host in ("127.0.0.1", "::1"):
        scenario.client = (host, 1)
        assert [scenario.get("/api/v1/vendors").status_code for _ in range(3)] == [200, 200, 200]


def test_the_status_comes_as_json_too(scenario: Scenario, token: str) -> None:
    document = scenario.watches()
    scenario.publishes(document, "<title>Just a moment...</title><p>Checking your browser.</p>", at=NOW, status=403)
    with scenario.archive.write() as connection:
        close(connection, "wayback", asked_seconds=90, now=NOW)
    assert scenario.get("/api/v1/status").status_code == 401
    answer = scenario.get("/api/v1/status", headers=bearer(token))
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["documents"], told["snapshots"], told["is_led"], told["notices"]) == (1, 1, False, {})
    assert [(each["document"], each["why"], each["looks"]) for each in told["unseen"]] == [
        (document.slug, "bot-wall", 3)
    ]
    assert told["limits"] == [{"name": "wayback", "closed_until": "2025-03-05T12:31:30Z", "strikes": 1}]


def test_what_is_another_at_every_look_is_held_for_a_person(scenario: Scenario, token: str) -> None:
    document = scenario.watches()
    scenario.publishes(document, policy(), at=NOW)
    for number in range(1, 9):
        extra = " ".join(f"word{each}of{number}" for each in range(60))
        text = policy(altered("18 months", f"18 months, {extra}"))
        scenario.publishes(document, text, at=NOW + number * DAY / 2, sightings=1, settles=number == 8)
    page = checked_page(scenario.get("/status", headers=bearer(token)))
    assert "no text was found twice" in words_of(page)
    told = scenario.get("/api/v1/status", headers=bearer(token)).json()
    assert told["held"] == 1
    assert [(each["document"], each["looks"]) for each in told["restless"]] == [(document.slug, 8)]


def test_the_description_says_which_calls_want_a_token(scenario: Scenario) -> None:
    told = scenario.get("/openapi.json").json()
    wanting = {
        f"{method.upper()} {path}"
        for path, calls in told["paths"].items()
        for method, call in calls.items()
        if call.get("security")
    }
    assert wanting == {
        "GET /api/v1/status", "POST /api/v1/documents", "POST /api/v1/documents/{vendor}/{document}/look",
    }  # fmt: skip
    assert [each["scheme"] for each in told["components"]["securitySchemes"].values()] == ["bearer"]
