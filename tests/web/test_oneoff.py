"""The form for one comparison: files, addresses, and an address over time, with real servers on loopback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from clausewatch.demo.site import VendorSite
from clausewatch.errors import NotFound
from clausewatch.jobs.sources import compare_given, given_body
from clausewatch.web import oneoff
from clausewatch.web.oneoff import FETCHED_AT_ONCE, KEPT, MOST_KEPT, SharedResults
from tests.support import WaybackStandIn
from tests.web.markup import checked_page, words_of
from tests.web.scenario import Scenario, altered, opened, policy

MADE_AT = datetime(2025, 3, 5, tzinfo=UTC)
BEFORE, AFTER = policy(), policy(altered("18 months", "24 months"))


def asked(scenario: Scenario, *bodies: str | bytes, **fields: str) -> httpx.Response:
    """The form, sent with these files and fields."""
    names = ("before_file", "after_file")
    files = {name: ("a.html", body) for name, body in zip(names, bodies, strict=False)}
    return scenario.post("/diff", data=fields, files=files or {"none": ("", b"")})


def test_two_files_are_compared_at_an_address_of_their_own(scenario: Scenario) -> None:
    checked_page(scenario.get("/diff"))
    answer = asked(scenario, BEFORE, AFTER)
    assert answer.status_code == 303
    page = checked_page(scenario.get(answer.headers["location"]))
    assert "24 months instead of 18" in words_of(page)


def test_a_result_is_gone_after_an_hour_and_nobody_guesses_it(scenario: Scenario) -> None:
    place = asked(scenario, BEFORE, AFTER).headers["location"]
    scenario.now += timedelta(minutes=59)
    assert scenario.get(place).status_code == 200
    scenario.now += timedelta(minutes=2)
    assert scenario.get(place).status_code == 404
    assert scenario.get("/diff/other").status_code == 404


def test_only_so_many_results_are_kept(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oneoff, "MOST_KEPT", 2)
    places = [asked(scenario, BEFORE, AFTER).headers["location"] for _ in range(3)]
    assert [scenario.get(place).status_code for place in places] == [404, 200, 200]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "fill in one of the three"),
        ({"before": "https://a.example/"}, "two addresses are needed"),
        ({"address": "https://a.example/", "from": "2020"}, "both days"),
        ({"address": "https://a.example/", "from": "2020", "to": "never"}, "never"),
        ({"before": "https://a.example/", "after": "https://b.example/", "address": "https://c.example/"}, "one of"),
        ({"before": "http://127.0.0.1:9/", "after": "http://169.254.169.254/latest"}, "127.0.0.1"),
        ({"before": "file:///etc/passwd", "after": "https://b.example/"}, "file:///etc/passwd"),
        ({"address": "http://localhost/", "from": "2020", "to": "2021"}, "localhost"),
    ],
)
def test_what_cannot_be_compared_is_explained_above_the_form(
    scenario: Scenario, fields: dict[str, str], says: str
) -> None:
    answer = asked(scenario, **fields)
    assert answer.status_code in (400, 422)
    page = checked_page(answer)
    assert says in page.xpath("string(//*[@role='alert'])")
    for name, value in fields.items():
        assert page.xpath("string(//input[@name=$name]/@value)", name=name) == value


def test_one_file_alone_an_empty_one_and_one_without_text_are_refused(scenario: Scenario) -> None:
    assert "two files are needed" in asked(scenario, BEFORE).text
    assert "no text can be read" in asked(scenario, BEFORE, b"\0\1\2" * 100).text


def test_a_file_that_is_too_large_is_refused(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oneoff, "LARGEST_FILE", 1000)
    assert "no policy is that long" in asked(scenario, BEFORE, AFTER).text


def test_one_client_may_not_ask_without_end(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oneoff, "ASKS_A_CLIENT", 2)
    assert [asked(scenario).status_code for _ in range(3)] == [400, 400, 429]


def test_who_compares_what_is_fetched_holds_up_nobody_else(archive_of_looms: Scenario) -> None:
    fetching = archive_of_looms.app.state.fetching
    for _ in range(FETCHED_AT_ONCE):
        assert fetching.acquire(blocking=False)
    busy = asked(archive_of_looms, BEFORE, AFTER)
    version = archive_of_looms.versions(archive_of_looms.looms)[0]
    others = [
        archive_of_looms.post("/subscribe/preview", data={}),
        archive_of_looms.get(f"/versions/{version.id}/blame"),
    ]
    fetching.release(FETCHED_AT_ONCE)
    assert (busy.status_code, "retry-after" in busy.headers) == (503, True)
    assert [answer.status_code for answer in others] == [200, 200]
    assert asked(archive_of_looms, BEFORE, AFTER).status_code == 303


@pytest.mark.slow
def test_addresses_are_compared_as_they_are_now(tmp_path: Path) -> None:
    with VendorSite() as site, opened(tmp_path, allow_hosts=(site.host,)) as scenario:
        site.publish("/old", BEFORE)
        site.publish("/new", AFTER)
        answer = asked(scenario, before=site.url("/old"), after=site.url("/new"))
        assert "24 months instead of 18" in words_of(checked_page(scenario.get(answer.headers["location"])))
        gone = asked(scenario, before=site.url("/old"), after=site.url("/nothing"))
        assert (gone.status_code, "404" in gone.text) == (422, True)


@pytest.mark.slow
def test_an_address_is_compared_over_time(tmp_path: Path) -> None:
    url = "https://tidewater.example/privacy"
    with (
        WaybackStandIn() as wayback,
        opened(tmp_path, allow_hosts=(wayback.host,), wayback_url=wayback.url) as scenario,
    ):
        for year, page in ((2020, BEFORE), (2022, AFTER)):
            wayback.add(url, datetime(year, 5, 1, tzinfo=UTC), page)
        answer = asked(scenario, address=url, **{"from": "2021", "to": "2023"})
        assert "24 months instead of 18" in words_of(checked_page(scenario.get(answer.headers["location"])))
        early = asked(scenario, address=url, **{"from": "2001", "to": "2023"})
        assert "holds no capture by 2001-12-31" in early.text


def test_a_result_that_another_process_made_is_found(tmp_path: Path) -> None:
    first, second = SharedResults(tmp_path), SharedResults(tmp_path)
    made = compare_given(*(given_body(body, label="", name="a.txt") for body in (b"We keep it.", b"We share it.")))
    token = first.keep(made, now=MADE_AT)
    assert second.get(token, now=MADE_AT) == made
    for asked, at in ((token, MADE_AT + KEPT), (f"../{token}", MADE_AT), ("a" * 22, MADE_AT)):
        with pytest.raises(NotFound):
            second.get(asked, now=at)
    for _ in range(MOST_KEPT):
        second.keep(made, now=MADE_AT)
    assert len(list(tmp_path.iterdir())) == MOST_KEPT
