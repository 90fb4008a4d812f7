from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive import open_archive
from clausewatch.jobs.compact import compact
from clausewatch.jobs.importing import Imported, record_all
from clausewatch.jobs.takedown import take_down_and_erase
from clausewatch.jobs.verify import verify
from clausewatch.jobs.warc import read_warc
from tests.support import buckets
from tests.support.scenario import NOW, Vendor, World, archive_of, day, policy, settings_of
from tests.support.warcs import warc_file

FILLER = " ".join(f"We explain point {number} of our policy to you." for number in range(300))
VENDORS = ("harborkites", "gullwing")


def page(number: int) -> str:
    return policy(months=12 + number, nonce=f"{number}", extra=FILLER)


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    """Two vendors by turns, four snapshots each."""
    path = tmp_path / "vendors.warc.gz"
    with warc_file(path) as writer:
        for number in range(4):
            for vendor in VENDORS:
                writer.response(f"https://{vendor}.example/privacy", page(number) + vendor, at=day(number))
    return path


def import_all(world: World, warc: Path) -> Imported:
    imported = Imported()
    record_all(world.archive, read_warc(warc, imported), imported, is_live=False, now=NOW)
    return imported


def test_an_import_stores_each_page_beside_those_of_its_document(warc: Path, tmp_path: Path) -> None:
    with archive_of(tmp_path / "home") as archive:
        assert import_all(World(archive), warc).new == 8
        assert archive.blobs.taken().stored < 3 * len(page(0)) / 4


def test_a_later_import_leans_on_what_an_earlier_one_brought(warc: Path, tmp_path: Path) -> None:
    with archive_of(tmp_path / "home") as archive:
        import_all(World(archive), warc)
    later = tmp_path / "later.warc.gz"
    with warc_file(later) as writer:
        writer.response("https://gullwing.example/privacy", page(9) + "gullwing", at=day(9))
    with archive_of(tmp_path / "home") as archive:
        before = archive.blobs.taken().stored
        import_all(World(archive), later)
        assert 0 < archive.blobs.taken().stored - before < 500


@pytest.fixture
def bucket() -> Iterator[str]:
    with buckets.s3_server() as address:
        yield buckets.make_bucket(address, "harbor-bodies")


@pytest.mark.skipif(not buckets.IS_THERE, reason="the server that speaks S3 is not installed: make it with make")
def test_an_archive_keeps_its_bodies_in_a_bucket(warc: Path, tmp_path: Path, bucket: str) -> None:
    settings = replace(settings_of(tmp_path / "home"), blobs=bucket)
    with open_archive(settings) as archive:
        world = World(archive)
        import_all(world, warc)
        world.settles()
        vendor = Vendor(archive, world.vendor("harborkites", url="https://harborkites.example/privacy").document)
        take_down_and_erase(archive, vendor.document, None, reason="asked for", now=NOW)
        assert compact(archive).faults == []
    with open_archive(settings) as archive:
        assert list(verify(archive, is_deep=True)) == []
    assert not (tmp_path / "home" / "blobs").exists()
