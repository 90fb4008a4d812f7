"""Where the sentences of a version came from."""

from __future__ import annotations

from clausewatch.web.compare import MADE_AT_ONCE
from tests.web.markup import checked_page, words_of
from tests.web.scenario import Scenario


def test_each_sentence_leads_to_the_comparison_that_brought_it(archive_of_looms: Scenario) -> None:
    versions = archive_of_looms.versions(archive_of_looms.looms)
    comparison = archive_of_looms.comparisons(archive_of_looms.looms)[0]
    page = checked_page(archive_of_looms.get(f"/versions/{versions[-1].id}/blame"))
    (stretch,) = page.xpath("//div[contains(@class, 'later')][contains(., 'for 24 months after')]")
    assert stretch.xpath(".//p[@class='origin']/a/@href") == [f"/comparisons/{comparison.id}"]
    assert "for 18 months after" in stretch.xpath(".//del")[0].text
    for link in set(page.xpath("//div[@class='blame']//a/@href")):
        assert archive_of_looms.get(link).status_code == 200


def test_the_page_holds_every_sentence_of_the_version(archive_of_looms: Scenario) -> None:
    version = archive_of_looms.versions(archive_of_looms.looms)[-1]
    text = archive_of_looms.get(f"/api/v1/versions/{version.id}").json()["text"]
    page = checked_page(archive_of_looms.get(f"/versions/{version.id}/blame"))
    said = " ".join(span.text_content() for span in page.xpath("//div[@class='said']//span[@id]"))
    assert said.split() == text.split()


def test_a_version_links_to_it(archive_of_looms: Scenario) -> None:
    version = archive_of_looms.versions(archive_of_looms.looms)[0]
    page = checked_page(archive_of_looms.get(f"/versions/{version.id}"))
    assert f"/versions/{version.id}/blame" in page.xpath("//main//a/@href")


def test_programs_get_a_row_for_each_sentence(archive_of_looms: Scenario) -> None:
    versions = archive_of_looms.versions(archive_of_looms.looms)
    items = archive_of_looms.get(f"/api/v1/versions/{versions[-1].id}/blame").json()["items"]
    assert {item["brought_by"] for item in items} == {version.id for version in versions}
    assert {item["vendor"] for item in items} == {"tidewater-looms"}


def test_what_is_no_version_is_not_found(archive_of_looms: Scenario) -> None:
    answer = archive_of_looms.get("/versions/0000000000000000/blame")
    assert answer.status_code == 404
    assert "no such version" in words_of(checked_page(answer))
    assert archive_of_looms.get("/api/v1/versions/0000000000000000/blame").status_code == 404


def test_who_comes_while_others_are_served_is_asked_to_wait(archive_of_looms: Scenario) -> None:
    version = archive_of_looms.versions(archive_of_looms.looms)[-1]
    turns = archive_of_looms.app.state.turns
    for _ in range(MADE_AT_ONCE):
        assert turns.acquire(blocking=False)
    busy = archive_of_looms.get(f"/versions/{version.id}/blame?fresh")  # no page that was made before
    turns.release(MADE_AT_ONCE)
    assert busy.status_code == 503
