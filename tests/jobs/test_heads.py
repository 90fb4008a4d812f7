"""The head of the day: what it covers, who signs it, and that nothing it covers can be altered unseen."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from archive.heads import entries_of, first_head_of_version, get_head, list_heads
from archive.tables import block_keys, head_entries, heads, texts, version_links
from clausewatch.errors import SettingsError
from clausewatch.jobs.heads import KEY_FILE, SigningKey, head_of_the_day, signing_key
from clausewatch.jobs.verify import verify
from clausewatch.settings import Settings
from clausewatch.verify_export import is_signed
from tests.support.scenario import NOW, Vendor, World, day, policy

LATER = NOW + timedelta(days=1)


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return signing_key(Settings(home=tmp_path / "key"))


@pytest.fixture
def vendor(world: World) -> Vendor:
    vendor = world.vendor()
    vendor.publishes(policy(), at=day(0))
    vendor.publishes(policy(months=24), at=day(10))
    vendor.publishes(policy(months=24), at=day(11))
    world.settles()
    return vendor


def said(world: World) -> list[str]:
    return list(verify(world.archive, is_deep=False))


def alter(world: World, statement: object) -> None:
    with world.archive.write() as connection:
        connection.execute(statement)  # type: ignore[call-overload]  # any statement


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert signing_key(settings).public == signing_key(settings).public
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    (tmp_path / KEY_FILE).write_text("no key")
    with pytest.raises(SettingsError, match="holds no key"):
        signing_key(settings)


def test_a_machine_with_another_key_is_told_of(
    world: World, vendor: Vendor, key: SigningKey, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    head_of_the_day(world.archive, key, now=NOW)
    head_of_the_day(world.archive, key, now=LATER)
    assert caplog.messages == []
    head_of_the_day(world.archive, signing_key(Settings(home=tmp_path / "other")), now=LATER + timedelta(days=1))
    (line,) = caplog.messages
    assert line.startswith("the head of 2026-01-03 is signed by another key than the one before")


def test_an_archive_with_nothing_in_it_has_no_head(world: World, key: SigningKey) -> None:
    assert head_of_the_day(world.archive, key, now=NOW) is None


def test_a_day_has_one_head(vendor: Vendor, world: World, key: SigningKey) -> None:
    first = head_of_the_day(world.archive, key, now=NOW)
    assert first is not None
    assert head_of_the_day(world.archive, key, now=NOW + timedelta(hours=3)) == first
    assert is_signed(key.public, first.signature, f"clausewatch head 2026-01-01 {first.sha256}\n".encode())
    with world.archive.read() as connection:
        (entry,) = entries_of(connection, first.day)
        assert (entry.document, entry.snapshots, entry.versions) == (vendor.document.id, 2, 2)


def test_heads_follow_each_other_and_name_what_grew(vendor: Vendor, world: World, key: SigningKey) -> None:
    first = head_of_the_day(world.archive, key, now=NOW)
    quiet = head_of_the_day(world.archive, key, now=LATER)
    vendor.publishes(policy(months=36), at=day(20))
    world.settles()
    last = head_of_the_day(world.archive, key, now=LATER + timedelta(days=1))
    assert first
    assert quiet
    assert last
    assert (quiet.previous, last.previous) == (first.sha256, quiet.sha256)
    with world.archive.read() as connection:
        assert entries_of(connection, quiet.day) == []
        assert [entry.snapshots for entry in entries_of(connection, last.day)] == [3]
        assert [head.day for head in list_heads(connection)] == [last.day, quiet.day, first.day]
        assert get_head(connection, quiet.day) == quiet
        days = [first_head_of_version(connection, version.id) for version in vendor.versions]
    assert days == [first.day, first.day, last.day]
    assert said(world) == []


def test_a_version_that_no_head_covers_yet_says_so(vendor: Vendor, world: World) -> None:
    with world.archive.read() as connection:
        assert first_head_of_version(connection, vendor.versions[0].id) is None
        assert first_head_of_version(connection, "unknown") is None


def test_an_altered_head_is_found(vendor: Vendor, world: World, key: SigningKey) -> None:
    head_of_the_day(world.archive, key, now=NOW)
    head_of_the_day(world.archive, key, now=LATER)
    alter(world, update(heads).where(heads.c.day == NOW.date()).values(sha256="f" * 64))
    assert said(world) == [
        "head of 2026-01-01: is not the hash of what it covers",
        f"head of 2026-01-01: its signature is not that of key {key.public}",
        "head of 2026-01-02: does not follow the one before",
    ]


def test_an_altered_entry_is_found(vendor: Vendor, world: World, key: SigningKey) -> None:
    head_of_the_day(world.archive, key, now=NOW)
    alter(world, update(head_entries).values(snapshots=1))
    assert said(world) == [
        f"head of 2026-01-01: the snapshots of document {vendor.document.id} are not those signed",
        "head of 2026-01-01: is not the hash of what it covers",
    ]


@pytest.mark.sqlite
def test_a_document_that_a_head_covers_and_that_is_gone_is_found(
    vendor: Vendor, world: World, key: SigningKey
) -> None:  # fmt: skip
    head_of_the_day(world.archive, key, now=NOW)
    with closing(sqlite3.connect(str(world.archive.engine.url.database))) as outside:  # where nothing is refused
        outside.execute("UPDATE head_entries SET document = 'another'")
        outside.commit()
    assert said(world) == [
        "head of 2026-01-01: document another, which it signed, is gone",
        "head of 2026-01-01: is not the hash of what it covers",
    ]


def test_a_text_that_was_altered_with_its_hash_is_found(vendor: Vendor, world: World) -> None:
    alter(world, update(texts).values(sha256="f" * 64))
    lines = said(world)
    assert len(lines) == 2
    assert all("its text is none that the chain over its versions knows" in line for line in lines)


def test_a_link_that_was_altered_or_taken_out_is_found(vendor: Vendor, world: World, key: SigningKey) -> None:
    head_of_the_day(world.archive, key, now=NOW)
    alter(world, delete(version_links).where(version_links.c.position == 2))
    assert any("the versions of document" in line for line in said(world))
    alter(world, update(version_links).values(version="x"))
    assert any("the chain over its versions breaks at 1 of 1" in line for line in said(world))


def test_a_rebuild_that_reads_the_same_adds_no_link(vendor: Vendor, world: World, key: SigningKey) -> None:
    head_of_the_day(world.archive, key, now=NOW)
    vendor.was_archived(policy(months=6), at=day(-20))
    world.settles()
    assert said(world) == []
    with world.archive.read() as connection:
        assert len(connection.execute(version_links.select()).all()) == 3
        assert connection.execute(block_keys.select()).first() is not None
