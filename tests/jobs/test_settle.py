from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import differ
from archive.documents import add_document, add_vendor, get_document, record_look
from archive.facts import facts_of
from archive.versions import text_of
from clausewatch.errors import ArchiveError, ClausewatchError
from clausewatch.jobs import settle as settling
from clausewatch.jobs.settle import SOON_MINUTES, settle, settle_all
from clausewatch.jobs.workers import worker_processes
from clausewatch.model import BlockKind, Fault, Kind, Reading
from differ import comparing
from tests.support.scenario import BOT_WALL, NOW, URL, Vendor, World, day, german_policy, policy, tripped_by


@pytest.fixture
def vendor(world: World) -> Vendor:
    return world.vendor()


def everything(vendor: Vendor) -> list[object]:
    return [*vendor.versions, *vendor.comparisons, *vendor.snapshots, *World(vendor.archive).outbox]


def a_story(vendor: Vendor) -> None:
    for number, page in enumerate((policy(), policy(nonce="b"), policy(months=24), policy(months=24), BOT_WALL)):
        vendor.publishes(page, at=day(number), status=403 if page == BOT_WALL else 200)


def test_looks_become_versions_comparisons_findings_facts_and_notices(vendor: Vendor, world: World) -> None:
    world.subscribes()
    a_story(vendor)
    (settled,) = world.settles()
    assert (settled.read, settled.faults, settled.versions, settled.compared, settled.notices) == (4, 1, 2, 1, 1)
    (comparison,) = vendor.comparisons
    assert [told.id for told in settled.told] == [comparison.id]
    assert comparison.findings[0].kind is Kind.RETENTION
    assert "24 months" in comparison.findings[0].sentence
    assert [(notice.comparison, notice.due_at) for notice in world.outbox] == [(comparison.id, NOW)]
    with world.archive.read() as connection:
        text = connection.exec_driver_sql("SELECT text FROM versions ORDER BY first_at").scalars().first()
        assert "18 months" in {fact.value for fact in facts_of(connection, str(text))}


def test_bytes_that_differ_in_no_word_are_one_version(vendor: Vendor, world: World) -> None:
    vendor.publishes(policy(nonce="a"), at=day(0))
    vendor.publishes(policy(nonce="b"), at=day(1))
    world.settles()
    (version,) = vendor.versions
    assert (version.snapshots, version.first_at, version.last_at) == (2, day(0), day(1))


