"""Where quotes stand among the lines of a comparison."""

from __future__ import annotations

from dataclasses import replace

from clausewatch.model import Quote
from clausewatch.views.lines import lines, rows
from clausewatch.views.places import Places, line_starts, row_starts
from tests.views.comparisons import EMPTIEST, LONGEST


def test_a_quote_is_found_in_its_section() -> None:
    after_start = LONGEST.sections[30].after_start
    assert after_start is not None
    assert Places(LONGEST).section_of(Quote("x", after_start + 9, after_start + 10), is_after=True) == 30
    assert Places(LONGEST).section_of(Quote("x", after_start, after_start + 1), is_after=True) == 30
    assert Places(EMPTIEST).section_of(Quote("x", 0, 1), is_after=True) is None
    assert Places(LONGEST).section_of(None, is_after=True) is None


def test_every_line_and_row_begins_where_its_words_stand_in_the_texts() -> None:
    for section in LONGEST.sections:
        for side, ops in enumerate(("=-", "=+")):
            start = (section.before_start, section.after_start)[side]
            text = "".join(edit.text for edit in section.edits if edit.op in ops)
            shown = rows(section.edits)
            found = [
                (starts[side], "".join(span.text for span in line.spans if span.op in ops))
                for line, starts in zip(lines(section.edits), line_starts(section), strict=True)
            ] + [
                (starts[side], "".join(span.text for span in (row.before, row.after)[side][0].spans))
                for row, starts in zip(shown, row_starts(section, shown), strict=True)
                if (row.before, row.after)[side]
            ]
            for at, words in found:
                assert (at is None) == (not words)
                assert at is None or text[at - (start or 0) :].startswith(words)


def test_a_quote_of_an_unchanged_section_has_no_place() -> None:
    quote = Quote("Chapter 1", 40, 49)
    finding = replace(LONGEST.findings[0], before=quote, after=quote)
    places = Places(replace(LONGEST, findings=(finding,)))
    assert places.anchors(1, "inline", line_starts(LONGEST.sections[1])) == {}
    assert places.of(quote, is_after=True) is None
