"""The whole demo, from an empty folder to mails."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest

from archive import open_archive
from archive.comparisons import list_comparisons
from clausewatch.demo.play import play
from clausewatch.errors import UsageError
from clausewatch.model import ComparisonState, Kind
from clausewatch.settings import Settings


@pytest.mark.slow
def test_the_demo_tells_the_changes_that_matter_and_nothing_else(tmp_path: Path) -> None:
    home, said = tmp_path / "demo", list[str]()
    play(home, say=said.append, is_served=False, port=0)

    with open_archive(Settings(home=home)) as archive, archive.read() as connection:
        found = list_comparisons(connection)
    told = {comparison.vendor for comparison in found if comparison.notify}
    assert told == {"skyforge-robotics", "pulsetrail"}, "the rewrite in other words, the flap and the walls are quiet"
    assert {comparison.state for comparison in found if comparison.vendor == "kettle-loom"} == {
        ComparisonState.HISTORY, ComparisonState.CONFIRMED, ComparisonState.UNSTABLE,
    }  # fmt: skip
    kinds = {finding.kind for comparison in found for finding in comparison.findings}
    assert {Kind.RECIPIENT, Kind.RETENTION, Kind.TRANSFER, Kind.RIGHTS, Kind.CHILDREN} <= kinds

    (mail,) = (home / "mail").glob("*.eml")
    body = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default).get_body(("plain",))
    assert body is not None
    assert "Singapore" in body.get_content()
    assert "16" in body.get_content()
    assert any("1 notice queued" in line for line in said)
    assert any("bot-wall" in line for line in said)


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("dear")
    with pytest.raises(UsageError, match="holds something else"):
        play(tmp_path, say=lambda line: None, is_served=False, port=0)
    assert (tmp_path / "letters").read_text() == "dear"
