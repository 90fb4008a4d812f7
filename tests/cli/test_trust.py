"""verify and takedown as they are typed, and declarations brought in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import CommandLine
from tests.support.scenario import policy

REASON = ("--reason", "ordered by a court")


@pytest.fixture
def imported(run: CommandLine, tmp_path: Path) -> CommandLine:
    page = tmp_path / "page.html"
    for months, at in ((18, "2025-01"), (24, "2025-02"), (36, "2025-03")):
        page.write_text(policy(months=months))
        run.succeeds("import", "file", page, "--vendor", "Kites", "--at", at)
    return run


def test_verify_signs_the_day_and_says_by_which_key(imported: CommandLine) -> None:
    done = imported.succeeds("verify")
    assert done.out == "all is as it was stored\n"
    assert "1 head, " in done.err
    key = done.err.rpartition(" ")[2].strip()
    assert len(key) == 64
    assert imported.succeeds("verify", "--deep").err == done.err


def test_a_takedown_needs_a_yes(imported: CommandLine) -> None:
    done = imported("takedown", "kites/privacy-policy@2025-02", *REASON)
    assert done.code == 2
    assert "nothing was taken down; it cannot be undone, so say --yes" in done.failure
    assert len(imported.succeeds("versions", "--json").rows) == 3


def test_a_version_is_taken_down_and_says_so_from_then_on(imported: CommandLine, tmp_path: Path) -> None:
    imported.succeeds("verify")
    done = imported.succeeds("takedown", "kites/privacy-policy@2025-02", *REASON, "--yes")
    assert "taken down: 1 snapshot, 1 version, 2 comparisons; 1 body erased" in done.out
    assert len(imported.succeeds("versions", "--json").rows) == 2
    shown = imported("show", "kites/privacy-policy@2025-02")
    assert shown.code == 1
    assert "was taken down on" in shown.failure
    assert "ordered by a court" in shown.failure
    again = imported("takedown", "kites/privacy-policy@2025-02", *REASON, "--yes")
    assert (again.code, "was taken down on" in again.failure) == (1, True)
    assert imported.succeeds("verify", "--deep").out == "all is as it was stored\n"
    imported.succeeds("export", "jsonl", tmp_path / "out")
    subprocess.run([sys.executable, tmp_path / "out" / "verify.py"], check=True, capture_output=True)
    assert not any(b"24 months" in path.read_bytes() for path in imported.home.rglob("*") if path.is_file())


def test_a_whole_document_is_taken_down(imported: CommandLine) -> None:
    imported.succeeds("takedown", "kites/privacy-policy", *REASON, "--yes")
    assert imported.succeeds("versions", "--json").rows == []
    assert imported.succeeds("verify", "--deep").out == "all is as it was stored\n"
    assert imported("takedown", "kites/nothing", *REASON, "--yes").code == 1


def test_declarations_are_watched_and_what_has_no_like_here_is_said(run: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "collection" / "declarations"
    folder.mkdir(parents=True)
    assert run("import", "ota", folder.parent).code == 1
    terms = {"Privacy Policy": {"fetch": "https://kites.example/privacy", "select": {"startBefore": "h1"}}}
    (folder / "Kites.json").write_text(json.dumps({"name": "Kites", "terms": terms}))
    done = run.succeeds("import", "ota", folder.parent)
    assert done.out == "kites/privacy-policy: Privacy Policy of Kites, https://kites.example/privacy\n"
    assert "left out: 1 of stretches of a page" in done.err
