"""A comparison as JSON, with the names that docs/api.md gives."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone

import pytest

from clausewatch.instants import rfc3339
from clausewatch.views.json import comparison_to_json
from tests.views.comparisons import EMPTIEST, LONGEST


def test_each_noun_has_its_fields_and_only_these() -> None:
    data = comparison_to_json(LONGEST)
    assert json.loads(json.dumps(data)) == data
    assert set(data) == {
        "id", "vendor", "document", "before", "after", "material", "artefact", "artefact_reason", "classified", "state",
        "state_reason", "notify", "severity", "summary", "stated", "findings", "sections",
    }  # fmt: skip
    assert set(data["before"]) == {"id", "label", "at", "language", "words", "sha256"}
    assert set(data["findings"][0]) == {
        "kind", "direction", "effect", "subject", "severity", "confidence", "section", "sentence", "rule", "before",
        "after",
    }  # fmt: skip
    assert set(data["sections"][0]) == {"change", "before", "after", "before_start", "after_start", "form", "edits"}


def test_edits_join_to_both_sides_of_a_section() -> None:
    for section, data in zip(LONGEST.sections, comparison_to_json(LONGEST)["sections"], strict=True):
        for op in "-+":
            told = "".join(edit[1] for edit in data["edits"] if edit[0] in ("=", op))
            assert told == "".join(edit.text for edit in section.edits if edit.op in ("=", op))


def test_a_quote_keeps_its_offsets() -> None:
    quotes = [
        (side, quote)
        for finding, data in zip(LONGEST.findings, comparison_to_json(LONGEST)["findings"], strict=True)
        for side, quote in ((finding.before, data["before"]), (finding.after, data["after"]))
    ]
    assert any(side for side, _ in quotes)
    assert all(quote == (asdict(side) if side else None) for side, quote in quotes)


def test_a_moved_edit_names_its_other_half() -> None:
    edits = [edit for section in comparison_to_json(LONGEST)["sections"] for edit in section["edits"]]
    assert [edit[0] for edit in edits if edit[2:] == [{"moved": "m1"}]] == ["-", "+"]


def test_unchanged_sections_are_left_out_on_request() -> None:
    assert all(section["change"] for section in comparison_to_json(LONGEST, full=False)["sections"])
    assert len(comparison_to_json(LONGEST)["sections"]) == len(LONGEST.sections)


def test_what_is_absent_is_null() -> None:
    data = comparison_to_json(EMPTIEST)
    absent = {name for name, value in data.items() if value is None}
    assert absent == {"vendor", "document", "state", "state_reason", "severity", "artefact_reason", "stated"}
    assert data["before"]["at"] is None
    assert (data["material"], data["artefact"], data["notify"]) == (False, False, False)


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (datetime(2024, 5, 1, tzinfo=UTC), "2024-05-01T00:00:00Z"),
        (datetime(2024, 5, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2024-05-01T00:00:00Z"),
        (datetime(2024, 5, 1, 0, 0, 0, 5000, tzinfo=UTC), "2024-05-01T00:00:00.005000Z"),
    ],
)
def test_instants_are_written_in_utc(at: datetime, written: str) -> None:
    assert rfc3339(at) == written
