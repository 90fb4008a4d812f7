from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import CommandLine
from tests.support.scenario import policy


@pytest.fixture
def kites(run: CommandLine, tmp_path: Path) -> CommandLine:
    page = tmp_path / "page.html"
    for months, at in ((18, "2025-01"), (24, "2025-02")):
        page.write_text(policy(months=months))
        run.succeeds("import", "file", page, "--vendor", "Kites", "--at", at)
    return run


def test_a_passage_is_found_with_its_days(kites: CommandLine) -> None:
    (row,) = kites.succeeds("search", "18 months", "--json").rows
    assert (row["vendor"], row["document"]) == ("kites", "privacy-policy")
    assert (row["since_at"][:7], row["until_at"][:7]) == ("2025-01", "2025-02")
    assert "18 months" in row["excerpt"]
    shown = kites.succeeds("search", "24", "months", "--vendor", "Kites").out
    assert "still" in shown
    assert "24 months" in shown


def test_nothing_found_is_said(kites: CommandLine) -> None:
    assert "no version holds that" in kites.succeeds("search", "zeppelin").err
    assert "no version holds that" in kites.succeeds("search", "months", "--document", "Cookie Policy").err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [(["?"], 2, "no word"), (["x", "--kind", "y"], 2, "none of"), (["x", "--vendor", "nobody"], 1, "no such vendor")],
)
def test_a_search_that_cannot_be_made_says_why(kites: CommandLine, words: list[str], code: int, says: str) -> None:
    done = kites("search", *words)
    assert done.code == code
    assert says in done.err
