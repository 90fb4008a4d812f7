from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.jobs.export import export_jsonl
from tests.support.scenario import BOT_WALL, URL, Vendor, World, day, policy


@pytest.fixture
def vendor(world: World) -> Vendor:
    vendor = world.vendor()
    for number, page in enumerate((policy(), policy(), BOT_WALL, policy(months=24), policy(months=24))):
        vendor.publishes(page, at=day(number), status=403 if page == BOT_WALL else 200)
    world.settles()
    return vendor


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def test_everything_is_written_as_rows(vendor: Vendor, world: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    counts = {"documents": 1, "snapshots": 3, "bodies": 3, "versions": 2, "comparisons": 1, "links": 2}
    counts |= {"heads": 0, "tombstones": 0}
    assert export_jsonl(world.archive, out) == counts
    assert sorted(path.name for path in out.iterdir()) == [
        "SHA256SUMS", "bodies", "comparisons.jsonl", "documents.jsonl", "heads.jsonl", "links.jsonl", "snapshots.jsonl",
        "tombstones.jsonl", "verify.py", "versions.jsonl",
    ]  # fmt: skip
    (document,) = rows(out, "documents")
    assert {
        "vendor": "harbor-kites",
        "document": "privacy-policy",
        "vendor_name": "Harbor Kites",
    }.items() <= document.items()
    assert document["addresses"] == [{"url": URL, "since_at": None, "until_at": None}]


def test_rows_have_the_fields_that_others_rely_on(vendor: Vendor, world: World, tmp_path: Path) -> None:
    export_jsonl(world.archive, tmp_path / "out")
    fields = {
        "versions": "vendor document id first_at last_at snapshots words language sha256 normaliser text",
        "snapshots": "vendor document id captured_at source url status bytes sha256 fault version",
        "comparisons": "id vendor document before after material artefact state notify severity summary findings "
        "sections",
        "documents": "vendor document vendor_name document_type",
    }
    for name, wanted in fields.items():
        for row in rows(tmp_path / "out", name):
            assert set(wanted.split()) <= row.keys(), name


def test_snapshots_name_their_version_or_fault(vendor: Vendor, world: World, tmp_path: Path) -> None:
    export_jsonl(world.archive, tmp_path / "out")
    versions = rows(tmp_path / "out", "versions")
    first, wall, last = rows(tmp_path / "out", "snapshots")
    assert (first["version"], last["version"]) == (versions[0]["id"], versions[1]["id"])
    assert (wall["fault"], wall["version"], wall["status"]) == ("bot-wall", None, 403)
    assert first["captured_at"] == "2025-01-01T12:00:00Z"


def test_quotes_are_pieces_of_the_exported_texts(vendor: Vendor, world: World, tmp_path: Path) -> None:
    export_jsonl(world.archive, tmp_path / "out")
    texts = {row["id"]: row["text"] for row in rows(tmp_path / "out", "versions")}
    (comparison,) = rows(tmp_path / "out", "comparisons")
    assert comparison["findings"]
    for finding in comparison["findings"]:
        for side in ("before", "after"):
            if quote := finding[side]:
                assert texts[comparison[side]["id"]][quote["start"] : quote["end"]] == quote["quote"]
    assert all(section["change"] for section in comparison["sections"]), "unchanged sections are left out"


def test_an_empty_archive_gives_empty_files(world: World, tmp_path: Path) -> None:
    assert set(export_jsonl(world.archive, tmp_path / "out").values()) == {0}
    assert rows(tmp_path / "out", "versions") == []


def test_an_empty_folder_is_taken_and_missing_parents_are_made(vendor: Vendor, world: World, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "empty", tmp_path / "a" / "b"):
        export_jsonl(world.archive, out)
        assert len(rows(out, "versions")) == 2
        assert [path.name for path in out.parent.iterdir() if path.name.startswith(".")] == []


def test_a_folder_that_holds_something_is_left_alone(world: World, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    for out in (tmp_path / "full", tmp_path / "full" / "letter.txt"):
        with pytest.raises(UsageError, match=f"^{out}: is not an empty folder"):
            export_jsonl(world.archive, out)
    assert (tmp_path / "full" / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize("out", ["/proc/nowhere", "/dev/null/out"])
def test_a_folder_that_cannot_be_written_is_said(world: World, out: str) -> None:
    with pytest.raises(ClausewatchError, match=rf"^{out}: cannot be written \(.*\); nothing of it was kept"):
        export_jsonl(world.archive, Path(out))
