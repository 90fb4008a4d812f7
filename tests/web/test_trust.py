"""Signed heads for programs, what stands in place of what was taken down, and what search engines may list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.heads import sha256_of_head, signed_words
from clausewatch.jobs.heads import head_of_the_day, signing_key
from clausewatch.jobs.takedown import take_down_and_erase
from clausewatch.settings import Settings
from clausewatch.verify_export import is_signed
from clausewatch.web.headers import HEADERS
from tests.web.atom_rules import ATOM, checked_feed
from tests.web.markup import checked_page, words_of
from tests.web.scenario import NOW, START, Scenario, altered, looms, policy

REASON = "the vendor asked for it & was right"


@pytest.fixture
def taken(scenario: Scenario) -> tuple[Scenario, list[str]]:
    """The middle one of three versions is taken down: the addresses where it and its traces stood."""
    document = scenario.watches()
    for number, months in enumerate(("18", "24", "36")):
        page = policy(altered("18 months", f"{months} months"))
        scenario.publishes(document, page, at=START + timedelta(days=30 * number))
    version = scenario.versions(document)[1]
    paths = [f"/versions/{version.id}", f"/api/v1/versions/{version.id}"]
    paths += [f"/comparisons/{each.id}" for each in scenario.comparisons(document)]
    paths += [f"/memento/{version.first_at:%Y%m%d%H%M%S}/{document.url}", f"/timegate/{document.url}"]
    take_down_and_erase(scenario.archive, document, version, reason=REASON, now=NOW)
    return scenario, paths


def test_a_tombstone_stands_in_place_of_a_version(taken: tuple[Scenario, list[str]]) -> None:
    scenario, paths = taken
    for path in paths:
        when = {"Accept-Datetime": f"{START + timedelta(days=40):%a, %d %b %Y %H:%M:%S} GMT"}
        answer = scenario.get(path, headers=when)
        assert answer.status_code == 410, path
        assert "was taken down on 2025-03-05: the vendor asked for it" in answer.text, path
        assert "24 months" not in answer.text


def test_pages_that_were_kept_go_with_it(scenario: Scenario) -> None:
    document = looms(scenario)
    version = scenario.versions(document)[1]
    comparison = scenario.comparisons(document)[0]
    paths = [f"/versions/{version.id}", f"/comparisons/{comparison.id}", f"/documents/{document.name}",
             "/search?q=%2224+months%22", "/feeds/search?q=%2224+months%22", "/",
             "/vendors/tidewater-looms"]  # fmt: skip
    assert all("24 months" in scenario.get(path).text for path in paths)
    for each in scenario.versions(document)[1:]:
        take_down_and_erase(scenario.archive, document, each, reason=REASON, now=NOW)
    left = [scenario.get(path).text for path in paths]
    assert not any("<mark>24 months" in text or "for 24 months" in text for text in left)


def test_heads_are_a_feed_that_names_what_is_signed(scenario: Scenario) -> None:
    looms(scenario)
    assert checked_feed(scenario.get("/feeds/heads").content).findall(f"{ATOM}entry") == []
    for days in range(2):
        head_of_the_day(scenario.archive, signing_key(scenario.settings), now=NOW + timedelta(days=days))
    answer = scenario.get("/feeds/heads")
    entries = checked_feed(answer.content).findall(f"{ATOM}entry")
    assert [each.findtext(f"{ATOM}title") for each in entries] == ["Head of 2025-03-06", "Head of 2025-03-05"]
    for each in scenario.get("/heads").json()["items"]:
        assert each["signature"] in answer.text
        assert each["sha256"] in answer.text
    again = scenario.get("/feeds/heads", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_nothing_that_others_list_tells_of_it(taken: tuple[Scenario, list[str]]) -> None:
    scenario, _ = taken
    for path in (
        "/", "/search?q=24", "/feeds/changes", "/vendors/tidewater-looms", "/api/v1/comparisons",
        "/feeds/documents/tidewater-looms/privacy-policy", "/vendors/tidewater-looms/ledger",
    ):  # fmt: skip
        answer = scenario.get(path)
        assert answer.status_code == 200, path
        assert "24 months" not in answer.text, path
    page = words_of(checked_page(scenario.get("/documents/tidewater-looms/privacy-policy")))
    assert "was taken down on 2025-03-05: the vendor asked for it & was right" in page


def test_the_bytes_of_it_are_gone_with_the_same_words(taken: tuple[Scenario, list[str]]) -> None:
    scenario, _ = taken
    from archive.takedowns import SNAPSHOT, list_takedowns

    with scenario.archive.read() as connection:
        (stone,) = list_takedowns(connection, scenario.looms, kind=SNAPSHOT)
    answer = scenario.get(f"/snapshots/{stone.id}/raw")
    assert (answer.status_code, REASON.partition(" &")[0] in answer.text) == (410, True)


def test_heads_can_be_checked_by_anybody(scenario: Scenario) -> None:
    looms(scenario)
    assert scenario.get("/heads").json() == {"items": [], "next": None}
    key = signing_key(scenario.settings)
    for days in range(3):
        head_of_the_day(scenario.archive, key, now=NOW + timedelta(days=days))
    listed = scenario.get("/heads?limit=2").json()
    assert [each["day"] for each in listed["items"]] == ["2025-03-07", "2025-03-06"]
    (first,) = scenario.get(f"/heads?before={listed['next']}").json()["items"]
    whole = scenario.get("/heads/2025-03-05").json()
    assert whole == first | {"entries": whole["entries"]}
    assert is_signed(key.public, first["signature"], signed_words(NOW.date(), first["sha256"]))
    assert len(whole["entries"]) == 1
    assert scenario.get("/heads/2025-03-04").status_code == 404
    assert scenario.get("/heads/today").status_code == 422
    assert sha256_of_head(NOW.date(), NOW, first["previous"], entries=[]) != first["sha256"]


def test_a_version_says_which_head_covers_it(scenario: Scenario) -> None:
    looms(scenario)
    version = scenario.versions(scenario.looms)[0].id
    assert "in the next head" in words_of(checked_page(scenario.get(f"/versions/{version}")))
    head_of_the_day(scenario.archive, signing_key(scenario.settings), now=NOW)
    assert "in the head of 2025-03-05" in words_of(checked_page(scenario.get(f"/versions/{version}")))


def test_the_legal_page_names_the_contact_and_the_key(scenario: Scenario, tmp_path: Path) -> None:
    looms(scenario)
    assert "has given no contact" in words_of(checked_page(scenario.get("/legal")))
    key = signing_key(scenario.settings)
    head_of_the_day(scenario.archive, key, now=NOW)
    settings = replace(scenario.settings, contact="desk@archive.example")
    again = Scenario(scenario.archive, settings)
    page = words_of(checked_page(again.get("/legal")))
    assert "desk@archive.example" in page
    assert key.public in page


def test_search_engines_list_nothing_unless_allowed(scenario: Scenario) -> None:
    looms(scenario)
    assert "Disallow: /compare/" in scenario.get("/robots.txt").text
    paths = ("/", "/vendors", "/documents/tidewater-looms/privacy-policy")
    for path in paths:
        answer = scenario.get(path)
        assert answer.headers["X-Robots-Tag"] == HEADERS["X-Robots-Tag"] == "noindex"
        assert 'name="robots"' in answer.text
    allowed = Scenario(scenario.archive, replace(scenario.settings, is_indexed=True))
    for path in paths:
        answer = allowed.get(path)
        assert "X-Robots-Tag" not in answer.headers
        assert 'name="robots"' not in answer.text
    for path in ("/subscribe", "/search?q=loom", "/nothing", "/vendors/nobody", "/heads"):
        assert allowed.get(path).headers["X-Robots-Tag"] == "noindex", path


def test_the_setting_is_read(tmp_path: Path) -> None:
    from clausewatch.settings import load

    assert load({"CLAUSEWATCH_INDEXED": "yes"}).is_indexed
    assert not load({}).is_indexed
    assert not Settings(home=tmp_path).is_indexed
