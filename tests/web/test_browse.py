"""The pages to look around in."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest
from sqlalchemy import update

from archive.tables import snapshots
from clausewatch.model import ComparisonState
from clausewatch.web import browse
from tests.web.markup import checked_page, words_of
from tests.web.scenario import DAY, START, Scenario, altered, looms, policy

LOOMS = "/documents/tidewater-looms/privacy-policy"


def test_the_first_page_tells_what_changed_the_most_severe_first(archive_of_looms: Scenario) -> None:
    answer = archive_of_looms.get("/")
    page = checked_page(answer)
    assert answer.status_code == 200
    headings = [" ".join(each.text_content().split()) for each in page.findall(".//h2")]
    assert headings == ["Critical (1)", "High (1)", "Vendors"]
    assert "keeps data 24 months instead of 18 months" in words_of(page)
    assert "Privacy Policy 3 2024-01-30 2024-08-17 1" in words_of(page)


def test_the_first_page_of_an_empty_archive_says_so(scenario: Scenario) -> None:
    page = checked_page(scenario.get("/"))
    assert "No material change is recorded yet." in words_of(page)
    assert "No vendor is watched yet." in words_of(page)


def test_a_change_that_no_rule_can_read_is_news_too(scenario: Scenario) -> None:
    document = scenario.watches()
    welsh = "Rydym yn casglu eich enw a'ch cyfeiriad pan fyddwch yn creu cyfrif, ac yn cadw eich data am gyfnod. " * 8
    scenario.publishes(document, policy({"Preifatrwydd": welsh}), at=START, settles=False)
    changed = welsh + "Rydym hefyd yn rhannu eich data gyda chwmnïau hysbysebu."
    scenario.publishes(document, policy({"Preifatrwydd": changed}), at=START + DAY)
    page = checked_page(scenario.get("/"))
    assert page.xpath("//h2/@id") == ["not-classified", "vendors"]
    assert "not classified confirmed" in words_of(checked_page(scenario.get(LOOMS)))


def test_what_is_held_is_no_news(scenario: Scenario) -> None:
    document = scenario.watches()
    scenario.publishes(document, policy(), at=START)
    scenario.publishes(document, policy(altered("18 months", "24 months")), at=START + DAY, sightings=1)
    assert [each.state for each in scenario.comparisons(document)] == [ComparisonState.HELD]
    assert "No material change is recorded yet." in words_of(checked_page(scenario.get("/")))
    assert "held" in words_of(checked_page(scenario.get(LOOMS)))


def test_a_vendor_shows_its_documents_and_how_they_were_watched(archive_of_looms: Scenario) -> None:
    page = checked_page(archive_of_looms.get("/vendors/tidewater-looms"))
    assert page.findtext(".//h1") == "Tidewater Looms"
    assert "3 versions. Watched from 2024-01-30 to 2024-08-17, 2 gaps, the longest 100 days." in words_of(page)
    assert "1 of the snapshots is not the document." in words_of(page)


def test_a_vendor_without_documents_has_a_page(scenario: Scenario) -> None:
    from archive.documents import add_vendor

    with scenario.archive.write() as connection:
        add_vendor(connection, "Quiet Kilns")
    assert "No document of this vendor is kept yet." in words_of(checked_page(scenario.get("/vendors/quiet-kilns")))


def test_many_documents_are_listed_page_by_page(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browse, "KEPT_AT_HOME", 2)
    monkeypatch.setattr(browse, "KEPT_ON_A_PAGE", 2)
    for number in range(3):
        for type in ("Privacy Policy", "Terms of Service"):
            scenario.watches(f"Shop {number}", type=type)
    home = checked_page(scenario.get("/"))
    assert len(home.xpath("//tbody/tr")) == 2
    address, seen = home.xpath("string(//main//a[.='All vendors']/@href)"), []
    while address:
        page = checked_page(scenario.get(address))
        seen += page.xpath("//tbody//td/a/@href")
        address = page.xpath("string(//a[@rel='next']/@href)")
    assert len(seen) == len(set(seen)) == 6


def test_a_document_lists_versions_comparisons_faults_and_addresses(archive_of_looms: Scenario) -> None:
    page = checked_page(archive_of_looms.get(LOOMS))
    versions = [row.text_content().split() for row in page.xpath("//section[@aria-labelledby='versions']//tbody/tr")]
    assert [row[0] for row in versions] == ["2024-08-17", "2024-05-09", "2024-01-30"]
    assert [row[-1] for row in versions] == [
        each.sha256 for each in reversed(archive_of_looms.versions(archive_of_looms.looms))
    ]
    text = words_of(page)
    assert "2024-05-09 to 2024-08-17 critical confirmed" in text
    assert "1 snapshot with the fault bot-wall" in text
    assert "Not seen between 2024-01-30 18:30 UTC and 2024-05-09 12:30 UTC." in text
    assert page.xpath("//section[@aria-labelledby='addresses']//a/@href") == ["https://tidewater.example/privacy"]


def test_a_document_without_a_version_has_a_page(scenario: Scenario) -> None:
    scenario.watches()
    text = words_of(checked_page(scenario.get(LOOMS)))
    assert "No version yet" in text
    assert "Never watched live." in text


def test_two_faults_in_a_row_are_said_aloud(scenario: Scenario) -> None:
    document = scenario.watches()
    scenario.publishes(document, policy(), at=START)
    for days in (1, 2):
        scenario.publishes(document, f"<h1>Forbidden</h1><p>Number {days}</p>", at=START + days * DAY, status=403)
    for path in (LOOMS, "/vendors/tidewater-looms"):
        assert "The last 2 looks did not show the document." in words_of(checked_page(scenario.get(path)))


def test_a_version_shows_its_text_by_sections_with_anchors(archive_of_looms: Scenario) -> None:
    version = archive_of_looms.versions(archive_of_looms.looms)[0]
    page = checked_page(archive_of_looms.get(f"/versions/{version.id}"))
    article = page.find(".//article")
    assert article.get("lang") == "en"
    headings = [each.text.strip() for each in article.xpath(".//h2 | .//h3 | .//h4")]
    assert headings[1:] == ["What we collect", "How long we keep data", "Who receives data", "Your rights"]
    text = archive_of_looms.get(f"/api/v1/versions/{version.id}").json()["text"]
    for paragraph in article.findall(".//p"):
        start = int(paragraph.get("id").removeprefix("p"))
        assert text[start:].startswith(paragraph.text_content())


def test_a_version_tells_where_it_comes_from(archive_of_looms: Scenario) -> None:
    version = archive_of_looms.versions(archive_of_looms.looms)[0]
    page = checked_page(archive_of_looms.get(f"/versions/{version.id}"))
    text = words_of(page)
    assert version.sha256 in text
    assert hashlib.sha256(policy().encode()).hexdigest() in text
    assert "2024-01-30 12:30 UTC 2024-01-30 18:30 UTC live https://tidewater.example/privacy" in text
    assert len(page.xpath("//a[@rel='next']")) == 1
    assert page.xpath("//a[@rel='prev']") == []


def test_a_snapshot_is_downloaded_byte_for_byte_and_never_shown(archive_of_looms: Scenario) -> None:
    version = archive_of_looms.versions(archive_of_looms.looms)[0]
    page = checked_page(archive_of_looms.get(f"/versions/{version.id}"))
    answer = archive_of_looms.get(page.xpath("//a[@download]/@href")[0])
    assert answer.content == policy().encode()
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-disposition"] == (
        'attachment; filename="tidewater-looms-privacy-policy-20240130T123000Z.html.txt"'
    )
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    digest = b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"


@pytest.mark.parametrize(
    ("content_type", "media_type", "ending"),
    [
        ("application/pdf", "application/octet-stream", ".pdf"),
        ("image/svg+xml", "application/octet-stream", ".bin"),
        ("text/xml", "text/plain; charset=utf-8", ".txt"),
        ('text/html; charset="x\r\nSet-Cookie: a=b"', "text/plain; charset=utf-8", ".html.txt"),
    ],
)
def test_no_stated_type_makes_a_browser_show_a_snapshot(
    scenario: Scenario, content_type: str, media_type: str, ending: str
) -> None:
    snapshot = scenario.publishes(
        scenario.watches(), b"%PDF or not", at=START, content_type=content_type, settles=False
    )
    answer = scenario.get(f"/snapshots/{snapshot}/raw")
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"].endswith(f'{ending}"')
    assert "set-cookie" not in answer.headers


def test_a_body_that_is_gone_is_not_found(scenario: Scenario) -> None:
    snapshot = scenario.publishes(scenario.watches(), b"soon gone", at=START, settles=False)
    blobs = scenario.archive.blobs
    blobs.path(hashlib.sha256(b"soon gone").hexdigest()).unlink()
    answer = scenario.get(f"/snapshots/{snapshot}/raw")
    assert answer.status_code == 404
    assert str(scenario.settings.home) not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/vendors/nobody", "/documents/nobody/nothing", "/documents/tidewater-looms/nothing",
        "/versions/0000", "/snapshots/0000/raw", "/comparisons/0000", "/static/nothing.css", "/static/..%2fpages.py",
        "/vendors/tidewater-looms/", "/docs", "/redoc",
        "/compare/tidewater-looms/privacy-policy?from=1999&to=2025",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_page_that_says_so(archive_of_looms: Scenario, path: str) -> None:
    answer = archive_of_looms.get(path)
    assert answer.status_code == 404
    page = checked_page(answer)
    assert page.findtext(".//h1") == "Not Found"
    assert "clausewatch documents" not in answer.text


def test_hostile_text_of_a_policy_stays_text(scenario: Scenario) -> None:
    evil = "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }} &lt;img src=x onerror=alert(2)&gt; \u202eright to left"
    hostile = altered("We keep your order history", evil + " We keep your order history")
    document = scenario.watches('"><script>alert(3)</script>', type="<b>Policy</b>", url="https://evil.example/<x>")
    scenario.publishes(document, policy(), at=START, settles=False)
    scenario.publishes(document, policy(hostile), at=START + DAY)
    comparison = scenario.comparisons(document)[0]
    paths = [
        "/", "/subscribe", f"/vendors/{document.vendor}", f"/documents/{document.name}",
        f"/comparisons/{comparison.id}",
        *(f"/versions/{version.id}" for version in scenario.versions(document)),
    ]  # fmt: skip
    seen = "".join(words_of(checked_page(scenario.get(path))) for path in paths)
    assert "<script>alert(1)</script> {{ 7 * 7 }} <img src=x onerror=alert(2)>" in seen
    assert '"><script>alert(3)</script>' in seen
    assert " 49 " not in seen


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://[looms/privacy"])
def test_an_address_that_is_not_http_is_no_link(scenario: Scenario, url: str) -> None:
    scenario.watches(url=url)
    page = checked_page(scenario.get(LOOMS))
    assert url in words_of(page)
    assert not page.xpath(f"//a[@href='{url}']")


def test_pages_below_a_path_link_below_it(scenario: Scenario) -> None:
    from dataclasses import replace

    from clausewatch.web import create_app

    looms(scenario)
    settings = replace(scenario.settings, public_url="https://law.example/watch")
    scenario.app = create_app(settings, scenario.archive)
    page = checked_page(scenario.get("/"))
    links = page.xpath("//@href | //@action")
    assert links
    assert all(link.startswith(("/watch/", "#")) for link in links)


def test_a_version_comes_with_its_citation_and_links_to_every_paragraph(archive_of_looms: Scenario) -> None:
    version = archive_of_looms.versions(archive_of_looms.looms)[0]
    page = checked_page(archive_of_looms.get(f"/versions/{version.id}"))
    citation = page.xpath("string(//p[@class='citation'])")
    for part in ("Tidewater Looms", "Privacy Policy", version.id, f"http://clausewatch.test/versions/{version.id}",
                 version.sha256):  # fmt: skip
        assert part in " ".join(citation.split())
    for paragraph in page.xpath("//article//p | //article//li"):
        assert paragraph.xpath("string(a[@class='anchor']/@href)") == f"#{paragraph.get('id')}"


def test_what_came_from_the_wayback_machine_links_to_it(scenario: Scenario) -> None:
    document = scenario.watches()
    scenario.publishes(document, policy(), at=START)
    with scenario.archive.write() as connection:
        connection.execute(update(snapshots).values(source="wayback"))
    page = checked_page(scenario.get(f"/versions/{scenario.versions(document)[0].id}"))
    address = f"https://web.archive.org/web/{START:%Y%m%d%H%M%S}/https://tidewater.example/privacy"
    assert address in page.xpath("//td/a/@href")
