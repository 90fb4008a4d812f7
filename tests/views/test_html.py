"""A comparison as a page of its own."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest
from lxml import html

from clausewatch.model import Change, Comparison, Edit, Quote, SectionChange
from clausewatch.views.html import comparison_view, render_html
from tests.views.comparisons import EMPTIEST, HOSTILE, LONGEST


def found(page: str, path: str) -> list[Any]:
    """What an XPath finds in a page."""
    result = html.document_fromstring(page).xpath(path)
    assert isinstance(result, list)
    return result


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("comparison", [LONGEST, EMPTIEST])
def test_a_page_has_findings_before_sections(comparison: Comparison, *, full: bool) -> None:
    page = render_html(comparison, full=full)
    assert found(page, "//h2/text()") == ["Findings", "Sections", "Text"]
    assert len(found(page, "//li[contains(@class, 'finding')]")) == len(comparison.findings)


def test_policy_text_is_no_markup() -> None:
    page = render_html(LONGEST)
    assert len(found(page, "//script")) == 1
    assert HOSTILE in "".join(found(page, "//text()"))


def test_a_page_needs_nothing_from_elsewhere() -> None:
    page = render_html(LONGEST)
    assert not found(page, "//link | //img | //@src | //@onclick")
    assert all(target.startswith("#") for target in found(page, "//@href"))
    assert "url(" not in render_html(LONGEST)


def test_no_script_runs_but_our_own() -> None:
    page = render_html(LONGEST)
    (script,) = found(page, "//script/text()")
    policy = found(page, "//meta[@http-equiv]/@content")[0]
    assert policy.endswith(f"script-src 'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'")


def test_moved_text_says_and_links_to_its_other_place() -> None:
    page = render_html(LONGEST)
    for layout in ("moved", "side"):
        left, came = found(page, f"//del[@id='{layout}-m1-from']")[0], found(page, f"//ins[@id='{layout}-m1-to']")[0]
        assert (left.find("a").get("href"), came.find("a").text) == (f"#{layout}-m1-to", "moved from How long")
        assert came.find("a").get("href") == f"#{layout}-m1-from"


def test_changed_sections_lead_to_each_other() -> None:
    steps = found(render_html(LONGEST), "//p[@class='steps']")
    assert [each.xpath("./a/@href") for each in steps[:2]] == [
        ["#section-32", "#index-heading"], ["#section-31", "#section-33", "#index-heading"],
    ]  # fmt: skip


def test_quotes_mark_the_words_that_changed() -> None:
    quote = found(render_html(LONGEST), "//blockquote[@class='is']/q[contains(., 'orders')]")[0]
    assert (quote.text_content(), quote.find("ins").text) == ("We keep orders for 24 months.", "24")


def test_every_link_has_its_target_and_every_id_stands_once() -> None:
    page = render_html(LONGEST)
    ids = found(page, "//@id")
    assert len(ids) == len(set(ids))
    assert {target.removeprefix("#") for target in found(page, "//@href")} <= set(ids)
    assert "moved-m1-to" in ids
    assert "side-m1-from" in ids


def test_changes_are_marked_by_elements_in_both_layouts() -> None:
    page = render_html(LONGEST)
    for layout in ("inline", "side"):
        section = found(page, f"//section[@id='section-31']/div[@class='{layout}']")[0]
        assert section.xpath(".//del/text()")[0] == "18"
        assert section.xpath(".//ins/text()")[0] == "24"


def test_the_inline_layout_holds_the_whole_new_text() -> None:
    page = render_html(LONGEST)
    shown = "".join(found(page, "//section[@id='section-31']/div[@class='inline']//text()[not(ancestor::del)]"))
    new = "".join(edit.text for edit in LONGEST.sections[30].edits if edit.op in "=+")
    assert re.sub(r"\s", "", new) in re.sub(r"\s|\d+unchangedparagraphs", "", shown)


def test_a_finding_links_to_the_section_of_its_quote() -> None:
    view = comparison_view(LONGEST)
    assert [finding.anchor for finding in view.findings] == ["section-34", "section-31"]


def test_each_quote_leads_to_the_line_where_it_stands_in_both_layouts() -> None:
    old = "How long\n\nWe keep orders for 18 months.\n\nWe keep mails.\n\nOld things go.\n\n"
    new = "How long\n\nWe keep orders for 24 months.\n\nWe keep mails.\n\nWe keep calls for a year.\n\n"
    edits = (
        Edit("=", "How long\n\nWe keep orders for "), Edit("-", "18"), Edit("+", "24"),
        Edit("=", " months.\n\nWe keep mails.\n\n"), Edit("-", "Old things go.\n\n"),
        Edit("+", "We keep calls for a year.\n\n"),
    )  # fmt: skip
    section = SectionChange((Change.EDITED,), ("How long",), ("How long",), 0, 0, edits)
    finding = LONGEST.findings[0]

    def quoted(text: str, words: str) -> Quote:
        return Quote(words, text.index(words), text.index(words) + len(words))

    findings = (
        replace(finding, before=quoted(old, "orders for 18"), after=quoted(new, "orders for 24")),
        replace(finding, before=quoted(old, "Old things go."), after=None),
        replace(finding, before=None, after=quoted(new, "calls for a year")),
    )
    page = render_html(replace(LONGEST, sections=(section,), findings=findings))
    for layout in ("inline", "side"):
        targets = found(page, f"//blockquote/a[@class='to-{layout}']/@href")
        places = [found(page, f"//*[@id='{target[1:]}'][contains(@class, 'line')]")[0] for target in targets]
        said = ["orders", "orders", "Old things", "calls"]
        assert [words in place.text_content() for words, place in zip(said, places, strict=True)] == [True] * 4


def test_unchanged_sections_are_one_fold() -> None:
    page = render_html(LONGEST)
    (fold,) = found(page, "//details[@class='unchanged']")
    assert len(fold.xpath("./section")) == 30
    assert "As it was." in fold.text_content()
    assert "As it was." not in render_html(LONGEST, full=False)
