"""Comparison pages: stored ones, and any two days."""

from __future__ import annotations

import pytest

from clausewatch.web.compare import MADE_AT_ONCE, Made
from tests.web.markup import checked_page, words_of
from tests.web.scenario import DAY, START, Scenario, policy

COMPARE = "/compare/tidewater-looms/privacy-policy"


def test_a_comparison_leads_with_findings_that_jump_to_their_section(archive_of_looms: Scenario) -> None:
    comparison = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    page = checked_page(archive_of_looms.get(f"/comparisons/{comparison.id}"))
    finding = page.find(".//li[@class='finding severity-high']")
    assert finding.find(".//q").text_content() == comparison.findings[0].before.quote  # type: ignore[union-attr]
    assert "18" in page.get_element_by_id(finding.xpath(".//a[@class='to-inline']/@href")[0][1:]).text_content()
    anchor = finding.xpath("p[@class='meta']/a/@href")[0].removeprefix("#")
    section = page.get_element_by_id(anchor)
    assert section.xpath(".//*[@class='inline']//del")[0].text == "18"
    assert section.xpath(".//*[@class='inline']//ins")[0].text == "24"
    assert page.xpath("//link[@rel='stylesheet']/@href")[0].startswith("/static/comparison.css?v=")


def test_a_comparison_links_to_both_versions_and_to_its_json(archive_of_looms: Scenario) -> None:
    comparison = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    page = checked_page(archive_of_looms.get(f"/comparisons/{comparison.id}"))
    links = page.xpath("//main//a/@href")
    for path in (
        f"/versions/{comparison.before.id}", f"/versions/{comparison.after.id}", f"/api/v1/comparisons/{comparison.id}",
    ):  # fmt: skip
        assert path in links
        assert archive_of_looms.get(path).status_code == 200


def test_a_comparison_is_ready_to_be_cited_stored_or_not(archive_of_looms: Scenario) -> None:
    stored = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    for path, place in ((f"/comparisons/{stored.id}", "/comparisons/"), (f"{COMPARE}?from=2024-02&to=2025", COMPARE)):
        page = checked_page(archive_of_looms.get(path))
        [citation] = page.xpath("//p[@class='citation']")
        address, *hashes = (each.text for each in citation.xpath("span[@class='hash']"))
        assert address.startswith(f"http://clausewatch.test{place}")
        assert all(len(each) == 64 for each in hashes)
        cited = archive_of_looms.get(address.removeprefix("http://clausewatch.test"))
        assert citation.text_content() in checked_page(cited).text_content()


def test_each_finding_has_an_address(archive_of_looms: Scenario) -> None:
    page = checked_page(archive_of_looms.get(f"{COMPARE}?from=2024-02&to=2025"))
    anchors = page.xpath("//li[starts-with(@class, 'finding')]/@id")
    assert anchors == [f"finding-{number}" for number in range(1, len(anchors) + 1)]
    assert {f"#{anchor}" for anchor in anchors} <= set(page.xpath("//p[@class='meta']/a/@href"))


def test_a_comparison_says_why_it_is_in_its_state(archive_of_looms: Scenario) -> None:
    comparison = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    page = checked_page(archive_of_looms.get(f"/comparisons/{comparison.id}"))
    assert comparison.state_reason
    assert page.xpath("//p[@class='what']/span[@class='reason']")[0].text == comparison.state_reason


def test_two_days_with_a_version_between_are_compared_for_the_moment(archive_of_looms: Scenario) -> None:
    count = len(archive_of_looms.comparisons(archive_of_looms.looms))
    page = checked_page(archive_of_looms.get(f"{COMPARE}?from=2024-02&to=2025-01-01"))
    text = words_of(page)
    assert "Made for the moment and not kept." in text
    assert "keeps data 24 months instead of 18 months" in text
    assert "Brightmetrics" in text
    assert len(archive_of_looms.comparisons(archive_of_looms.looms)) == count


def test_few_are_compared_at_once_and_who_comes_then_is_asked_to_wait(archive_of_looms: Scenario) -> None:
    days = {"from": START.date().isoformat(), "to": (START + 200 * DAY).date().isoformat()}
    state = archive_of_looms.app.state
    state.made = Made()
    for _ in range(MADE_AT_ONCE):
        assert state.turns.acquire(blocking=False)
    busy = archive_of_looms.get(COMPARE, params=days)
    state.turns.release(MADE_AT_ONCE)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    assert "try again in a moment" in words_of(checked_page(busy))
    for number in range(MADE_AT_ONCE + 1):  # each gives its turn back
        state.made = Made()
        assert archive_of_looms.get(COMPARE, params=days | {"n": str(number)}).status_code == 200


def test_what_was_made_for_one_visitor_is_shown_to_the_next(archive_of_looms: Scenario) -> None:
    days = {"from": START.date().isoformat(), "to": (START + 200 * DAY).date().isoformat()}
    state = archive_of_looms.app.state
    first = archive_of_looms.get(COMPARE, params=days | {"n": "one address"})
    for _ in range(MADE_AT_ONCE):
        assert state.turns.acquire(blocking=False)
    second = archive_of_looms.get(COMPARE, params=days | {"n": "another address"})
    state.turns.release(MADE_AT_ONCE)
    assert second.text == first.text


def test_two_days_of_neighbouring_versions_lead_to_the_stored_comparison(archive_of_looms: Scenario) -> None:
    comparison = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    answer = archive_of_looms.get(f"{COMPARE}?from=2024-02&to=2024-06")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/comparisons/{comparison.id}"


def test_two_days_within_one_version_show_no_change(archive_of_looms: Scenario) -> None:
    page = checked_page(archive_of_looms.get(f"{COMPARE}?from=2024-02-01&to=2024-02-02"))
    assert "The two texts are the same." in words_of(page)


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("from=2025&to=2024", 400, "2025 is later than 2024"),
        ("from=yesterday&to=2024", 400, "'yesterday' is no date"),
        ("from=2024-02-30&to=2024", 400, "is no date"),
        ("from=2024", 422, "to: Field required"),
        ("from=" + "9" * 41 + "&to=2024", 422, "from: String should have at most 40 characters"),
        ("from=2001&to=2024", 404, "no version at 2001-12-31"),
    ],
)
def test_days_that_cannot_be_compared_are_refused_in_words(
    archive_of_looms: Scenario, query: str, status: int, says: str
) -> None:
    answer = archive_of_looms.get(f"{COMPARE}?{query}")
    assert answer.status_code == status
    assert says in words_of(checked_page(answer))


def test_a_right_to_left_policy_is_marked_as_what_it_is(scenario: Scenario) -> None:
    document = scenario.watches()
    arabic = "نحن نجمع اسمك وعنوان بريدك الإلكتروني عند إنشاء حساب ونشارك بياناتك الشخصية مع مزودي الخدمة لدينا فقط. "
    scenario.publishes(document, policy({"سياسة الخصوصية": arabic * 6}), at=START)
    version = scenario.versions(document)[0]
    article = checked_page(scenario.get(f"/versions/{version.id}")).find(".//article")
    assert article.get("lang") == "ar"
    assert {each.get("dir") for each in article.xpath(".//p | .//h2 | .//h3")} == {"auto"}
