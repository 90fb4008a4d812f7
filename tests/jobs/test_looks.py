"""A look that finds what was there costs little: nothing is derived again where nothing can change."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import differ
from archive import Archive
from archive.coverage import Gap, coverage
from archive.documents import get_document, mark_outdated, unsettled_documents
from archive.looks import held_snapshots, standings_of
from archive.tables import documents
from clausewatch.errors import ArchiveError
from clausewatch.jobs import looks
from clausewatch.jobs.looks import Kind, Look, Said, record_looks, storing
from clausewatch.jobs.settle import DIFFER_REVISION, settle_all
from clausewatch.jobs.takedown import take_down_and_erase
from clausewatch.model import Document
from crawler.outcomes import ErrorKind, Hop, Outcome
from tests.support.rows import rows_of, table_rows
from tests.support.scenario import BOT_WALL, START, URL, Vendor, World, archive_of, day, policy

PAGES = [policy(), policy(months=24), policy(nonce="other bytes"), policy(recipient="Quay Metrics")]


def page(vendor: Vendor, body: str, at: datetime, *, status: int = 200) -> Outcome:
    error, kind = (f"answered {status}", ErrorKind.HTTP) if status >= 400 else (None, None)
    return Outcome(
        vendor.document.id, URL, at, status=status, body=body.encode(), error=error, error_kind=kind,
        headers={"content-type": "text/html"},
    )  # fmt: skip


def not_modified(vendor: Vendor, at: datetime) -> Outcome:
    return Outcome(vendor.document.id, URL, at, status=304)


def look(archive: Archive, *seen: tuple[Vendor, Outcome]) -> list[Said]:
    with archive.read() as connection:
        held = held_snapshots(connection, [vendor.document.id for vendor, _ in seen])
    return record_looks(archive, [Look(vendor.document, held.get(vendor.document.id), one) for vendor, one in seen])


def is_unsettled(archive: Archive) -> bool:
    with archive.read() as connection:
        return bool(unsettled_documents(connection))


def test_a_group_is_told_apart_and_counted(world: World) -> None:
    names = ("Gullwing", "Harbor Kites", "Larkspur")
    one, other, third = (world.vendor(name, url=f"https://{name[0].lower()}.example/") for name in names)
    said = look(world.archive, (one, page(one, policy(), day(0))), (other, page(other, "No", day(0), status=404)))
    assert [each.kind for each in said] == [Kind.NEW, Kind.FAILED]
    said = look(
        world.archive, (one, not_modified(one, day(1))), (other, page(other, "No", day(1), status=404)),
        (third, page(third, policy(), day(1))),
    )  # fmt: skip
    assert [each.words.partition(",")[0] for each in said] == [
        "not modified", "answered 404 (kept as a fault)", "new snapshot",
    ]  # fmt: skip
    assert [len(vendor.snapshots) for vendor in (one, other, third)] == [1, 1, 1]
    assert [vendor.snapshots[0].sightings for vendor in (one, other, third)] == [2, 2, 1]


def test_a_body_is_stored_from_when_it_came_and_recorded_once(world: World) -> None:
    vendor, body = world.vendor(), policy()
    seen = Look(vendor.document, None, page(vendor, body, day(0)))
    with storing(world.archive) as stored:
        stored.begin(seen)
    assert world.archive.blobs.read(hashlib.sha256(body.encode()).hexdigest()) == body.encode()
    assert vendor.snapshots == []
    assert [said.kind for said in record_looks(world.archive, [seen], stored=stored)] == [Kind.NEW]
    assert len(vendor.snapshots) == 1


def test_what_could_not_be_stored_is_said_when_it_is_recorded_and_may_be_stored_then(world: World) -> None:
    vendor, folder = world.vendor(), world.archive.blobs.folder
    seen = Look(vendor.document, None, page(vendor, policy(), day(0)))
    folder.write_text("in the way")
    with storing(world.archive) as stored:
        stored.begin(seen)
    folder.unlink()
    with pytest.raises(ArchiveError, match="cannot be stored"):
        record_looks(world.archive, [seen], stored=stored)
    assert vendor.snapshots == []
    assert [said.kind for said in record_looks(world.archive, [seen], stored=stored)] == [Kind.NEW]


def test_the_bytes_that_are_held_need_not_be_handed_over(world: World) -> None:
    vendor = world.vendor()
    look(world.archive, (vendor, page(vendor, policy(), day(0))))
    same = Outcome(vendor.document.id, URL, day(1), status=200, is_held=True, headers={"etag": '"new"'})
    assert look(world.archive, (vendor, same)) == [Said(Kind.AGAIN, "the same bytes")]
    with world.archive.read() as connection:
        assert connection.execute(documents.select()).one().etag == '"new"'


@pytest.mark.parametrize(("away_days", "gaps"), [(1, ()), (40, (Gap(day(1), day(41)),))])
def test_a_time_when_nobody_looked_is_a_gap_though_the_page_stands_there_as_it_was(
    world: World, away_days: int, gaps: tuple[Gap, ...]
) -> None:
    vendor = world.vendor()
    look(world.archive, (vendor, page(vendor, policy(), day(0))))
    world.settles()
    for at in (day(1), day(1 + away_days), day(2 + away_days)):
        look(world.archive, (vendor, not_modified(vendor, at)))
    with world.archive.read() as connection:
        assert coverage(connection, vendor.document.id, now=day(2 + away_days)).gaps == gaps


def test_a_page_that_only_stands_there_is_not_settled_again(world: World) -> None:
    vendor = world.vendor()
    look(world.archive, (vendor, page(vendor, policy(), day(0))))
    world.settles()
    look(world.archive, (vendor, not_modified(vendor, day(1))))
    assert not is_unsettled(world.archive)
    (version,) = vendor.versions
    assert version.last_at == day(1)


def test_a_change_is_settled_until_it_is_sure(world: World) -> None:
    vendor = world.vendor()
    look(world.archive, (vendor, page(vendor, policy(), day(0))))
    world.settles()
    look(world.archive, (vendor, page(vendor, policy(months=24), day(1))))
    world.settles()
    assert vendor.states == ["held"]
    look(world.archive, (vendor, not_modified(vendor, day(2))))
    assert is_unsettled(world.archive)
    world.settles()
    assert vendor.states == ["confirmed told"]
    look(world.archive, (vendor, not_modified(vendor, day(3))))
    assert not is_unsettled(world.archive)


def test_what_older_code_derived_is_derived_again(world: World) -> None:
    vendor = world.vendor()
    look(world.archive, (vendor, page(vendor, policy(), day(0))))
    world.settles()
    with world.archive.write() as connection:
        mark_outdated(connection, vendor.document.id)
        (standing,) = standings_of(
            connection, [vendor.snapshots[0].id], normaliser=differ.REVISION, differ=DIFFER_REVISION
        ).values()
    assert not standing.is_settled
    with world.archive.read() as connection:
        (standing,) = standings_of(
            connection, [vendor.snapshots[0].id], normaliser=differ.REVISION, differ=DIFFER_REVISION + 1
        ).values()
    assert not standing.is_settled


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_settling_less_often_comes_to_the_same(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random histories, once with what rests left at rest, once with everything settled at each look."""
    history = random_history(random.Random(seed))
    with archive_of(tmp_path / "rests") as archive:
        rested = live_through(archive, history)
        less = rows_of(archive)
    monkeypatch.setattr(looks, "is_resting", lambda standing: False)  # the shortcut alone is taken away
    with archive_of(tmp_path / "settles") as archive:
        assert live_through(archive, history) == 0
        assert rows_of(archive) == less
    assert rested > 0


