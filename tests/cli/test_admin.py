from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import update

from archive.tables import SCHEMA, snapshots
from tests.cli.running import CommandLine
from tests.support.scenario import archive_of, policy


def imported(run: CommandLine, folder: Path) -> None:
    page = folder / "page.html"
    for months, at in ((18, "2025-01"), (24, "2025-02")):
        page.write_text(policy(months=months))
        run.succeeds("import", "file", page, "--vendor", "Kites", "--at", at)


@pytest.mark.sqlite  # another one is made beforehand
def test_migrating_makes_or_leaves_the_newest_schema(run: CommandLine) -> None:
    assert run.succeeds("migrate").out == f"schema {SCHEMA}: made\n"
    assert run.succeeds("migrate").out == f"schema {SCHEMA}: nothing to do\n"


def test_a_whole_archive_verifies(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    for words in (("verify",), ("verify", "--deep")):
        assert run.succeeds(*words).out == "all is as it was stored\n"


def test_what_was_tampered_with_is_said_and_is_a_failure(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    with archive_of(run.home) as archive, archive.write() as connection:
        connection.execute(update(snapshots).where(snapshots.c.position == 2).values(sha256="f" * 64))
    done = run("verify")
    assert done.code == 1
    assert "kites/privacy-policy: the chain over its snapshots breaks at 2 of 2" in done.out
    assert done.failure == "1 fault found; restore what is missing from a backup"


def test_a_missing_body_is_said(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    (first, _) = run.succeeds("snapshots", "--json").rows
    (run.home / "blobs" / first["sha256"][:2] / first["sha256"][2:]).unlink()
    done = run("verify")
    assert done.code == 1
    assert first["sha256"] in done.out
    assert run("rebuild").failure.startswith(f"{first['sha256']}: its body is not under")


def test_a_rebuild_comes_to_the_same(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    before = run.succeeds("comparisons", "--full", "--json").out
    assert run.succeeds("rebuild").out == "1 document rebuilt: 2 versions\n"
    assert run.succeeds("rebuild", "kites").code == 0
    assert run.succeeds("comparisons", "--full", "--json").out == before
    assert run("rebuild", "nobody").code == 1


def test_an_export_holds_the_rows_of_the_lists(run: CommandLine, tmp_path: Path) -> None:
    imported(run, tmp_path)
    out = tmp_path / "out"
    assert (
        run.succeeds("export", "jsonl", out).out
        == f"{out}: 1 document, 2 snapshots, 2 bodies, 2 versions, 1 comparison, 2 links, 1 head, 0 tombstones\n"
    )
    for name in ("snapshots", "versions"):
        rows = [json.loads(line) for line in (out / f"{name}.jsonl").read_text().splitlines()]
        for row in rows:
            row.pop("text", None)
        listed = run.succeeds(name, "--json").rows
        assert listed == [{field: row[field] for field in listed[0]} for row in rows]
    texts = [json.loads(line)["text"] for line in (out / "versions.jsonl").read_text().splitlines()]
    assert texts[1] == run.succeeds("show", "kites/privacy-policy", "--format", "text").out
    assert run("export", "jsonl", out).code == 2


def test_a_watchlist_is_loaded_by_its_name(run: CommandLine) -> None:
    done = run.succeeds("add", "--watchlist", "starter")
    rows = run.succeeds("documents", "--json").rows
    assert len(rows) == len(done.out.splitlines()) >= 20
    assert {"dji", "amazfit"} & {row["vendor"] for row in rows}
    assert all(row["url"].startswith("https://") and row["due_at"] for row in rows)


def test_an_address_is_added_with_what_is_given(run: CommandLine) -> None:
    done = run.succeeds("add", "https://harbor-kites.example/legal/terms", "--vendor", "Kites", "--slug", "tos")
    assert done.out == "kites/tos: Terms of Service of Kites, https://harbor-kites.example/legal/terms\n"
    assert run("add", "https://a.example/p", "--render", "maybe").code == 2
    assert run("add", "https://a.example/p", "--watchlist", "starter").code == 2