def test_bytes_that_return_are_read_once(vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []
    read = differ.read

    def counted(body: bytes, **how: str | None) -> Reading:
        bodies.append(body)
        return read(body, **how)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(differ, "read", counted)  # nothing else shows how often a page is read
    for number, months in enumerate((18, 24, 18)):
        vendor.publishes(policy(months=months), at=day(number))
    (settled,) = world.settles()
    assert (settled.read, settled.versions, len(bodies)) == (3, 3, 2)


def test_settling_again_changes_nothing(vendor: Vendor, world: World) -> None:
    world.subscribes()
    a_story(vendor)
    world.settles()
    before = everything(vendor)
    assert world.settles() == []
    again = settle(world.archive, vendor.document, now=NOW + timedelta(days=1))
    assert (again.read, again.compared, again.told, again.notices) == (0, 0, (), 0)
    assert everything(vendor) == before


def test_workers_come_to_the_same(vendor: Vendor, world: World) -> None:
    for number in range(12):
        vendor.publishes(policy(months=number), at=day(7 * number))
    with worker_processes(2) as executor:
        (settled,) = settle_all(world.archive, now=NOW, executor=executor)
    assert (settled.read, settled.versions, settled.compared) == (12, 12, 11)
    at_once = [version.sha256 for version in vendor.versions]
    settle(world.archive, vendor.document, now=NOW)
    assert [version.sha256 for version in vendor.versions] == at_once


def test_each_document_is_said_as_it_is_settled(world: World) -> None:
    for name in ("Gullwing", "Harbor Kites"):
        world.vendor(name, url=f"https://{name[:4]}.example/p").publishes(policy(), at=day(0))
    lines: list[str] = []
    settle_all(world.archive, now=NOW, on_progress=lines.append)
    assert lines == [
        "[1/2] gullwing/privacy-policy: 1 snapshot read, 0 faults, 1 version, 0 comparisons, 0 told",
        "[2/2] harbor-kites/privacy-policy: 1 snapshot read, 0 faults, 1 version, 0 comparisons, 0 told",
    ]


def test_what_stopped_between_reading_and_comparing_goes_on(
    vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.subscribes()
    a_story(vendor)
    with monkeypatch.context() as patched:  # patched: a kill at this very point; real kills are in test_kill.py
        patched.setattr(settling, "_compare_steps", _stopped)
        with pytest.raises(KeyboardInterrupt):
            world.settles()
    assert vendor.versions == []
    (settled,) = world.settles()
    assert (settled.read, settled.versions, settled.notices) == (0, 2, 1)


def _stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_what_arrives_meanwhile_is_settled_too(vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process records a snapshot while this one compares."""
    vendor.publishes(policy(), at=day(0))
    compare_steps, left = settling._compare_steps, [policy(months=24)]

    def arriving(*given: object, **named: object) -> object:
        if left:
            vendor.publishes(left.pop(), at=day(1))
        return compare_steps(*given, **named)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(settling, "_compare_steps", arriving)  # the one point where it can be lost
    (settled,) = world.settles()
    assert (settled.read, settled.versions) == (2, 2)
    assert world.settles() == []


def test_a_damaged_body_holds_up_its_own_document_alone(vendor: Vendor, world: World) -> None:
    world.subscribes()
    other = world.vendor("Gullwing", url="https://gullwing.example/p")
    path = lost(other)
    a_story(vendor)
    lines: list[str] = []
    (settled,) = settle_all(world.archive, now=NOW, on_progress=lines.append)
    assert (settled.document, settled.notices) == (vendor.document, 1)
    assert lines[0].startswith("[1/2] gullwing/privacy-policy: waits: ")
    assert "restore it from a backup" in lines[0]
    path.with_suffix(".away").rename(path)
    (settled,) = world.settles()
    assert (settled.document, settled.versions) == (other.document, 1)


@pytest.mark.parametrize("is_cut", [False, True], ids=["gone", "cut"])
def test_where_nothing_else_is_to_be_settled_the_damage_is_the_error(
    vendor: Vendor, world: World, is_cut: bool
) -> None:
    path = lost(vendor)
    if is_cut:
        path.write_bytes(path.with_suffix(".away").read_bytes()[:-9])
    with pytest.raises(ArchiveError, match="restore it from a backup"):
        world.settles()


def test_a_page_that_trips_a_bug_holds_up_its_own_document_alone(
    vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.subscribes()
    other = world.vendor("Gullwing", url="https://gullwing.example/p")
    other.publishes(policy(recipient="Hostile"), at=day(0))
    a_story(vendor)
    lines: list[str] = []
    with monkeypatch.context() as patched:  # patched: no page is known to trip one
        patched.setattr(differ, "read", tripped_by(b"Hostile"))
        (settled,) = settle_all(world.archive, now=NOW, on_progress=lines.append)
        with pytest.raises(ClausewatchError, match="gullwing/privacy-policy trips a bug"):
            world.settles()
    assert (settled.document, settled.notices) == (vendor.document, 1)
    assert lines[0].startswith("[1/2] gullwing/privacy-policy: waits: ")
    assert lines[-1] == "1 of 2 documents left waiting"
    assert "gullwing/privacy-policy: cannot be settled" in caplog.text
    (settled,) = world.settles()
    assert (settled.document, settled.versions) == (other.document, 1)


def lost(vendor: Vendor) -> Path:
    """The body of a page that came is away."""
    body = policy(recipient="Loss")
    vendor.publishes(body, at=day(0))
    path = vendor.archive.blobs.path(hashlib.sha256(body.encode()).hexdigest())
    return path.rename(path.with_suffix(".away")) and path


# --- faults ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "page", "fault"),
    [
        (404, "<p>gone</p>", Fault.NOT_FOUND),
        (410, policy(), Fault.NOT_FOUND),
        (401, policy(), Fault.LOGIN),
        (403, policy(), Fault.BOT_WALL),
        (429, "", Fault.BOT_WALL),
        (503, "<p>x</p>", Fault.ERROR_PAGE),
        (503, BOT_WALL, Fault.BOT_WALL),
        (500, policy(), Fault.ERROR_PAGE),
        (200, "", Fault.EMPTY),
        (200, BOT_WALL, Fault.BOT_WALL),
    ],
)
def test_an_answer_that_is_no_page_is_a_fault(
    vendor: Vendor, world: World, status: int, page: str, fault: Fault
) -> None:
    vendor.publishes(page, at=day(0), status=status)
    (settled,) = world.settles()
    (snapshot,) = vendor.snapshots
    assert (snapshot.fault, snapshot.version, settled.versions) == (fault, None, 0)
    assert snapshot.fault_reason


def test_another_language_for_a_while_makes_no_version(vendor: Vendor, world: World) -> None:
    for number, page in enumerate((policy(), policy(), german_policy(), german_policy(), policy())):
        vendor.publishes(page, at=day(number))
    world.settles()
    assert len(vendor.versions) == 1
    assert [each.fault for each in vendor.snapshots] == [None, Fault.OTHER_LANGUAGE, None]


def test_a_language_that_alternates_is_a_variant_and_the_change_of_one_is_told_once(
    vendor: Vendor, world: World
) -> None:
    world.subscribes()
    story = (policy(), german_policy(), policy(), german_policy(), policy(), german_policy(), policy(months=24),
             german_policy(), policy(months=24), german_policy(), policy(months=24))  # fmt: skip
    twice = [page for page in story for _ in range(2)]
    for number, page in enumerate(twice):
        vendor.publishes(page, at=day(number / 2))
        world.settles()
    assert not any(snapshot.fault for snapshot in vendor.snapshots)
    told = [comparison for comparison in vendor.comparisons if comparison.notify]
    assert ["24 months" in comparison.summary for comparison in told] == [True]
    assert len(world.outbox) == 1


# --- looking again --------------------------------------------------------------------------------------------


def due_in(vendor: Vendor, world: World, *pages: str) -> timedelta:
    """Until the next look, after these pages were seen and settled one after the other."""
    for number, page in enumerate(pages):
        vendor.publishes(page, at=day(number))
        with world.archive.write() as connection:
            record_look(connection, vendor.document, due_at=NOW + timedelta(hours=12))
        world.settles()
    with world.archive.read() as connection:
        due_at = get_document(connection, vendor.document.name).due_at
    assert due_at
    return due_at - NOW


def test_the_first_sign_of_a_change_is_looked_at_again_soon(vendor: Vendor, world: World) -> None:
    assert due_in(vendor, world, policy(), policy(), policy(months=24)) == timedelta(minutes=SOON_MINUTES)


@pytest.mark.parametrize(
    "pages",
    [
        (policy(), policy()),
        (policy(), policy(), policy(months=24), policy(months=24)),
        (policy(), policy(), policy(months=24), policy(months=30)),
    ],
    ids=["nothing new", "confirmed", "another at every look"],
)
def test_nothing_else_is_looked_at_before_its_turn(vendor: Vendor, world: World, pages: tuple[str, ...]) -> None:
    assert due_in(vendor, world, *pages) == timedelta(hours=12)


def test_what_is_in_doubt_is_looked_at_again_so_that_somebody_hears_within_two_intervals(
    vendor: Vendor, world: World
) -> None:
    assert due_in(vendor, world, policy(), policy(), BOT_WALL) == timedelta(hours=9)


# --- deciding once --------------------------------------------------------------------------------------------


def test_who_subscribes_later_hears_of_nothing_earlier(vendor: Vendor, world: World) -> None:
    a_story(vendor)
    world.settles()
    world.subscribes()
    vendor.publishes(policy(months=24, nonce="c"), at=day(8))
    world.settles()
    assert world.outbox == []


def test_a_better_differ_finds_more_but_tells_nobody_of_the_past(
    vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that was not material when it came is found to be so by a later revision."""
    world.subscribes()
    with monkeypatch.context() as patched:  # an older differ that saw no findings
        patched.setattr(comparing, "compare", _blind)
        a_story(vendor)
        world.settles()
        assert vendor.states == ["confirmed"]
    monkeypatch.setattr(settling, "DIFFER_REVISION", settling.DIFFER_REVISION + 1)
    vendor.publishes(policy(months=24, nonce="c"), at=day(8))
    (settled,) = world.settles()
    assert settled.compared == 1
    assert vendor.states == ["confirmed told"]
    assert world.outbox == []


def _blind(*given: object, **named: object) -> object:
    return replace(differ.compare(*given, **named), findings=())  # type: ignore[arg-type]  # passed through


def test_a_version_is_told_once_whatever_leads_to_it(vendor: Vendor, world: World) -> None:
    world.subscribes()
    a_story(vendor)
    world.settles()
    vendor.was_looked_at(policy(months=20), at=day(1.5), until=day(1.6), sightings=2)
    world.settles()
    assert vendor.states == ["confirmed told", "confirmed told"]
    first, _ = (comparison.id for comparison in vendor.comparisons)
    newest = [notice.comparison for notice in world.outbox if notice.comparison != first]
    assert len(newest) == 1


def test_a_silent_edit_is_said(vendor: Vendor, world: World) -> None:
    for number, months in enumerate((18, 18, 24, 24)):
        vendor.publishes(policy(months=months, extra="Last updated: May 3, 2024."), at=day(number))
    world.settles()
    (comparison,) = vendor.comparisons
    assert comparison.stated
    assert comparison.stated.is_silent
    assert comparison.state_reason == "it was found more than once"


# --- several documents ----------------------------------------------------------------------------------------


def test_one_page_of_two_documents_is_each_ones_version(world: World) -> None:
    first = world.vendor()
    with world.archive.write() as connection:
        other = add_document(connection, add_vendor(connection, "Gullwing"), type="Privacy Policy", url=URL)
    second = Vendor(world.archive, other)
    for each in (first, second):
        each.publishes(policy(), at=day(0))
    world.settles()
    (one,), (two,) = first.versions, second.versions
    assert (one.sha256, one.id == two.id) == (two.sha256, False)
    with world.archive.read() as connection:
        assert text_of(connection, one.id) == text_of(connection, two.id)


def test_selectors_of_a_document_are_obeyed(world: World, tmp_path: Path) -> None:
    with world.archive.write() as connection:
        document = add_document(
            connection, add_vendor(connection, "Gullwing"), type="Privacy Policy", url=URL, include="main p"
        )
    vendor = Vendor(world.archive, document)
    vendor.publishes(policy(), at=day(0))
    world.settles()
    with world.archive.read() as connection:
        blocks = text_of(connection, vendor.versions[0].id).blocks
    assert {block.kind for block in blocks} == {BlockKind.PARAGRAPH}
