"""What is taken down is gone from every page, answer, export and byte; what proves the rest stays."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from archive import Archive
from archive.comparisons import get_comparison
from archive.documents import get_document
from archive.notices import list_notices
from archive.passages import search_passages
from archive.readings import read_of, store_read
from archive.snapshots import list_snapshots
from archive.tables import facts, recipients, statements
from archive.takedowns import VERSION, Tombstone, list_takedowns, list_tombstones, restore_takedowns
from archive.versions import get_version, list_versions, version_at
from clausewatch.errors import Gone, UsageError
from clausewatch.jobs.export import export_jsonl
from clausewatch.jobs.export_warc import export_warc
from clausewatch.jobs.heads import SigningKey, head_of_the_day, signing_key
from clausewatch.jobs.import_jsonl import import_jsonl, settle_quietly
from clausewatch.jobs.importing import Imported
from clausewatch.jobs.rebuild import rebuild_documents
from clausewatch.jobs.takedown import erase_bodies, take_down_and_erase
from clausewatch.jobs.verify import verify
from clausewatch.model import NoticeState
from clausewatch.settings import Settings
from differ import read
from tests.support.blocks import words_on_pages
from tests.support.scenario import NOW, Vendor, World, archive_of, day, policy

NAME = "Zebrafish Metrics"
REASON = "a court of Harbor Town ordered it"


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return signing_key(Settings(home=tmp_path / "key"))


@pytest.fixture
def vendor(world: World) -> Vendor:
    """The second of four versions is the one that has to go; subscribers were told of it."""
    world.subscribes()
    vendor = world.vendor()
    named = policy(recipient=NAME)
    for number, page in enumerate((policy(), named, policy(months=24), policy(months=36))):
        vendor.publishes(page, at=day(number * 10))
        vendor.publishes(page, at=day(number * 10 + 1))
        world.settles()
    return vendor


def take_down(vendor: Vendor, version: int | None = 1) -> None:
    chosen = None if version is None else vendor.versions[version]
    take_down_and_erase(vendor.archive, vendor.document, chosen, reason=REASON, now=NOW)


def holding(folder: Path, word: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and word in path.read_bytes().lower()]


def test_no_byte_of_it_is_left(vendor: Vendor, world: World, tmp_path: Path) -> None:
    with world.archive.read() as connection:
        assert search_passages(connection, "zebrafish")
        assert b"zebrafish" in words_on_pages(connection).lower()
        assert NAME.lower() in str(connection.execute(select(recipients.c.name)).all()).lower()
    take_down(vendor)
    with world.archive.read() as connection:
        assert search_passages(connection, "zebrafish") == []
        assert b"zebrafish" not in words_on_pages(connection).lower()
        for table in (facts, statements, recipients):
            assert NAME.lower() not in str(connection.execute(select(table)).all()).lower()
    assert holding(tmp_path, b"zebrafish") == []


def test_what_it_was_says_when_and_why(vendor: Vendor, world: World) -> None:
    gone, brought = vendor.versions[1], vendor.comparisons[0]
    take_down(vendor)
    words = f"was taken down on 2026-01-01: {REASON}"
    with world.archive.read() as connection:
        with pytest.raises(Gone, match=f"This version {words}"):
            get_version(connection, gone.id)
        with pytest.raises(Gone, match=f"This comparison {words}"):
            get_comparison(connection, brought.id)
        with pytest.raises(Gone, match=f"This version {words}"):
            version_at(connection, vendor.document, day(12))
        assert version_at(connection, vendor.document, day(9)) == vendor.versions[0]
        assert version_at(connection, vendor.document, day(25)) == vendor.versions[1]
        (stone,) = list_tombstones(connection)
    with pytest.raises(Gone, match=REASON):
        world.archive.blobs.read(stone.sha256)


def test_the_chains_still_hold_and_the_rest_stands(vendor: Vendor, world: World, key: SigningKey) -> None:
    head_of_the_day(world.archive, key, now=NOW)
    before = vendor.versions
    take_down(vendor)
    assert list(verify(world.archive, is_deep=True)) == []
    assert [version.id for version in vendor.versions] == [before[0].id, before[2].id, before[3].id]
    assert len(vendor.snapshots) == 4


def test_nobody_is_told_of_a_takedown(vendor: Vendor, world: World) -> None:
    with world.archive.read() as connection:
        owed = list_notices(connection, state=NoticeState.DUE)
    take_down(vendor)
    with world.archive.read() as connection:
        left = list_notices(connection, state=NoticeState.DUE)
        assert {each.id for each in left} < {each.id for each in owed}
        assert list_notices(connection, state=NoticeState.DROPPED)


def test_a_rebuild_brings_nothing_back(vendor: Vendor, world: World, tmp_path: Path) -> None:
    take_down(vendor)
    before = vendor.versions
    rebuild_documents(world.archive, None, now=NOW, executor=None, on_progress=lambda line: None)
    assert vendor.versions == before
    assert holding(tmp_path, b"zebrafish") == []


def test_the_same_bytes_that_come_again_stay_gone(vendor: Vendor, world: World, tmp_path: Path) -> None:
    take_down(vendor)
    vendor.was_archived(policy(recipient=NAME), at=day(15))
    world.settles()
    assert len(vendor.versions) == 3
    assert holding(tmp_path, b"zebrafish") == []
    assert list(verify(world.archive, is_deep=True)) == []


def test_the_same_words_in_other_bytes_are_taken_down_too(vendor: Vendor, world: World) -> None:
    take_down(vendor)
    vendor.was_archived(policy(recipient=NAME, nonce="other"), at=day(15))
    world.settles()
    assert len(vendor.versions) == 3
    with world.archive.read() as connection:
        assert search_passages(connection, "zebrafish") == []
    erase_bodies(world.archive)
    assert list(verify(world.archive, is_deep=True)) == []


def test_what_was_being_read_as_it_went_is_not_kept(vendor: Vendor, world: World) -> None:
    with world.archive.read() as connection:
        page = list_snapshots(connection, vendor.document)[2]
    take_down(vendor, version=None)
    reading = read(policy(recipient=NAME, months=99).encode(), content_type="text/html")  # never a version
    with world.archive.write() as connection:
        store_read(connection, page.id, read_of(reading, {}))
        assert b"zebrafish" not in words_on_pages(connection).lower()


def test_a_tombstone_that_an_import_brings_erases_no_body_in_use(vendor: Vendor, world: World) -> None:
    with world.archive.write() as connection:
        page = list_snapshots(connection, vendor.document)[0]
        restore_takedowns(connection, [], [Tombstone(page.sha256, NOW.date(), "somebody says so")])
    erase_bodies(world.archive)
    assert world.archive.blobs.read(page.sha256)


def test_what_another_document_has_too_stays_there(vendor: Vendor, world: World, tmp_path: Path) -> None:
    other = world.vendor("Gullwing")
    other.publishes(policy(recipient=NAME), at=day(3))
    world.settles()
    take_down(vendor)
    with world.archive.read() as connection:
        assert list_tombstones(connection) == []
        assert {each.document for each in search_passages(connection, "zebrafish")} == {other.document.id}
    assert list(verify(world.archive, is_deep=True)) == []
    assert export_warc(world.archive, tmp_path / "warc")["snapshots"] == 4
    take_down_and_erase(world.archive, other.document, other.versions[0], reason=REASON, now=NOW)
    with world.archive.read() as connection:
        assert len(list_tombstones(connection)) == 1
        assert search_passages(connection, "zebrafish") == []
    assert list(verify(world.archive, is_deep=True)) == []


def test_a_whole_document_goes_and_is_looked_at_no_more(vendor: Vendor, world: World, tmp_path: Path) -> None:
    take_down(vendor, None)
    assert vendor.versions == []
    assert holding(tmp_path, b"order history") == []
    with world.archive.read() as connection:
        document = get_document(connection, vendor.document.name)
        assert document.due_at is None
        assert len(list_takedowns(connection, document, kind=VERSION)) == 4
        with pytest.raises(Gone):
            version_at(connection, document, None)
    assert list(verify(world.archive, is_deep=True)) == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_takedown_without_a_reason_is_refused(vendor: Vendor, reason: str) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        take_down_and_erase(vendor.archive, vendor.document, None, reason=reason, now=NOW)
    assert len(vendor.versions) == 4


def test_exports_carry_the_tombstone_and_nothing_else_of_it(
    vendor: Vendor, world: World, key: SigningKey, tmp_path: Path
) -> None:
    head_of_the_day(world.archive, key, now=NOW)
    take_down(vendor)
    out = tmp_path / "out"
    export_jsonl(world.archive, out, signer=key)
    export_warc(world.archive, tmp_path / "warc")
    stones = [json.loads(line) for line in (out / "tombstones.jsonl").read_text().splitlines()]
    assert {stone["what"] for stone in stones} == {"body", "snapshot", "version", "comparison"}
    assert {stone["reason"] for stone in stones} == {REASON}
    assert holding(tmp_path, b"zebrafish") == []
    done = subprocess.run([sys.executable, out / "verify.py"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:27]) == (0, "all is as it was written: 1")
    with archive_of(tmp_path / "again") as again:
        documents = import_jsonl(again, out, Imported(), now=NOW)
        settle_quietly(again, documents, now=NOW, on_progress=lambda line: None)
        assert kept(again) == kept(world.archive)
        assert list(verify(again, is_deep=True)) == []


def kept(archive: Archive) -> list[object]:
    with archive.read() as connection:
        document = get_document(connection, "harbor-kites/privacy-policy")
        versions = [(each.id, each.sha256, each.first_at) for each in list_versions(connection, document)]
        snapshots = [(each.id, each.sha256, each.version) for each in list_snapshots(connection, document)]
        return [versions, snapshots, list_takedowns(connection), list_tombstones(connection)]


def test_a_version_of_pages_that_rotate_is_taken_down_with_all_of_them(world: World) -> None:
    vendor = world.vendor()
    for number in range(12):
        vendor.publishes(policy(months=12 + number), at=day(number))
    world.settles()
    assert len(vendor.versions) == 1
    take_down(vendor, version=0)
    assert vendor.versions == []
    for snapshot in vendor.snapshots:
        with pytest.raises(Gone):
            world.archive.blobs.read(snapshot.sha256)
