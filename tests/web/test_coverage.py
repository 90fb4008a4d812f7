"""How well a document was watched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from clausewatch.model import Document, Fault, Snapshot, Source
from clausewatch.web.coverage import Gap, coverage_of
from tests.web.scenario import START

HOUR = timedelta(hours=1)
DOCUMENT = Document(id="d", vendor="v", vendor_name="V", slug="p", type="P", interval_hours=12)
LOOK = Snapshot(
    id="s", document="d", captured_at=START, fetched_at=START, seen_at=START, sightings=1, source=Source.LIVE,
    is_live=True, is_upgrade=False, url="https://v.example/", status=200, content_type=None, headers={},
    sha256="0" * 64, size=1,
)  # fmt: skip


def look(hours: float, *, until: float | None = None, fault: Fault | None = None, is_live: bool = True) -> Snapshot:
    seen = hours if until is None else until
    return replace(LOOK, captured_at=START + hours * HOUR, seen_at=START + seen * HOUR, fault=fault, is_live=is_live)


def test_without_snapshots_nothing_is_known() -> None:
    covered = coverage_of(DOCUMENT, [])
    assert (covered.first_at, covered.watched_from_at, covered.gaps, covered.faults_in_a_row) == (None, None, (), 0)


def test_looks_as_far_apart_as_those_at_a_quiet_document_leave_no_gap() -> None:
    covered = coverage_of(DOCUMENT, [look(0), look(12), look(36), look(66, until=480), look(510)])
    assert covered.gaps == ()
    assert (covered.watched_from_at, covered.watched_to_at) == (START, START + 510 * HOUR)


def test_a_longer_stretch_is_a_gap_also_where_only_faults_came() -> None:
    covered = coverage_of(DOCUMENT, [look(0), look(12, fault=Fault.BOT_WALL), look(24, fault=Fault.EMPTY), look(31)])
    assert covered.gaps == (Gap(START, START + 31 * HOUR),)
    assert covered.faults == ((Fault.BOT_WALL, 1), (Fault.EMPTY, 1))
    assert covered.faults_in_a_row == 0


def test_what_others_archived_makes_the_past_known_but_not_watched() -> None:
    covered = coverage_of(DOCUMENT, [look(-9000, is_live=False), look(-100, is_live=False), look(0), look(10)])
    assert covered.first_at == START - 9000 * HOUR
    assert covered.watched_from_at == START
    assert covered.gaps == ()


def test_faults_at_the_end_are_counted() -> None:
    faults = [look(24, fault=Fault.BOT_WALL), look(36, fault=Fault.BOT_WALL)]
    assert coverage_of(DOCUMENT, [look(0), *faults]).faults_in_a_row == 2
    assert coverage_of(DOCUMENT, [look(0, until=48), *faults]).faults_in_a_row == 0
