"""A comparison as JSON, with the names that DESIGN section 5 gives."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from clausewatch.instants import rfc3339
from clausewatch.model import Comparison
from clausewatch.views.json import comparison_from_json, comparison_to_json
from tests.views.comparisons import EMPTIEST, LONGEST


@pytest.mark.parametrize("comparison", [EMPTIEST, LONGEST])
def test_a_comparison_survives_the_way_to_json_and_back(comparison: Comparison) -> None:
    assert comparison_from_json(json.loads(json.dumps(comparison_to_json(comparison)))) == comparison


def test_a_moved_edit_names_its_other_half() -> None:
    edits = [edit for section in comparison_to_json(LONGEST)["sections"] for edit in section["edits"]]
    assert [edit[0] for edit in edits if edit[2:] == [{"moved": "m1"}]] == ["-", "+"]


def test_unchanged_sections_are_left_out_on_request() -> None:
    assert all(section["change"] for section in comparison_to_json(LONGEST, full=False)["sections"])
    assert len(comparison_to_json(LONGEST)["sections"]) == len(LONGEST.sections)


def test_what_is_absent_is_null() -> None:
    data = comparison_to_json(EMPTIEST)
    absent = {name for name, value in data.items() if value is None}
    assert absent == {"vendor", "document", "state", "severity", "artefact_reason"}
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