@pytest.mark.parametrize("seed", range(4))
def test_looks_recorded_together_come_to_what_they_come_to_one_by_one(tmp_path: Path, seed: int) -> None:
    """Rounds over some documents: pages new and old, the same bytes in several, errors, silence, moves, takedowns."""
    found = []
    for name, size in (("together", 9), ("one by one", 1)):
        chance = random.Random(seed)
        with archive_of(tmp_path / name) as archive:
            vendors = [World(archive).vendor(f"Vendor {at}", url=f"https://v{at}.example/policy") for at in range(6)]
            said = [each for number in range(7) for each in one_round(archive, vendors, number, chance, size=size)]
            rows = table_rows(
                archive, "snapshots", "documents", "watches", "gaps", "addresses", "takedowns", "tombstones", "limits"
            )
            found.append((said, rows, rows_of(archive)))
    assert found[0] == found[1]


def one_round(
    archive: Archive, vendors: Sequence[Vendor], number: int, chance: random.Random, *, size: int
) -> list[Said]:
    with archive.read() as connection:
        current = [get_document(connection, vendor.document.name) for vendor in vendors]
        held = held_snapshots(connection, [each.id for each in current])
    looked = chance.sample(current, chance.randrange(1, len(current) + 1))
    at = START + timedelta(hours=12 * number + 600 * (number > 5))
    looks = [Look(each, held.get(each.id), random_outcome(each, chance, at=at)) for each in looked]
    said = [each for first in range(0, len(looks), size) for each in record_looks(archive, looks[first : first + size])]
    if number != 3:  # some rest unsettled for a round
        settle_all(archive, now=at)
    if number == 4:
        take_down_and_erase(archive, current[0], None, reason="asked for", now=at)
    return said


