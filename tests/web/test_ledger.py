"""The ledger as people and programs see it."""

from __future__ import annotations

import pytest

from tests.web.markup import checked_page
from tests.web.scenario import DAY, SECTIONS, START, Scenario, altered, policy

PARTNER = "We also share your order history with Google Analytics to measure our advertising."


@pytest.fixture
def looms(scenario: Scenario) -> Scenario:
    """Eighteen months, then 24; from day 60 to day 90 Google receives data."""
    document = scenario.watches()
    longer = altered("18 months", "24 months")
    named = longer | {"Who receives data": longer["Who receives data"] + " " + PARTNER}
    for days, sections in ((0, SECTIONS), (30, longer), (60, named), (90, longer)):
        scenario.publishes(document, policy(sections), at=START + days * DAY)
    return scenario


def test_a_vendors_ledger_shows_what_was_stated_when(looms: Scenario) -> None:
    page = checked_page(looms.get("/vendors/tidewater-looms/ledger"))
    kept = page.xpath("//section[h2[@id='retention']]//tbody/tr")
    assert [row.xpath("string(th/text())").strip() for row in kept] == ["24 months", "18 months"]
    assert kept[0].xpath("string(td[3])") == "still"
    (google,) = page.xpath("//section[h2[@id='recipient']]//tr[contains(th, 'Google')]")
    (picture,) = google.xpath(".//*[local-name()='svg']")
    assert "until" in picture.get("aria-label")
    assert PARTNER[:40] in google.xpath("string(td[@class='quote'])")
    link = google.xpath("string(td/a/@href)")
    assert "Google Analytics" in looms.get(link).text


def test_what_is_kept_for_longer_is_drawn_as_steps(looms: Scenario) -> None:
    page = checked_page(looms.get("/vendors/tidewater-looms/ledger"))
    (steps,) = page.xpath("//ul[@class='steps']/li")
    assert "18 months from 2024-01-30, then 24 months from 2024-02-29" in " ".join(steps.text_content().split())
    assert steps.xpath(".//polyline/@points")


def test_the_vendors_page_leads_to_its_ledger(looms: Scenario) -> None:
    page = checked_page(looms.get("/vendors/tidewater-looms"))
    assert "/vendors/tidewater-looms/ledger" in page.xpath("//a/@href")


def test_a_vendor_of_whom_nothing_is_known_has_an_empty_ledger(scenario: Scenario) -> None:
    scenario.watches("Kiln & Co")
    assert "states anything" in checked_page(scenario.get("/vendors/kiln-co/ledger")).xpath("string(//main)")
    assert scenario.get("/vendors/nobody/ledger").status_code == 404


@pytest.mark.parametrize("name", ["google", "Google Ireland Limited", "GOOGLE", " Google "])
def test_vendors_that_name_a_company_are_found_by_any_of_its_names(looms: Scenario, name: str) -> None:
    page = checked_page(looms.get("/companies", params={"names": name}))
    assert page.findtext(".//h1") == "Who names Google"
    assert page.xpath("string(//tbody//th)").strip() == "Tidewater Looms"


def test_a_company_that_nobody_names_leads_to_the_search(looms: Scenario) -> None:
    page = checked_page(looms.get("/companies", params={"names": "Zep<b>pelin"}))
    assert "No version" in page.xpath("string(//main)")
    assert any(link.startswith("/search?q=") for link in page.xpath("//main//a/@href"))
    assert page.xpath("//main//b") == []


def test_programs_get_the_ledger_by_vendor_kind_and_company(looms: Scenario) -> None:
    kept = looms.get("/api/v1/ledger", params={"vendor": "Tidewater Looms", "kind": "retention"}).json()["items"]
    assert [(row["value"], row["current"]) for row in kept] == [("18 months", False), ("24 months", True)]
    (named,) = looms.get("/api/v1/ledger", params={"names": "google"}).json()["items"]
    assert (named["vendor"], named["kind"], named["value"]) == ("tidewater-looms", "recipient", "Google")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 400),
        ({"document": "privacy-policy"}, 400),
        ({"vendor": "nobody"}, 404),
        ({"vendor": "tidewater-looms", "kind": "shoe"}, 400),
        ({"names": "x" * 201}, 422),
    ],
)
def test_programs_are_told_what_is_wrong(looms: Scenario, asked: dict[str, str], status: int) -> None:
    answer = looms.get("/api/v1/ledger", params=asked)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
