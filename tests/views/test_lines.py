"""Edits as lines and rows."""

from __future__ import annotations

from dataclasses import replace

from clausewatch.model import Change, Edit, SectionChange
from clausewatch.views.lines import artefact_words, body_lines, change_words, fold, lines, rows, shortened
from tests.views.comparisons import LONGEST


def test_a_block_that_went_and_one_that_came_are_two_lines_and_one_row() -> None:
    edits = (Edit("=", "A.\n\n"), Edit("-", "B.\n\n"), Edit("+", "C.\n\nD.\n\n"), Edit("=", "E.\n\n"))
    assert ["".join(span.text for span in line.spans) for line in lines(edits)] == ["A.", "B.", "C.", "D.", "E."]
    sides = [
        ([span.text for line in side for span in line.spans]) for row in rows(edits) for side in (row.before, row.after)
    ]
    assert sides == [["A."], ["A."], ["B."], ["C.", "D."], ["E."], ["E."]]


def test_both_sides_of_rows_hold_their_whole_text() -> None:
    for section in LONGEST.sections:
        before = "".join(s.text for row in rows(section.edits) for line in row.before for s in line.spans)
        after = "".join(s.text for row in rows(section.edits) for line in row.after for s in line.spans)
        assert before == "".join(edit.text for edit in section.edits if edit.op in "=-").replace("\n\n", "")
        assert after == "".join(edit.text for edit in section.edits if edit.op in "=+").replace("\n\n", "")


def test_what_did_not_change_is_folded_but_for_a_neighbour() -> None:
    edits = [Edit("=", f"{n}.\n\n") for n in range(9)]
    edits.insert(4, Edit("+", "new\n\n"))
    assert [(part.is_folded, len(part.parts)) for part in fold(lines(edits))] == [(True, 3), (False, 3), (True, 4)]


def test_a_long_run_keeps_the_words_beside_a_change() -> None:
    words = " ".join(map(str, range(100)))
    line = lines((Edit("=", words + " "), Edit("-", "x"), Edit("=", " " + words)))[0]
    short = "".join(span.text for span in shortened(line).spans)
    assert short.startswith("[…] 86 87")
    assert "98 99 x 0 1" in short
    assert short.endswith("12 […]")


def test_an_unchanged_line_keeps_its_first_words() -> None:
    (line,) = lines((Edit("=", "word " * 99),))
    assert [span.text for span in shortened(line).spans] == ["word " * 14 + "[…]"]


def test_the_heading_line_is_told_only_where_it_changed() -> None:
    told = [["".join(span.text for span in line.spans) for line in body_lines(section)] for section in LONGEST.sections]
    assert told[0] == ["As it was."]
    assert told[31] == ["Cookies and more", "One."]


def test_a_section_that_was_split_off_is_told_as_such() -> None:
    assert change_words(LONGEST.sections[32]) == ("removed",)
    edits = (Edit("+", "New heading\n\n"), Edit("+", "A long paragraph that stood elsewhere.\n\n", "m1"))
    assert change_words(SectionChange((Change.ADDED,), None, ("New heading",), None, 0, edits)) == (
        "added, text moved here",
    )


def test_a_heading_that_became_a_paragraph_of_a_merged_section_is_a_line_of_it() -> None:
    edits = (Edit("=", "Old heading\n\nIts text.\n\n"),)
    section = SectionChange((Change.MERGED,), ("Old heading",), ("Other",), 9, 9, edits)
    assert len(body_lines(section)) == 2


def test_beside_findings_only_a_part_of_the_difference_comes_from_the_capture() -> None:
    caught = replace(LONGEST, artefact=True, artefact_reason="menus differ")
    assert artefact_words(LONGEST) is None
    assert artefact_words(caught) == "Part of the difference comes from the capture: menus differ."
    assert artefact_words(replace(caught, findings=())) == "The difference comes from the capture: menus differ."
