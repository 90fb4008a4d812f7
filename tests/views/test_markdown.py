"""A comparison as Markdown: the marks are seen, policy text is not."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from clausewatch.model import Change, Comparison, Edit, SectionChange
from clausewatch.views.markdown import escaped, render_markdown
from tests.views.comparisons import EMPTIEST, HOSTILE, LONGEST


def shown(markdown: str) -> str:
    return str(MarkdownIt("commonmark").enable(["strikethrough", "table"]).render(markdown))


def section_of(*edits: Edit) -> Comparison:
    section = SectionChange((Change.EDITED,), (), (), 0, 0, edits)
    return Comparison("1" * 16, EMPTIEST.before, EMPTIEST.after, (section,), (), "")


@pytest.mark.parametrize("full", [True, False])
def test_the_longest_and_the_emptiest_comparison_can_be_read(*, full: bool) -> None:
    assert "<h1>What changed</h1>" in shown(render_markdown(EMPTIEST, full=full))
    page = shown(render_markdown(LONGEST, full=full))
    assert "<s>18</s><strong>24</strong>" in page
    assert page.count("Chapter 7") == int(full)


def test_policy_text_is_no_markup() -> None:
    page = shown(render_markdown(LONGEST, full=True))
    assert "<script>" not in page
    assert "<a " not in page
    assert "<em>stars" not in page
    assert shown(escaped(HOSTILE)).count("<") == len(["<p>", "</p>"])


@pytest.mark.parametrize(
    "start", ["1. one", "- item", "+ plus", "# head", "= rule", "12) twelve", "> quote", "    code"]
)
def test_a_block_that_looks_like_markup_stays_a_paragraph(start: str) -> None:
    page = shown(render_markdown(section_of(Edit("=", f"{start}\n\n"), Edit("+", "x\n\n")), full=True))
    assert f"<p>{start.strip().replace('>', '&gt;')}</p>" in page


@pytest.mark.parametrize(
    ("edits", "html"),
    [
        ((Edit("=", "a name"), Edit("+", ", an age"), Edit("=", ".")), "a name<ins>, an age</ins>."),
        ((Edit("=", "a name"), Edit("-", " and an age"), Edit("=", ".")), "a name <s>and an age</s>."),
        ((Edit("=", "We sell"), Edit("+", "."), Edit("=", "Never")), "We sell<ins>.</ins>Never"),
        ((Edit("-", "one"), Edit("-", "two", "m1"), Edit("=", ".")), "<s>onetwo</s>"),
    ],
)
def test_marks_are_seen_beside_punctuation(edits: tuple[Edit, ...], html: str) -> None:
    assert html in shown(render_markdown(section_of(*edits), full=True))
