from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from archive import Archive
from archive.findings import pack_findings
from archive.pages import replace_records
from archive.tables import comparisons, documents, pages, snapshots
from clausewatch.errors import ArchiveError
from clausewatch.jobs.verify import verify
from tests.support.blocks import alter_blocks, lose_blocks
from tests.support.buckets import IS_THERE, s3_server
from tests.support.scenario import Vendor, World, day, policy


@pytest.fixture
def vendor(world: World) -> Vendor:
    vendor = world.vendor()
    for number, page in enumerate((policy(), policy(nonce="b"), policy(months=24), policy(months=24))):
        vendor.publishes(page, at=day(number))
    world.settles()
    return vendor


def said(world: World, *, is_deep: bool) -> list[str]:
    return list(verify(world.archive, is_deep=is_deep))


def alter(world: World, statement: object) -> None:
    with world.archive.write() as connection:
        connection.execute(statement)  # type: ignore[call-overload]  # any statement


@pytest.mark.parametrize("is_deep", [False, True])
def test_a_whole_archive_has_nothing_to_say(vendor: Vendor, world: World, is_deep: bool) -> None:
    assert said(world, is_deep=is_deep) == []


def test_an_empty_archive_has_nothing_to_say(world: World) -> None:
    assert said(world, is_deep=True) == []


def test_another_hash_breaks_the_chain(vendor: Vendor, world: World) -> None:
    second = vendor.snapshots[1]
    alter(world, update(snapshots).where(snapshots.c.id == second.id).values(sha256=vendor.snapshots[0].sha256))
    assert said(world, is_deep=False) == [
        f"harbor-kites/privacy-policy: the chain over its snapshots breaks at 2 of 3, {second.id}"
    ]


def test_another_time_of_capture_is_seen(vendor: Vendor, world: World) -> None:
    second = vendor.snapshots[1]
    alter(world, update(snapshots).where(snapshots.c.id == second.id).values(captured_at=day(-9)))
    (line,) = said(world, is_deep=False)
    assert line.startswith(f"harbor-kites/privacy-policy: snapshot {second.id}: was not captured when it says")


def test_a_snapshot_taken_out_breaks_the_chain(vendor: Vendor, world: World) -> None:
    first, *_, last = vendor.snapshots
    with world.archive.write() as connection:
        connection.exec_driver_sql("DELETE FROM readings")
        connection.execute(delete(snapshots).where(snapshots.c.id == last.id))
    assert said(world, is_deep=False) == [
        "harbor-kites/privacy-policy: snapshots are missing at the end of the chain over them"
    ]
    alter(world, delete(snapshots).where(snapshots.c.id == first.id))
    assert "breaks at 1 of 1" in said(world, is_deep=False)[0]


def test_another_head_of_the_chain_is_seen(vendor: Vendor, world: World) -> None:
    alter(world, update(documents).values(chain="f" * 64))
    assert "missing at the end" in said(world, is_deep=False)[0]


def test_a_missing_body_is_named(vendor: Vendor, world: World) -> None:
    lost = vendor.snapshots[1]
    world.archive.blobs.path(lost.sha256).unlink()
    for is_deep in (False, True):
        (line,) = said(world, is_deep=is_deep)
        assert line.startswith(f"harbor-kites/privacy-policy: snapshot {lost.id}: {lost.sha256}: its body is")


def test_a_damaged_body_is_found_by_reading_it(vendor: Vendor, world: World) -> None:
    path = world.archive.blobs.path(vendor.snapshots[0].sha256)
    path.write_bytes(path.read_bytes()[:-9])
    assert said(world, is_deep=False) == []
    (line,) = said(world, is_deep=True)
    assert str(path) in line


def test_an_altered_word_is_found_in_every_text_that_holds_it(vendor: Vendor, world: World) -> None:
    with world.archive.write() as connection:
        alter_blocks(connection, "18 months", becomes="We keep your order history for ever.")
    lines = said(world, is_deep=True)
    version = vendor.versions[0].id
    assert (
        lines[0] == f"harbor-kites/privacy-policy: the text of version {version} is not the one its hash was taken of"
    )
    assert any("a quote is not in version" in line for line in lines[1:])


def test_a_lost_block_is_found_and_the_rest_is_checked(vendor: Vendor, world: World) -> None:
    with world.archive.write() as connection:
        lose_blocks(connection, "18 months")
    (line,) = said(world, is_deep=True)
    assert "1 block of it gone" in line


def test_a_damaged_page_is_found(vendor: Vendor, world: World) -> None:
    alter(world, update(pages).values(packed=b"damaged"))
    assert any("is damaged" in line for line in said(world, is_deep=True))


def test_a_quote_that_does_not_stand_in_its_version_is_named(vendor: Vendor, world: World) -> None:
    (comparison,) = vendor.comparisons
    moved = [
        replace(each, after=each.after and replace(each.after, start=each.after.start + 1))
        for each in comparison.findings
    ]
    with world.archive.write() as connection:
        record = connection.execute(select(comparisons.c.findings)).scalar_one()
        replace_records(connection, {record: pack_findings(moved) or b""})
    assert any(f"comparison {comparison.id}: a quote is not in version" in line for line in said(world, is_deep=True))


@pytest.mark.skipif(not IS_THERE, reason="the server that speaks S3 is not installed: make it with make")
def test_a_bucket_that_does_not_answer_is_said_once(vendor: Vendor, world: World, tmp_path: Path) -> None:
    """Not of each body in turn, after as many waits."""
    url = world.archive.engine.url.render_as_string(hide_password=False)
    with (
        s3_server() as server,
        Archive(url, tmp_path, blobs=f"s3://nobody?endpoint={server}&allow_http=true") as there,
        pytest.raises(ArchiveError, match="there is no such bucket; make it, or name another"),
    ):
        list(verify(there, is_deep=False))


@pytest.mark.parametrize("is_deep", [False, True])
def test_one_line_says_that_no_body_is_where_bodies_should_be(vendor: Vendor, world: World, is_deep: bool) -> None:
    folder = world.archive.blobs.folder
    folder.rename(folder.with_name("unmounted"))
    (line,) = said(world, is_deep=is_deep)
    assert line.startswith(f"{folder}: holds none of the archive's bodies; mount it, or have CLAUSEWATCH_BLOBS")
    folder.with_name("unmounted").rename(folder)
    assert said(world, is_deep=is_deep) == []


@pytest.mark.parametrize("is_deep", [False, True])
def test_the_first_of_many_bodies_that_are_lost_are_named(vendor: Vendor, world: World, is_deep: bool) -> None:
    for number in range(4, 20):
        vendor.publishes(policy(nonce=str(number)), at=day(number))
    world.settles()
    for snapshot in vendor.snapshots[3:]:
        world.archive.blobs.path(snapshot.sha256).unlink()
    *named, last = said(world, is_deep=is_deep)
    assert len(named) == 5
    assert all(": its body is " in line for line in named)
    assert last == "11 further bodies missing or damaged; restore them from a backup"
