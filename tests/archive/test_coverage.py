"""How well a document was watched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.coverage import GAP_INTERVALS, Coverage, Gap, Look, Watching, coverage, coverage_of, coverages, watching
from archive.watches import record_good_look
from clausewatch.jobs.pace import LATEST, slowest_interval
from clausewatch.model import Document, Fault
from tests.support.scenario import BOT_WALL, World, archive_of, day, policy

START = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONGEST = 30 * HOUR


def look(hours: float, *, until: float | None = None, fault: Fault | None = None, is_live: bool = True) -> Look:
    seen = hours if until is None else until
    return Look(START + hours * HOUR, START + seen * HOUR, is_live, fault)


def covered_by(
    looks: Sequence[Look], *, silences: Sequence[tuple[float, float]] = (), now: datetime | None = None
) -> Coverage:
    gaps = [Gap(START + begin * HOUR, START + end * HOUR) for begin, end in silences]
    return coverage_of(looks, gaps, longest=LONGEST, now=now)


def test_a_gap_is_more_than_lies_between_two_looks_at_a_quiet_document_where_all_is_well() -> None:
    document = Document(id="d", vendor="v", vendor_name="V", slug="p", type="P", interval_hours=12)
    assert LATEST * slowest_interval(document) == GAP_INTERVALS * 12 * HOUR


def test_without_snapshots_nothing_is_known() -> None:
    assert covered_by([], now=START) == Coverage()


def test_looks_as_far_apart_as_those_at_a_quiet_document_leave_no_gap() -> None:
    covered = covered_by([look(0), look(12), look(36), look(66, until=480), look(510)])
    assert (covered.gaps, covered.longest) == ((), None)
    assert (covered.watched_from_at, covered.watched_to_at) == (START, START + 510 * HOUR)


def test_a_longer_stretch_is_a_gap_also_where_only_faults_came() -> None:
    covered = covered_by([look(0), look(12, fault=Fault.BOT_WALL), look(24, fault=Fault.EMPTY), look(31)])
    assert covered.gaps == (Gap(START, START + 31 * HOUR),)
    assert covered.longest == 31 * HOUR
    assert covered.faults == ((Fault.BOT_WALL, 1), (Fault.EMPTY, 1))
    assert covered.faults_in_a_row == 0


def test_what_others_archived_makes_the_past_known_but_not_watched() -> None:
    covered = covered_by([look(-9000, is_live=False), look(-100, is_live=False), look(0), look(10)])
    assert covered.first_at == START - 9000 * HOUR
    assert covered.watched_from_at == START
    assert covered.gaps == ()


def test_what_others_archived_since_the_first_look_fills_gaps() -> None:
    looks = [look(0), look(25, is_live=False), look(50)]
    assert covered_by([looks[0], looks[2]]).gaps == (Gap(START, START + 50 * HOUR),)
    assert covered_by(looks).gaps == ()


def test_the_same_bytes_after_a_silence_do_not_hide_it() -> None:
    covered = covered_by([look(0, until=500)], silences=[(10, 200), (300, 340)])
    assert covered.gaps == (
        Gap(START + 10 * HOUR, START + 200 * HOUR),
        Gap(START + 300 * HOUR, START + 340 * HOUR),
    )
    assert covered.longest == 190 * HOUR


def test_what_turns_up_later_shortens_a_silence() -> None:
    covered = covered_by([look(0, until=500), look(100, until=195, is_live=False)], silences=[(10, 200)])
    assert covered.gaps == (Gap(START + 10 * HOUR, START + 100 * HOUR),)


def test_what_is_not_seen_still_is_a_gap_where_it_is_under_watch() -> None:
    looks = [look(0), look(10), look(20, fault=Fault.LOGIN)]
    assert covered_by(looks).gaps == ()
    assert covered_by(looks, now=START + 39 * HOUR).gaps == ()
    covered = covered_by(looks, now=START + 50 * HOUR)
    assert covered.gaps == (Gap(START + 10 * HOUR, None),)
    assert covered.longest == 40 * HOUR


def test_faults_at_the_end_are_counted() -> None:
    faults = [look(24, fault=Fault.BOT_WALL), look(36, fault=Fault.BOT_WALL)]
    assert covered_by([look(0), *faults]).faults_in_a_row == 2
    assert covered_by([look(0, until=48), *faults]).faults_in_a_row == 0


def test_a_digest_counts_the_documents_under_watch_and_the_gaps_of_its_time() -> None:
    gapped = covered_by([look(0), look(50), look(100)])
    covered = {"a": gapped, "b": replace(gapped, gaps=(Gap(START + 10 * HOUR, None),)), "c": Coverage(snapshots=3)}
    assert watching(covered, since=START, until=START + 30 * HOUR) == Watching(documents=2, gaps=2)
    assert watching(covered, ["a"], since=START, until=START + 60 * HOUR) == Watching(documents=1, gaps=2)
    assert watching(covered, since=START + 200 * HOUR, until=START + 300 * HOUR) == Watching(documents=2, gaps=1)


def test_an_archive_knows_the_coverage_of_each_document(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        world = World(archive)
        kites, looms = world.vendor(), world.vendor("Looms")
        for number in (0, 1, 5):  # the same bytes: sightings of one snapshot
            kites.publishes(policy(), at=day(number))
            world.settles(now=day(number))
        looms.publishes(BOT_WALL, at=day(0))
        world.settles()
        with archive.read() as connection:
            covered = coverages(connection, now=day(20))
            assert covered[kites.document.id] == coverage(connection, kites.document.id, now=day(20))
            assert list(coverages(connection, "looms", now=day(20))) == [looms.document.id]
    assert covered[kites.document.id].gaps == (Gap(day(1), day(5)),)
    assert covered[looms.document.id].watched_from_at is None
    assert covered[looms.document.id].faults == ((Fault.BOT_WALL, 1),)


def test_a_silence_is_kept_once(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        world = World(archive)
        kites = world.vendor()
        kites.publishes(policy(), at=day(0))
        world.settles()
        kites.publishes(policy(), at=day(4))
        kites.publishes(policy(), at=day(5))
        for number in (4, 4, 3, 5):
            with archive.write() as connection:
                record_good_look(connection, kites.document, at=day(number))
        with archive.read() as connection:
            assert coverage(connection, kites.document.id, now=day(5)).gaps == (Gap(day(0), day(4)),)
