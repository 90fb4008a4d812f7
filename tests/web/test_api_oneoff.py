"""Comparisons for the moment over the API: texts, and addresses with real servers on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

from clausewatch.demo.site import VendorSite
from clausewatch.web.oneoff import ASKS_A_CLIENT
from tests.web.scenario import Scenario, altered, opened, policy

BEFORE, AFTER = policy(), policy(altered("18 months", "24 months"))
TEXTS = {"before_text": BEFORE, "after_text": AFTER}


def test_two_texts_are_compared_and_nothing_is_kept(scenario: Scenario) -> None:
    answer = scenario.post("/api/v1/diff", json=TEXTS)
    assert answer.status_code == 200
    assert [finding["kind"] for finding in answer.json()["findings"]] == ["retention"]
    assert answer.json()["sections"]
    assert scenario.get("/api/v1/documents").json()["items"] == []


@pytest.mark.slow
def test_an_address_is_read_as_it_is_now(tmp_path: Path) -> None:
    with VendorSite() as site:
        site.publish("/a", BEFORE)
        site.publish("/b", AFTER)
        with opened(tmp_path, allow_hosts=(site.host,)) as scenario:
            wanted = {"before": site.url("/a"), "after": site.url("/b")}
            assert scenario.post("/api/v1/diff", json=wanted).json()["severity"] == "high"


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({}, 400), ({"before_text": "A"}, 400), ({**TEXTS, "before": "https://a.example/"}, 400),
        ({"before": "http://127.0.0.1:9/", "after": "http://127.0.0.1:9/"}, 422),
        ({"before_text": "<p></p>", "after_text": AFTER}, 422), ({"first": BEFORE}, 422),
        ({"address": "https://a.example/", "from": "2020", "to": "never"}, 400),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused_in_the_one_shape(
    scenario: Scenario, wanted: dict[str, str], status: int
) -> None:
    answer = scenario.post("/api/v1/diff", json=wanted)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_one_client_compares_so_often_an_hour_by_form_and_by_call(scenario: Scenario) -> None:
    for _ in range(ASKS_A_CLIENT):
        assert scenario.post("/diff", data={}).status_code == 400
    answer = scenario.post("/api/v1/diff", json=TEXTS)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
