"""Real pages, where they stand beside the checkout: a fixed sample in every run, all of it under ``stress``."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import CommandLine

SHARED = Path(__file__).parents[2].parent / "shared"
CORPUS, SEEDS = SHARED / "corpus", SHARED / "seeds"
SMALL = ("match-privacy-policy", "lex-privacy-policy")
SAMPLED_PAIRS, SAMPLED_COMMITS = 10, 20
ALL_FILES, ALL_SNAPSHOTS, ALL_PAIRS, ALL_COMMITS = 12, 780, 334, 1119
CHANGES = {"added", "removed", "edited", "moved", "renamed", "split", "merged"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CORPUS / "captures").is_dir(), reason="the corpus does not stand beside the checkout"),
]


@pytest.fixture
def run(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


def warc(name: str) -> Path:
    return CORPUS / "captures" / f"{name}.warc.gz"


def mails(run: CommandLine) -> list[str]:
    run.succeeds("deliver")
    return [message_from_bytes(path.read_bytes())["To"] for path in (run.home / "mail").glob("*.eml")]


# --- captures -------------------------------------------------------------------------------------------------


def check_captures(run: CommandLine, names: list[str], *, snapshots: int) -> None:
    """Each file alone as if live, with a subscriber to it alone: versions, comparisons and a mail from each."""
    for name in names:
        run.succeeds("subscribe", f"{name}@example.com", "--vendor", name, "--confirmed")
        done = run.succeeds("import", "warc", warc(name), "--as-live", "--vendor", name, "--document", "Policy")
        assert "cut off" not in done.err
        assert len(run.succeeds("versions", name, "--json").rows) >= 2, name
        assert len(run.succeeds("comparisons", name, "--json").rows) >= 1, name
    assert len(run.succeeds("snapshots", "--json").rows) == snapshots
    assert sorted(mails(run)) == sorted(f"{name}@example.com" for name in names)
    check_quotes(run)
    assert run.succeeds("verify", "--deep").out == "all is as it was stored\n"


def check_quotes(run: CommandLine) -> None:
    out = run.home / "export"
    run.succeeds("export", "jsonl", out)
    texts = {row["id"]: row["text"] for row in rows_of(out / "versions.jsonl")}
    quotes = 0
    for comparison in rows_of(out / "comparisons.jsonl"):
        for finding in comparison["findings"]:
            for side in ("before", "after"):
                if quote := finding[side]:
                    assert texts[comparison[side]["id"]][quote["start"] : quote["end"]] == quote["quote"]
                    quotes += 1
    assert quotes > 0


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def check_that_the_past_tells_nobody(run: CommandLine, files: list[Path], *, snapshots: int) -> None:
    run.succeeds("subscribe", "reader@example.com", "--confirmed")
    done = run.succeeds("import", "warc", *files)
    assert done.out.startswith(f"{snapshots} new snapshots (0 known)")
    assert {row["state"] for row in run.succeeds("comparisons", "--json").rows} == {"history"}
    assert mails(run) == []


def test_two_captured_documents_as_live_give_versions_comparisons_and_mail(run: CommandLine) -> None:
    check_captures(run, list(SMALL), snapshots=67)


def test_two_captured_documents_of_the_past_tell_nobody(run: CommandLine) -> None:
    check_that_the_past_tells_nobody(run, [warc(name) for name in SMALL], snapshots=67)


@pytest.mark.stress
def test_every_captured_document_as_live_gives_versions_comparisons_and_mail(run: CommandLine) -> None:
    names = sorted(path.name.removesuffix(".warc.gz") for path in (CORPUS / "captures").glob("*.warc.gz"))
    assert len(names) == ALL_FILES
    check_captures(run, names, snapshots=ALL_SNAPSHOTS)


@pytest.mark.stress
def test_every_captured_document_of_the_past_tells_nobody(run: CommandLine) -> None:
    check_that_the_past_tells_nobody(run, sorted((CORPUS / "captures").glob("*.warc.gz")), snapshots=ALL_SNAPSHOTS)


# --- pairs ----------------------------------------------------------------------------------------------------


def check_pairs(run: CommandLine, path: Path, *, folder: Path, count: int) -> None:
    rows = run.succeeds("diff", "--pairs", path, "--jobs", 2).rows
    wanted = rows_of(path)
    assert [row["id"] for row in rows] == [pair["id"] for pair in wanted]
    assert len(rows) == count
    assert [row for row in rows if "error" in row] == []
    for row, pair in zip(rows, wanted, strict=True):
        texts = {side: joined(row, side) for side in ("before", "after")}
        for finding in row["findings"]:
            for side in ("before", "after"):
                if quote := finding[side]:
                    assert texts[side][quote["start"] : quote["end"]] == quote["quote"]
        assert {change for section in row["sections"] for change in section["change"]} <= CHANGES
        assert (folder / pair["before"]).exists()


def joined(row: dict[str, Any], side: str) -> str:
    """The text of that side, out of the edits of all sections."""
    start, signs = f"{side}_start", "=-" if side == "before" else "=+"
    sections = sorted((each for each in row["sections"] if each[start] is not None), key=lambda each: each[start])
    return "".join(edit[1] for section in sections for edit in section["edits"] if edit[0] in signs)


def test_ten_pairs_are_compared(run: CommandLine, tmp_path: Path) -> None:
    lines = []
    for row in rows_of(CORPUS / "pairs.jsonl")[:: ALL_PAIRS // SAMPLED_PAIRS][:SAMPLED_PAIRS]:
        lines.append(row | {side: str(CORPUS / row[side]) for side in ("before", "after")})
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    check_pairs(run, path, folder=tmp_path, count=SAMPLED_PAIRS)


@pytest.mark.stress
def test_every_pair_is_compared(run: CommandLine) -> None:
    check_pairs(run, CORPUS / "pairs.jsonl", folder=CORPUS, count=ALL_PAIRS)


# --- seeds ----------------------------------------------------------------------------------------------------


def test_both_seeds_are_snapshots_of_their_vendors_that_compare_with_each_other(run: CommandLine) -> None:
    run.succeeds("import", "file", *sorted(SEEDS.glob("*.txt")))
    rows = {row["vendor"]: row for row in run.succeeds("snapshots", "--json").rows}
    assert rows.keys() == {"dji", "amazfit"}
    assert rows["dji"]["captured_at"] == "2018-02-02T21:39:45Z"
    assert rows["dji"]["url"] == "https://www.dji.com/policy?site=brandsite&from=footer"
    assert rows["amazfit"]["captured_at"].startswith("2019-05-17")
    assert rows["amazfit"]["url"] == "https://amazfit.com/"
    for vendor in rows:
        tree = run.succeeds("show", f"{vendor}/privacy-policy", "--format", "tree").out
        assert len(tree.splitlines()) > 8, tree
    (row,) = run.succeeds("diff", "dji/privacy-policy", "amazfit/privacy-policy", "--format", "json").rows
    assert (row["before"]["at"], row["vendor"]) == ("2018-02-02T21:39:45Z", None)
    assert joined(row, "before") == run.succeeds("show", "dji/privacy-policy", "--format", "text").out
    assert joined(row, "after") == run.succeeds("show", "amazfit/privacy-policy", "--format", "text").out


def test_the_seeds_are_shown_as_files_too(run: CommandLine) -> None:
    for path in SEEDS.glob("*.txt"):
        assert "no fault" in run.succeeds("show", path, "--format", "tree", "--why").err


# --- versions of a peer ---------------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path: Path) -> Callable[[int], Path]:
    """Makes a clone of the peer's versions with so many of the oldest commits."""

    def make(commits: int) -> Path:
        folder = tmp_path / "versions"
        git("clone", "--quiet", "--branch", "main", str(CORPUS / "replay" / "ota-versions.bundle"), str(folder))
        history = git("-C", str(folder), "rev-list", "--reverse", "HEAD").split()
        git("-C", str(folder), "checkout", "--quiet", history[min(commits, len(history)) - 1])
        return folder

    return make


def git(*words: str) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True, timeout=120).stdout


def check_versions(run: CommandLine, folder: Path) -> int:
    done = run.succeeds("import", "ota", folder)
    rows = run.succeeds("snapshots", "--json").rows
    assert done.out.startswith(f"{len(rows)} new snapshots (0 known)")
    versions = run.succeeds("versions", "--json").rows
    assert {(row["vendor"], row["document"]) for row in versions} == {(row["vendor"], row["document"]) for row in rows}
    again = run.succeeds("import", "ota", folder)
    assert again.out.startswith(f"0 new snapshots ({len(rows)} known)")
    return len(rows)


def test_twenty_commits_of_a_peer_become_versions(run: CommandLine, clone: Callable[[int], Path]) -> None:
    assert 1 <= check_versions(run, clone(SAMPLED_COMMITS)) <= SAMPLED_COMMITS


@pytest.mark.stress
def test_every_commit_of_a_peer_becomes_a_version(run: CommandLine, clone: Callable[[int], Path]) -> None:
    assert check_versions(run, clone(10 * ALL_COMMITS)) == ALL_COMMITS
