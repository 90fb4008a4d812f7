"""What every page must be, checked on its markup."""

from __future__ import annotations

import re
from collections import Counter

import httpx
from lxml import html

HEADING = re.compile(r"h[1-6]")


def checked_page(answer: httpx.Response) -> html.HtmlElement:
    """The page, parsed, after a look at what a page owes its readers."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = html.document_fromstring(answer.text)
    assert page.get("lang") == "en"
    assert page.findtext("head/title", "").endswith(" · Clausewatch")
    assert len(page.findall(".//h1")) == 1
    for landmark in ("header", "main", "footer"):
        assert len(page.findall(f"body/{landmark}")) == 1
    _check_heading_levels(page)
    _check_ids(page)
    _check_nothing_runs(page)
    _check_names(page)
    return page


def _check_heading_levels(page: html.HtmlElement) -> None:
    """Headings within a comparison's text are left out: there the policies' own stand, as templates/diff lays them."""
    level = 0
    within_text = set(page.xpath("//*[contains(@class, 'comparison')]/*[@class='text']//*"))
    for element in page.iter():
        if element not in within_text and isinstance(element.tag, str) and HEADING.fullmatch(element.tag):
            assert int(element.tag[1]) <= level + 1, element.text_content()
            level = int(element.tag[1])


def _check_ids(page: html.HtmlElement) -> None:
    ids = Counter(page.xpath("//@id"))
    assert [name for name, count in ids.items() if count > 1] == []
    targets = [link[1:] for link in page.xpath("//a/@href") if link.startswith("#")]
    assert set(targets) <= set(ids)
    assert set(" ".join(page.xpath("//@aria-labelledby")).split()) <= set(ids)


def _check_nothing_runs(page: html.HtmlElement) -> None:
    assert page.xpath("//script | //style | //iframe | //object | //embed | //base") == []
    assert page.xpath("//@*[starts-with(name(), 'on')] | //@style") == []
    for link in page.xpath("//@href | //@src | //@action"):
        assert link.startswith(("/", "#", "https://", "http://")), link


def _check_names(page: html.HtmlElement) -> None:
    """Every control has a label, every table says what its columns are, every link has a text."""
    for control in page.xpath("//input | //select | //textarea"):
        has_label = control.xpath("ancestor::label") or page.xpath("//label[@for=$id]", id=control.get("id", ""))
        assert has_label, html.tostring(control)
    for link in page.xpath("//a | //button"):
        assert link.text_content().strip() or link.get("aria-label"), html.tostring(link)
    assert all(cell.get("scope") for cell in page.xpath("//th"))


def words_of(page: html.HtmlElement) -> str:
    """What a reader reads, with single spaces."""
    return " ".join(page.find("body/main").text_content().split())
