"""Exports in the forms of others, read back by the programs that these forms are for."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from warcio.archiveiterator import ArchiveIterator

from archive import Archive
from archive.addresses import add_address, addresses_of, restore_addresses
from archive.comparisons import get_comparison, list_comparisons
from archive.documents import get_document
from archive.heads import list_heads
from archive.snapshots import chain_of, list_snapshots
from archive.tables import comparisons, notices, passages, snapshots, versions
from archive.version_links import version_chain
from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.jobs.export import export_jsonl
from clausewatch.jobs.export_csv import export_csv
from clausewatch.jobs.export_ota import export_ota
from clausewatch.jobs.export_warc import export_warc
from clausewatch.jobs.heads import head_of_the_day, signing_key
from clausewatch.jobs.import_jsonl import import_jsonl, settle_quietly
from clausewatch.jobs.importing import Imported, record_all
from clausewatch.jobs.ota import read_repository
from clausewatch.jobs.settle import settle_all
from clausewatch.jobs.takedown import erase_bodies
from clausewatch.jobs.verify import verify
from clausewatch.jobs.warc import read_warc
from clausewatch.settings import Settings
from tests.support.scenario import BOT_WALL, NOW, Vendor, World, archive_of, day, policy


@pytest.fixture
def vendor(world: World) -> Vendor:
    """Live looks with a wall and a return among them, a capture of the Wayback Machine that came in late, a move."""
    vendor = world.vendor()
    for number, page in enumerate((policy(), policy(months=24), BOT_WALL, policy(months=24), policy(), policy())):
        vendor.publishes(page, at=day(number * 10), status=403 if page == BOT_WALL else 200)
    vendor.was_archived(policy(months=6), at=day(-30.25))
    with world.archive.write() as connection:
        add_address(connection, vendor.document, "https://harborkites.example/legal", since_at=day(20))
    world.vendor("Quiet", type="Terms of Service")
    world.settles()
    return vendor


@pytest.fixture
def again(tmp_path: Path) -> Iterator[Archive]:
    with archive_of(tmp_path / "again") as archive:
        yield archive


def restore(archive: Archive, folder: Path) -> None:
    """Take over all that the export holds."""
    documents = import_jsonl(archive, folder, Imported(), now=NOW)
    settle_quietly(archive, documents, now=NOW, on_progress=lambda line: None)


def kept(archive: Archive) -> dict[str, Any]:
    """All that both archives must have alike."""
    with archive.read() as connection:
        document = get_document(connection, "harbor-kites/privacy-policy")
        left_out = {"fetched_at", "told_at", "block", "sections", "findings"}  # ids that are each archive's own
        rows = {
            table.name: sorted(
                repr([getattr(row, column.name) for column in table.c if column.name not in left_out])
                for row in connection.execute(select(table))
            )
            for table in (versions, passages, comparisons, snapshots)
        }
        return rows | {
            "compared": [get_comparison(connection, each.id) for each in list_comparisons(connection, document.name)],
            "chain": chain_of(connection, document),
            "addresses": [(each.url, each.since_at, each.until_at) for each in addresses_of(connection, document)],
        }


def test_an_export_makes_the_same_archive_again(vendor: Vendor, world: World, again: Archive, tmp_path: Path) -> None:
    counts = export_jsonl(world.archive, tmp_path / "out")
    assert (counts["snapshots"], counts["bodies"]) == (6, 4)
    restore(again, tmp_path / "out")
    first, second = kept(world.archive), kept(again)
    for what, rows in first.items():
        assert second[what] == rows, what
    with again.read() as connection:
        assert connection.execute(select(notices)).all() == []


def test_an_empty_archive_takes_over_heads_and_both_chains(
    vendor: Vendor, world: World, again: Archive, tmp_path: Path
) -> None:
    key = signing_key(Settings(home=tmp_path / "key"))
    head_of_the_day(world.archive, key, now=NOW)
    vendor.publishes(policy(months=48), at=day(80))
    world.settles()
    export_jsonl(world.archive, tmp_path / "out", signer=key)
    restore(again, tmp_path / "out")
    other = signing_key(Settings(home=tmp_path / "other"))
    heads = []
    for archive in (world.archive, again):
        assert list(verify(archive, is_deep=True)) == []
        with archive.read() as connection:
            heads.append((list_heads(connection), version_chain(connection, vendor.document.id)))
    assert heads[0] == heads[1]
    made = [head_of_the_day(archive, other, now=NOW + timedelta(days=1)) for archive in (world.archive, again)]
    assert made[0] == made[1]
    export_jsonl(again, tmp_path / "out2", signer=key)
    names = [path.name for path in (tmp_path / "out").glob("*.jsonl")]
    export_jsonl(world.archive, tmp_path / "out3", signer=key)
    for name in sorted({*names} - {"snapshots.jsonl", "comparisons.jsonl"}):
        assert (tmp_path / "out2" / name).read_bytes() == (tmp_path / "out3" / name).read_bytes(), name


def test_an_archive_that_has_heads_keeps_its_own(vendor: Vendor, world: World, tmp_path: Path) -> None:
    keys = [signing_key(Settings(home=tmp_path / name)) for name in ("one", "two")]
    head_of_the_day(world.archive, keys[0], now=NOW)
    export_jsonl(world.archive, tmp_path / "out", signer=keys[0])
    with archive_of(tmp_path / "again") as archive:
        World(archive).vendor("Gullwing").publishes(policy(), at=day(0))
        mine = head_of_the_day(archive, keys[1], now=NOW)
        import_jsonl(archive, tmp_path / "out", Imported(), now=NOW)
        with archive.read() as connection:
            assert list_heads(connection) == [mine]


def test_importing_an_export_again_adds_nothing(vendor: Vendor, world: World, tmp_path: Path) -> None:
    export_jsonl(world.archive, tmp_path / "out")
    imported = Imported()
    import_jsonl(world.archive, tmp_path / "out", imported, now=NOW)
    assert (imported.new, imported.known) == (0, 6)


def test_a_folder_that_is_no_export_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no documents\.jsonl"):
        import_jsonl(world.archive, tmp_path, Imported(), now=NOW)


def test_a_damaged_line_is_named(vendor: Vendor, world: World, tmp_path: Path) -> None:
    export_jsonl(world.archive, tmp_path / "out")
    with (tmp_path / "out" / "snapshots.jsonl").open("a") as file:
        file.write("{half")
    with archive_of(tmp_path / "again") as archive, pytest.raises(ClausewatchError, match="line 7 is no JSON"):
        import_jsonl(archive, tmp_path / "out", Imported(), now=NOW)


def test_a_document_that_has_addresses_keeps_its_own(vendor: Vendor, world: World) -> None:
    with world.archive.write() as connection:
        before = addresses_of(connection, vendor.document)
        restore_addresses(connection, vendor.document, [])
        restore_addresses(connection, vendor.document, before[:1])
        assert addresses_of(connection, vendor.document) == before


def test_warc_files_hold_every_snapshot_as_others_read_them(vendor: Vendor, world: World, tmp_path: Path) -> None:
    assert export_warc(world.archive, tmp_path / "out") == {"documents": 1, "snapshots": 6, "bodies": 4}
    path = tmp_path / "out" / "harbor-kites" / "privacy-policy.warc.gz"
    types = []
    with path.open("rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            record.content_stream().read()
            types.append(record.rec_type)
    assert sorted(types) == ["response"] * 4 + ["revisit"] * 2 + ["warcinfo"]


def test_snapshots_come_back_from_warc_files_under_their_ids(vendor: Vendor, world: World, tmp_path: Path) -> None:
    export_warc(world.archive, tmp_path / "out")
    imported = Imported()
    with archive_of(tmp_path / "again") as archive:
        records = read_warc(
            tmp_path / "out/harbor-kites/privacy-policy.warc.gz", imported, vendor="Harbor Kites", type="Privacy Policy"
        )
        record_all(archive, records, imported, is_live=False, now=NOW)
        with archive.read() as connection:
            document = get_document(connection, "harbor-kites/privacy-policy")
            found = {(each.id, each.sha256, each.status) for each in list_snapshots(connection, document)}
    with world.archive.read() as connection:
        assert found == {(each.id, each.sha256, each.status) for each in list_snapshots(connection, vendor.document)}
    assert imported.problems == []


def test_a_repository_holds_a_commit_for_every_version(vendor: Vendor, world: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert export_ota(world.archive, out) == {"documents": 1, "versions": len(vendor.versions)}
    log = subprocess.run(
        ["git", "-C", out, "log", "--format=%cI %s"], capture_output=True, text=True, check=True
    ).stdout
    lines = log.splitlines()
    assert len(lines) == len(vendor.versions)
    assert lines[-1].endswith("First record of Harbor Kites Privacy Policy")
    assert lines[-1].startswith(f"{vendor.versions[0].first_at:%Y-%m-%dT%H:%M:%S}")
    assert "18 months" in (out / "Harbor Kites" / "Privacy Policy.md").read_text()
    subprocess.run(["git", "-C", out, "fsck", "--strict"], check=True, capture_output=True)


def test_our_own_reader_takes_the_repository(vendor: Vendor, world: World, tmp_path: Path) -> None:
    export_ota(world.archive, tmp_path / "out")
    imported = Imported()
    with archive_of(tmp_path / "again") as archive:
        record_all(archive, read_repository(tmp_path / "out", imported), imported, is_live=False, now=NOW)
        (settled,) = settle_all(archive, now=NOW)
    assert settled.versions == len(vendor.versions)


def test_tables_open_in_spreadsheets_and_hold_no_formula(vendor: Vendor, world: World, tmp_path: Path) -> None:
    evil = policy().replace("<h1>Privacy Policy</h1>", "<h1>Privacy Policy</h1><p>=1+1 we collect data</p>")
    world.vendor("=cmd").publishes(evil, at=day(1))
    world.settles()
    counts = export_csv(world.archive, tmp_path / "out")
    for name, count in counts.items():
        with (tmp_path / "out" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == count
        for row in rows:
            assert not any(str(cell).startswith(("=", "+", "@", "\t")) for cell in row.values())
    assert counts["findings"] > 0
    assert counts["ledger"] > 0


@pytest.mark.parametrize("export", [export_csv, export_warc, export_ota, export_jsonl])
def test_an_empty_archive_is_exported_too_and_a_full_folder_refused(world: World, tmp_path: Path, export: Any) -> None:
    assert not any(export(world.archive, tmp_path / "out").values())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(UsageError, match="is not an empty folder"):
        export(world.archive, tmp_path / "full")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize("is_of_a_snapshot", [True, False])
def test_an_export_that_erases_what_is_no_body_is_refused(
    vendor: Vendor, world: World, again: Archive, tmp_path: Path, is_of_a_snapshot: bool
) -> None:
    out = tmp_path / "out"
    export_jsonl(world.archive, out)
    name = "../escaped"
    stone = {"what": "body", "sha256": name, "erased_on": "2026-03-01", "reason": "a line for a file of theirs"}
    (out / "tombstones.jsonl").write_text(json.dumps(stone) + "\n")
    if is_of_a_snapshot:
        rows = [json.loads(line) for line in (out / "snapshots.jsonl").read_text().splitlines()]
        (out / "snapshots.jsonl").write_text("".join(json.dumps(row | {"sha256": name}) + "\n" for row in rows))
    with pytest.raises(ClausewatchError, match=r"'../escaped' is no SHA-256"):
        restore(again, out)
    assert erase_bodies(again) == 0
    assert not list(tmp_path.rglob("escaped"))
