"""A comparison on the terminal."""

from __future__ import annotations

import re

import pytest

from clausewatch.model import Change, Comparison, Edit, Form, SectionChange
from clausewatch.views.text import render_text
from tests.views.comparisons import EMPTIEST, LONGEST

LOOKS = re.compile(r"\x1b\[[\d;]*m")


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("full", [True, False])
def test_the_longest_and_the_emptiest_comparison_fit_the_width(*, full: bool, colour: bool) -> None:
    for comparison in (LONGEST, EMPTIEST):
        page = render_text(comparison, full=full, colour=colour, width=60)
        assert max(len(LOOKS.sub("", line)) for line in page.splitlines()) <= 60
        assert ("\x1b" in page) is colour
        assert page.endswith("\n")


def test_words_are_marked_without_colour() -> None:
    page = render_text(LONGEST, full=False, colour=False, width=80)
    assert "We keep orders for [-18-]{+24+} months." in page
    assert "[-This paragraph found another home.-] (moved to <script>" in page
    assert "{+This paragraph found another home.+} (moved from How long)" in page
    assert "edited, moved" in page


def test_the_worst_finding_comes_first_with_its_quote() -> None:
    page = render_text(LONGEST, full=False, colour=False, width=200)
    assert page.index("[critical]") < page.index("[high]") < page.index('+ "We keep orders for {+24+} months."')


def test_long_unchanged_runs_are_folded_unless_all_is_asked_for() -> None:
    assert render_text(LONGEST, full=False, colour=False, width=80).count("We say it again.") < 6
    assert render_text(LONGEST, full=True, colour=False, width=10_000).count("We say it again.") == 40


def test_words_wider_than_the_screen_are_broken_and_wide_letters_counted() -> None:
    text = "Donaudampfschiff" * 40 + " " + "我们会收集您的姓名" * 30 + " e\u0301e\u0301" + "\u0301" * 500
    section = SectionChange((Change.EDITED,), (), (), 0, 0, (Edit("+", text + "\n\n"),))
    comparison = Comparison("1" * 16, EMPTIEST.before, EMPTIEST.after, (section,), (), "")
    rows = render_text(comparison, full=True, width=40).splitlines()
    assert all(sum(1 + (letter > "\u2e80") for letter in row if letter != "\u0301") <= 40 for row in rows)
    assert "".join(rows).replace(" ", "").count("Donaudampfschiff") == 40


def test_a_policy_cannot_steer_the_terminal() -> None:
    section = SectionChange((Change.EDITED,), (), (), 0, 0, (Edit("+", "a\x1b[2Jb\x07\u202ec\n\n"),))
    page = render_text(
        Comparison("1" * 16, EMPTIEST.before, EMPTIEST.after, (section,), (), ""), full=True, colour=False, width=80
    )
    assert "{+a[2Jbc+}" in page


def test_a_change_of_form_alone_is_told_as_such() -> None:
    edits = (Edit("-", "1"), Edit("+", "2"), Edit("=", ". A\n\n"))
    section = SectionChange((Change.EDITED,), ("1. A",), ("2. A",), 0, 0, edits, (Form.NUMBERING,))
    page = render_text(
        Comparison("1" * 16, EMPTIEST.before, EMPTIEST.after, (section,), (), ""), full=False, colour=False, width=80
    )
    assert "edited in form only: numbering" in page


def test_text_that_was_edited_on_its_way_is_one_mark_and_told_as_such() -> None:
    old = SectionChange(
        (Change.REMOVED,), ("A",), None, 0, None, (Edit("-", "A\n\n"), Edit("-", "We keep it.\n\n", "m1"))
    )
    edits = (Edit("+", "We keep", "m1"), Edit("+", " all of"), Edit("+", " it.\n\n", "m2"))
    new = SectionChange((Change.ADDED,), None, ("B",), None, 0, (Edit("+", "B\n\n"), *edits))
    page = render_text(Comparison("1" * 16, EMPTIEST.before, EMPTIEST.after, (old, new), (), ""), width=80)
    assert "[-We keep it.-] (moved to B)" in page
    assert "{+We keep all of it.+} (moved from A; moved, with edits)" in page
