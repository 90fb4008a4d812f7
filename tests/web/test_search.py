"""Search as visitors and programs use it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from httpx import Response

from tests.web.atom_rules import ATOM, checked_feed
from tests.web.markup import checked_page
from tests.web.scenario import DAY, SECTIONS, START, Scenario, altered, policy

FIRE = {"Fire": "Our kilns reach &lt;b&gt;1,300&lt;/b&gt; degrees, and we collect data about their heat."}


@pytest.fixture
def shops(scenario: Scenario) -> Scenario:
    """A shop that keeps data longer from some day on, and another that writes of markup."""
    document = scenario.watches()
    scenario.publishes(document, policy(), at=START)
    scenario.publishes(document, policy(altered("18 months", "24 months")), at=START + 30 * DAY)
    other = scenario.watches("Kiln & Co", type="Cookie Policy", url="https://kiln.example/terms")
    scenario.publishes(other, policy(SECTIONS | FIRE), at=START)
    return scenario


def test_words_are_found_marked_and_linked_to_their_place(shops: Scenario) -> None:
    page = checked_page(shops.get("/search", params={"q": '"24 months"'}))
    (link,) = page.xpath("//ol//a")
    assert link.text_content() == "Tidewater Looms: Privacy Policy"
    assert [mark.text for mark in page.xpath("//ol//mark")] == ["24 months"]
    target = urlsplit(link.get("href"))
    version = checked_page(shops.get(target.path))
    assert "24 months" in version.get_element_by_id(target.fragment).text_content()


def test_a_heading_is_found_at_its_section(shops: Scenario) -> None:
    page = checked_page(shops.get("/search", params={"q": "fire"}))
    (target,) = (urlsplit(link) for link in page.xpath("//ol//a/@href"))
    assert checked_page(shops.get(target.path)).get_element_by_id(target.fragment).tag == "h3"


def test_text_that_looks_like_markup_stays_text(shops: Scenario) -> None:
    page = checked_page(shops.get("/search", params={"q": '"kilns reach"'}))
    assert "<b>1,300</b>" in page.findtext(".//blockquote") + "".join(page.xpath("//blockquote//text()"))
    assert page.xpath("//blockquote//b") == []


def test_what_was_typed_stands_in_the_form_again(shops: Scenario) -> None:
    asked = {"q": 'a"b<', "vendor": "kiln-co", "document": "Cookie Policy", "kind": "data", "since": "2024-02-01"}
    page = checked_page(shops.get("/search", params=asked))
    assert page.xpath("//input[@name='q']/@value") == ['a"b<']
    assert page.xpath("//input[@name='vendor']/@value") == ["kiln-co"]
    assert page.xpath("//input[@name='since']/@value") == ["2024-02-01"]
    assert page.xpath("//details/@open")


def test_nothing_found_and_nothing_asked_are_said(shops: Scenario) -> None:
    assert "Nothing found" in shops.get("/search", params={"q": "zeppelin"}).text
    assert "found" not in checked_page(shops.get("/search")).xpath("string(//main)").lower()


@pytest.mark.parametrize(
    "asked",
    [{"q": "-data"}, {"q": "data", "after": "x"}, {"q": "data", "since": "never"}, {"q": "data", "vendor": "nobody"}],
)
def test_a_search_that_cannot_be_made_is_explained_on_the_page(shops: Scenario, asked: dict[str, str]) -> None:
    answer = shops.get("/search", params=asked)
    assert answer.status_code == 400
    assert checked_page(answer).xpath("//*[@role='alert']")


def test_programs_page_through_all_passages(shops: Scenario) -> None:
    rows: list[dict[str, object]] = []
    after: str | None = ""
    while after is not None:
        answer = shops.get("/api/v1/search", params={"q": "data", "limit": 2} | ({"after": after} if after else {}))
        rows += answer.json()["items"]
        after = answer.json()["next"]
    assert len(rows) == len({(row["version"], row["start"]) for row in rows}) > 4
    assert all("data" in str(row["excerpt"]).casefold() for row in rows)


def test_where_few_of_many_are_wanted_the_page_says_that_it_looked_at_some(
    shops: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.passages.MOST_LOOKED_AT", 1)  # thousands would take long to store
    monkeypatch.setattr("clausewatch.web.search.PAGE", 1)
    asked = {"q": "data", "document": "Cookie Policy", "until": "2001"}
    page = checked_page(shops.get("/search", params=asked))
    assert "Nothing found so far" in page.xpath("string(//main)")
    steps = 0
    while links := page.xpath("//a[@rel='next']/@href"):
        page, steps = checked_page(shops.get(links[0])), steps + 1
    assert steps > 1
    assert "No version that is kept here" in page.xpath("string(//main)")


def test_programs_get_the_answer_that_was_kept_until_something_comes_in(shops: Scenario) -> None:
    def ask(words: str) -> Response:
        return shops.get("/api/v1/search", params={"q": words})

    before = ask("months")
    assert ask("months").content == before.content
    assert ask("degrees").content != before.content
    shops.publishes(shops.looms, policy(altered("18 months", "36 months")), at=START + 60 * DAY)
    assert "36 months" in ask("months").text
    assert "36 months" not in before.text


@pytest.mark.parametrize(
    ("narrowed", "documents"),
    [
        ({}, {"privacy-policy", "cookie-policy"}),
        ({"vendor": "Kiln & Co"}, {"cookie-policy"}),
        ({"document": "privacy policy"}, {"privacy-policy"}),
        ({"vendor": "kiln-co", "document": "Privacy Policy"}, set()),
        ({"since": "2030"}, {"privacy-policy", "cookie-policy"}),
        ({"until": "2001"}, set()),
    ],
)
def test_a_search_is_narrowed_by_vendor_type_and_days(
    shops: Scenario, narrowed: dict[str, str], documents: set[str]
) -> None:
    answer = shops.get("/api/v1/search", params={"q": "data", **narrowed})
    assert {row["document"] for row in answer.json()["items"]} == documents


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 422),
        ({"q": "?"}, 400),
        ({"q": "x" * 501}, 422),
        ({"q": "a", "vendor": "nobody"}, 404),
        ({"q": "a", "limit": 0}, 422),
    ],
)
def test_programs_are_told_what_is_wrong(shops: Scenario, asked: dict[str, str], status: int) -> None:
    answer = shops.get("/api/v1/search", params=asked)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_a_search_is_a_feed_of_where_words_came_and_went(shops: Scenario) -> None:
    page = checked_page(shops.get("/search", params={"q": "months", "vendor": "tidewater-looms"}))
    (path,) = page.xpath("//link[@rel='alternate']/@href")
    answer = shops.get(path)
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = checked_feed(answer.content)
    entries = feed.findall(f"{ATOM}entry")
    name = "Tidewater Looms: Privacy Policy"
    assert [each.findtext(f"{ATOM}title") for each in entries] == [name, f"{name}, gone"]
    assert "for 24 months after" in answer.text
    for link in feed.iter(f"{ATOM}link"):
        parts = urlsplit(link.get("href") or "")
        found = shops.get(f"{parts.path}?{parts.query}")
        assert found.status_code == 200
        if parts.fragment:
            assert "months" in checked_page(found).get_element_by_id(parts.fragment).text_content()
    assert shops.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_the_feed_of_a_search_stays_until_words_come_or_go(shops: Scenario) -> None:
    path = "/feeds/search?q=degrees"
    before = shops.get(path)
    shops.publishes(shops.looms, policy(altered("18 months", "36 months")), at=START + 60 * DAY)
    assert shops.get(path).content == before.content
    shops.publishes(shops.looms, policy(altered("18 months", "36 degrees")), at=START + 90 * DAY)
    ids = [{each.findtext(f"{ATOM}id") for each in checked_feed(body).findall(f"{ATOM}entry")}
           for body in (before.content, shops.get(path).content)]  # fmt: skip
    assert len(ids[1]) == len(ids[0]) + 1
    assert ids[0] < ids[1]


@pytest.mark.parametrize("asked", ["", "?q=", "?q=-months", "?q=data&vendor=nobody", "?q=data&kind=none"])
def test_a_feed_of_no_search_is_refused(shops: Scenario, asked: str) -> None:
    assert shops.get(f"/feeds/search{asked}").status_code in (400, 404, 422)