def random_outcome(document: Document, chance: random.Random, *, at: datetime) -> Outcome:
    url, body = document.url or URL, chance.choice(PAGES).encode()
    kind = chance.choice(("page", "page", "page", "304", "wall", "gone", "silence", "pause", "left", "moved"))
    headers = {"content-type": "text/html", "etag": f'"{chance.randrange(3)}"'}
    plain = Outcome(document.id, url, at, status=200, headers=headers, body=body)
    gone = {"status": 404, "error": "answered 404", "error_kind": ErrorKind.HTTP}
    made: dict[str, dict[str, Any]] = {
        "page": {}, "304": {"status": 304, "body": None}, "wall": {"body": BOT_WALL.encode()},
        "gone": gone | {"body": b"not here"},
        "silence": {"status": None, "body": None, "error": "no such host", "error_kind": ErrorKind.DNS},
        "pause": {"status": 429, "error": "wait", "error_kind": ErrorKind.RATE_LIMITED, "retry_after_seconds": 60.0},
        "left": {"was_asked": False, "body": None, "error": "wait", "error_kind": ErrorKind.RATE_LIMITED,
                 "retry_after_seconds": 60.0},
        "moved": {"url": f"{url}/new", "hops": (Hop(url, 301, f"{url}/new"),)},
    }  # fmt: skip
    return replace(plain, **made[kind])


def random_history(chance: random.Random) -> list[str | None]:
    """Bodies as they come, None for a 304: spells of one page, flaps, rotations."""
    history: list[str | None] = []
    while len(history) < 25:
        if chance.random() < 0.3:
            history += [policy(nonce=str(len(history)), extra=f"Offer {number}.") for number in range(5)]
        history += [chance.choice(PAGES), *[None] * chance.choice((0, 1, 2, 5, 16))]
    return [*history, policy(months=99), *[None] * looks.STANDING_SIGHTINGS]


def live_through(archive: Archive, history: Sequence[str | None]) -> int:
    """How many looks left nothing to settle."""
    vendor, rested = World(archive).vendor(), 0
    for number, body in enumerate(history):
        at = START + timedelta(hours=12 * number)
        outcome = page(vendor, body, at) if body else not_modified(vendor, at)
        look(archive, (vendor, outcome))
        rested += not is_unsettled(archive)
        settle_all(archive, now=at)
    return rested


def test_a_move_is_written_down_with_what_was_seen_there(world: World) -> None:
    vendor = world.vendor()
    look(world.archive, (vendor, page(vendor, policy(), day(0))))
    settle_all(world.archive, now=day(0))
    hops = (Hop(URL, 301, "https://harborkites.example/legal"),)
    moved = Outcome(
        vendor.document.id, "https://harborkites.example/legal", datetime.now(UTC), status=200, is_held=True, hops=hops
    )
    (said,) = look(world.archive, (vendor, moved))
    assert said == Said(Kind.AGAIN, "the same bytes, moved to https://harborkites.example/legal", is_moved=True)
