"""The steady way comes to what the long way comes to, row for row, whatever happened to a document before."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

import differ
from archive.documents import mark_outdated
from archive.looks import Sighting, record_sightings
from archive.packing import unpack_values
from archive.pages import fetch_record
from archive.readings import Read, newest_known, store_read
from archive.snapshots import latest_live
from archive.stirs import mark_stirred
from archive.tables import metadata, pages, readings
from archive.takedowns import take_down
from archive.texts import load_text, unread_snapshots
from archive.versions import list_versions
from clausewatch.jobs.derivation import derive
from clausewatch.jobs.reading import read_snapshot
from clausewatch.jobs.settle import Settled, arrival_of, finish, make, steadied, store_readings, work_of
from clausewatch.jobs.steady import STEADY_SIGHTINGS
from clausewatch.jobs.telling import new_queue
from clausewatch.model import Document, Snapshot
from tests.support.scenario import BOT_WALL, START, Vendor, World, archive_of, german_policy, policy

TEXTS = {
    "A": policy(), "B": policy(months=24), "C": policy(months=24, recipient="Bearing Metrics"), "G": german_policy(),
    "wall": BOT_WALL, **{f"offer {number}": policy(extra=f"Offer {number} ends soon.") for number in range(7)},
}  # fmt: skip
GAPS = [timedelta(hours=hours) for hours in (1, 12, 24, 40, 24 * 8, 24 * 100)]
RARE = ["is read anew", "is stored and not settled", "is taken down", "was archived", "was looked at", "is seen again"]
EVENTS = 8
"""Of a story: most of them several looks."""


class Story:
    """One document, and the clock of its vendor. ``steady`` counts the looks that took the steady way."""

    def __init__(self, world: World) -> None:
        self.world, self.archive = world, world.archive
        self.vendor: Vendor = world.vendor()
        self.at, self.looks, self.steady, self.queue = START, 0, 0, new_queue()
        self.text = "A"
        world.subscribes()

    def goes_on(self, chance: random.Random) -> None:
        """Something happens: nearly always what goes on for some looks."""
        keeps_steady = chance.random() < 0.5
        if chance.random() < 0.15:
            self._happens(chance.choice(RARE), chance)
            if chance.random() < 0.5:  # else together with what comes next
                self.settles(keeps_steady=keeps_steady)
        gap = chance.choice(GAPS)
        for body in self._bodies(chance):
            self.at += gap
            self.looks += 1
            self.vendor.was_looked_at(body.replace('content=""', f'content="{self.looks}"'), at=self.at)
            if chance.random() < 0.9:  # else together with the next one
                self.settles(keeps_steady=keeps_steady)

    def _bodies(self, chance: random.Random) -> list[str]:
        if chance.random() < 0.15:
            return [TEXTS[f"offer {number}"] for number in range(chance.randint(2, 7))]
        if chance.random() < 0.5:
            self.text = chance.choice(sorted(TEXTS))
        return [TEXTS[self.text]] * chance.choice([1, 1, 2, 3, 4, STEADY_SIGHTINGS + 1])

    def _happens(self, what: str, chance: random.Random) -> None:
        body = TEXTS[chance.choice("ABC")]
        if what == "was archived":
            self.vendor.was_archived(body, at=self.at + timedelta(days=chance.randint(-30, 1)))
        elif what == "was looked at":
            at = self.at - timedelta(days=chance.randint(0, 30), minutes=7)
            self.vendor.was_looked_at(body, at=at, until=at + timedelta(days=chance.randint(0, 5)), sightings=3)
        elif what == "is seen again":
            self._is_seen_again(self.at + timedelta(hours=chance.choice([-48, -1, 0, 1])))
        elif what == "is stored and not settled":
            self._stops(chance)
        else:
            with self.archive.write() as connection:
                if what == "is read anew":
                    mark_outdated(connection, self.vendor.document.id)
                elif versions := list_versions(connection, self.vendor.document):
                    document = self.vendor.document
                    take_down(connection, document, versions[0], reason="a wish", on=self.at.date())

    def _is_seen_again(self, at: datetime) -> None:
        with self.archive.write() as connection:
            if newest := latest_live(connection, self.vendor.document):
                record_sightings(connection, [Sighting(self.vendor.document, newest.id, at)], resting={})

    def _stops(self, chance: random.Random) -> None:
        """As a process that stored what it read, of now or of the past, and was killed before it settled that."""
        if chance.random() < 0.5:
            self.at += timedelta(hours=2)
            self.vendor.was_looked_at(TEXTS["B"], at=self.at)
        else:
            self.vendor.was_archived(TEXTS["B"], at=self.at - timedelta(days=20))
        self.is_killed()

    def is_killed(self) -> None:
        """What was read of the snapshots that came is stored, and not settled."""
        with self.archive.write() as connection:
            unread = unread_snapshots(connection, self.vendor.document, normaliser=differ.REVISION)
            store_readings(connection, self._read(connection, unread))
            mark_stirred(connection, [self.vendor.document.id])

    def _read(self, connection: Connection, unread: Sequence[Snapshot]) -> list[tuple[str, Read]]:
        document = self.vendor.document
        known = newest_known(connection, document, normaliser=differ.REVISION) if self.looks % 2 else None
        bodies = [self.archive.blobs.read(each.sha256) for each in unread]
        return [
            (each.id, read_snapshot((body, each, document, known)) if known else read(body, each, document))
            for each, body in zip(unread, bodies, strict=True)
        ]

    def settles(self, *, keeps_steady: bool) -> None:
        """Settle the document in the one way and in the other, where both are possible; they come to the same."""
        with self.archive.write() as connection:
            unread = unread_snapshots(connection, self.vendor.document, normaliser=differ.REVISION)
            arrival = arrival_of(self.vendor.document, unread, self._read(connection, unread))
            beside = connection.begin_nested()
            steady = steadied(connection, [arrival]) if arrival else {}
            found = rows_of_all(connection) if steady else {}
            beside.rollback()
            beside = connection.begin_nested()
            settled = self._settles_the_long_way(connection, unread)
            if not steady or not arrival:
                beside.commit()
                return
            self.steady += len(unread)
            assert steady == {settled.document.id: settled}
            assert found == rows_of_all(connection)
            if keeps_steady:
                beside.rollback()
                steadied(connection, [arrival])

    def _settles_the_long_way(self, connection: Connection, unread: Sequence[Snapshot]) -> Settled:
        document = self.vendor.document
        readings = self._read(connection, unread)
        store_readings(connection, readings)
        found = derive(connection, document)
        work = work_of(connection, document, found)
        made = make({text: load_text(connection, text) for text in work.texts}, document, work)
        read = [snapshot for snapshot, _ in readings]
        return finish(connection, document, found, made, read=read, queue=self.queue, now=self.at)


_read: dict[bytes, Read] = {}


def read(body: bytes, snapshot: Snapshot, document: Document) -> Read:
    return _read.setdefault(body, read_snapshot((body, snapshot, document, None)))


def rows_of_all(connection: Connection) -> Mapping[str, Sequence[object]]:
    """All tables, but for where on the pages the signals of a reading stand: they themselves are in its place."""
    found: dict[str, Sequence[object]] = {
        table.name: sorted(map(repr, connection.execute(select(table)))) for table in metadata.sorted_tables
        if table not in (pages, readings)
    }  # fmt: skip
    rows = [dict(row) for row in connection.execute(select(readings).order_by(readings.c.snapshot)).mappings()]
    return found | {"readings": [row | {"signals": fetch_record(connection, row["signals"])} for row in rows]}


@settings(max_examples=12)
@given(st.integers(0, 2**32))
def test_both_ways_come_to_the_same_whatever_happened_before(seed: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, archive_of(Path(folder)) as archive:
        story = Story(World(archive))
        for _ in range(EVENTS):
            story.goes_on(chance)


def looks(story: Story, pages: Sequence[str]) -> list[bool]:
    """For each of these pages, found a day after the one before, whether it took the steady way."""
    taken = []
    for page in pages:
        before = story.steady
        story.at += timedelta(days=1)
        story.vendor.was_looked_at(page, at=story.at)
        story.settles(keeps_steady=True)
        taken.append(story.steady > before)
    return taken


def test_all_looks_but_the_first_two_at_a_text_take_it(world: World) -> None:
    pages = [policy(months=18 if number < 5 else 24, nonce=str(number)) for number in range(20)]
    assert looks(Story(world), pages) == [False, False, *[True] * 3, False, False, *[True] * 13]


def test_what_is_told_is_told_as_ever(world: World) -> None:
    story = Story(world)
    looks(story, [policy(months=18 if number < 5 else 24, nonce=str(number)) for number in range(10)])
    assert (story.vendor.states, len(world.outbox)) == (["confirmed told"], 1)


def test_a_text_that_may_rotate_goes_the_long_way_until_it_is_too_steady(world: World) -> None:
    offers = [TEXTS[f"offer {number}"] for number in range(3)]
    pages = [policy(nonce=str(number)) for number in range(STEADY_SIGHTINGS + 4)]
    taken = looks(Story(world), [*offers, *pages])
    assert taken.index(True) == len(offers) + STEADY_SIGHTINGS
    assert all(taken[taken.index(True) :])


def test_what_changed_often_long_ago_rotates_no_more(world: World) -> None:
    story = Story(world)
    looks(story, [TEXTS[f"offer {number}"] for number in range(6)])
    story.at += timedelta(days=15)
    assert looks(story, [policy(nonce=str(number)) for number in range(5)]) == [False, False, True, True, True]


def test_a_reading_of_the_past_that_was_stored_and_not_settled_is_not_passed_over(world: World) -> None:
    story = Story(world)
    looks(story, [policy(nonce=str(number)) for number in range(4)])
    story.vendor.was_archived(TEXTS["B"], at=START - timedelta(days=20))
    story.is_killed()
    assert looks(story, [policy(nonce=str(number)) for number in range(4, 6)]) == [False, True]
    assert len(story.vendor.versions) == 2


def test_a_look_of_the_past_that_is_extended_is_not_passed_over(world: World) -> None:
    story = Story(world)
    past = START - timedelta(days=40)
    story.vendor.was_looked_at(TEXTS["C"], at=past)
    story.vendor.was_looked_at(TEXTS["B"], at=past + timedelta(days=9))
    looks(story, [policy(nonce=str(number)) for number in range(9)])
    story.vendor.was_looked_at(TEXTS["C"], at=past, until=past + timedelta(days=5), sightings=3)
    assert looks(story, [policy(nonce=str(number)) for number in range(9, 11)]) == [False, True]
    assert story.vendor.versions[0].last_at == past + timedelta(days=5)


def test_readings_that_share_their_signals_are_read_anew_each_for_itself(world: World) -> None:
    story = Story(world)
    looks(story, [policy(nonce=str(number)) for number in range(4)])
    first, *_, last = story.vendor.snapshots
    found = read(world.archive.blobs.read(last.sha256), last, story.vendor.document)
    with world.archive.write() as connection:
        assert signals_of(connection, first.id) == signals_of(connection, last.id)
        store_read(connection, last.id, replace(found, signals={**found.signals, "words": 7}))
        words = [signals_of(connection, each.id)["words"] for each in (first, last)]
        assert words == [found.signals["words"], 7]


def signals_of(connection: Connection, snapshot: str) -> dict[str, object]:
    record = connection.execute(select(readings.c.signals).where(readings.c.snapshot == snapshot)).scalar_one()
    found: dict[str, object] = unpack_values(fetch_record(connection, record))
    return found
