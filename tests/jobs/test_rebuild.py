from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import differ
from archive import Archive
from archive.documents import unsettled_documents
from archive.tables import documents
from clausewatch.errors import NotFound
from clausewatch.jobs import rebuild, settle
from clausewatch.jobs.rebuild import rebuild_documents
from clausewatch.jobs.settle import Settled
from clausewatch.model import Block, BlockKind, Document, Reading
from tests.support.scenario import NOW, Vendor, World, day, policy, tripped_by


@pytest.fixture
def vendor(world: World) -> Vendor:
    world.subscribes()
    vendor = world.vendor()
    for number, page in enumerate((policy(), policy(), policy(months=24), policy(months=24))):
        vendor.publishes(page, at=day(number))
    world.settles()
    return vendor


def rebuilt(world: World, name: str | None = None) -> list[Settled]:
    return rebuild_documents(world.archive, name, now=NOW, executor=None, on_progress=lambda line: None)


def with_selector(world: World, include: str) -> None:
    """The operator names the part of the page: every text will be another."""
    with world.archive.write() as connection:
        connection.execute(documents.update().values(include=include))


def test_a_rebuild_reads_everything_and_comes_to_the_same(vendor: Vendor, world: World) -> None:
    before = [vendor.versions, vendor.comparisons, vendor.snapshots, world.outbox]
    (done,) = rebuilt(world)
    assert (done.read, done.versions, done.told) == (2, 2, ())
    assert [vendor.versions, vendor.comparisons, vendor.snapshots, world.outbox] == before


def test_a_rebuild_by_a_new_selector_tells_nobody_then_or_later(vendor: Vendor, world: World) -> None:
    with_selector(world, "p")
    rebuilt(world)
    vendor.publishes(policy(months=24, nonce="again"), at=day(9))
    world.settles()
    assert len(world.outbox) == 1
    assert vendor.states == ["confirmed told"]


def test_a_rebuild_that_was_stopped_is_gone_on_with_and_tells_nobody(
    vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_selector(world, "p")
    with monkeypatch.context() as patched:  # patched: a kill after all was read anew
        patched.setattr(settle, "_compare_steps", _stopped)
        with pytest.raises(KeyboardInterrupt):
            rebuilt(world)
    with world.archive.read() as connection:
        assert [document.id for document in unsettled_documents(connection)] == [vendor.document.id]
    (done,) = world.settles()
    assert (done.versions, done.notices) == (2, 0)
    assert len(world.outbox) == 1


def test_a_rebuild_that_was_stopped_goes_on_with_what_is_left(
    vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.vendor("Zephyr", url="https://zephyr.example/p")
    other.publishes(policy(), at=day(0))
    world.settles()
    with monkeypatch.context() as patched:  # patched: a kill between two documents
        patched.setattr(settle, "settle", _settled_once())
        with pytest.raises(KeyboardInterrupt):
            rebuilt(world)
    lines: list[str] = []
    rebuild_documents(world.archive, None, now=NOW, executor=None, on_progress=lines.append)
    assert lines == [
        "going on with a rebuild that was stopped: 1 document left",
        "[1/1] zephyr/privacy-policy: 1 snapshot, 1 version",
    ]
    assert len(rebuilt(world)) == 2


@pytest.mark.parametrize(
    ("stopped", "then", "count"),
    [
        ("gullwing", None, 3),
        ("gullwing/terms-of-service", None, 3),
        ("gullwing/terms-of-service", "gullwing", 2),
        ("gullwing", "gullwing", 1),
        ("gullwing", "gullwing/terms-of-service", 1),
        (None, "gullwing", 1),
        (None, None, 2),
    ],
)
def test_a_rebuild_does_all_that_it_is_asked_for_after_a_smaller_one_was_stopped(
    vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch, stopped: str | None, then: str | None, count: int
) -> None:
    for type in ("Privacy Policy", "Terms of Service"):
        world.vendor("Gullwing", type=type, url=f"https://gullwing.example/{type[0]}").publishes(policy(), at=day(0))
    world.settles()
    is_alone = stopped is not None and "/" in stopped
    with monkeypatch.context() as patched:  # patched: a kill between two documents, or before the only one
        patched.setattr(settle, "settle", _stopped if is_alone else _settled_once())
        with pytest.raises(KeyboardInterrupt):
            rebuilt(world, stopped)
    assert len(rebuilt(world, then)) == count


def _settled_once() -> Callable[..., Settled]:
    left = [settle.settle]

    def settled(archive: Archive, document: Document, **named: object) -> Settled:
        if not left:
            raise KeyboardInterrupt
        return left.pop()(archive, document, **named)  # type: ignore[arg-type]  # passed through

    return settled


def test_a_new_revision_of_the_normaliser_is_our_doing_and_tells_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells apart what was one version, and reads every text anew."""
    world.subscribes()
    kites = world.vendor()
    for number, nonce in enumerate("aabbcc"):
        kites.publishes(policy(nonce=nonce), at=day(number))
    world.settles()
    assert len(kites.versions) == 1
    read = differ.read

    def read_more(body: bytes, **named: object) -> Reading:
        reading = read(body, **named)  # type: ignore[arg-type]  # passed through
        nonce = body.partition(b'name="n" content="')[2][:1].decode()
        more = Block(BlockKind.PARAGRAPH, f"We share your data with {nonce.upper()}metrics, an analytics company.")
        text = replace(reading.text, blocks=(*reading.text.blocks, more), normaliser=differ.REVISION)
        return replace(reading, text=text)

    monkeypatch.setattr(differ, "REVISION", differ.REVISION + 1)  # patched: there is one normaliser at a time
    monkeypatch.setattr(differ, "read", read_more)
    rebuilt(world)
    assert kites.states == ["upgrade", "upgrade"]
    assert {comparison.state_reason for comparison in kites.comparisons} == {
        "the text is read by a newer revision of the normaliser"
    }
    before = [kites.versions, kites.comparisons, kites.snapshots]
    rebuilt(world)
    assert [kites.versions, kites.comparisons, kites.snapshots] == before
    assert world.outbox == []


def _stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_what_nobody_settled_yet_is_told_by_a_rebuild(vendor: Vendor, world: World) -> None:
    """A crawl was killed before it settled; nothing of it is lost."""
    vendor.publishes(policy(months=36), at=day(9))
    vendor.publishes(policy(months=36), at=day(10))
    rebuilt(world)
    assert len(world.outbox) == 2


def test_one_vendor_or_document_may_be_rebuilt_alone(vendor: Vendor, world: World) -> None:
    other = world.vendor("Gullwing", url="https://gullwing.example/p")
    other.publishes(policy(), at=day(0))
    lines: list[str] = []
    rebuild.rebuild_documents(world.archive, "gullwing", now=NOW, executor=None, on_progress=lines.append)
    assert lines == ["[1/1] gullwing/privacy-policy: 1 snapshot, 1 version"]
    assert [done.document.name for done in rebuilt(world, "harbor-kites/privacy-policy")] == [vendor.document.name]
    with pytest.raises(NotFound, match="nobody: no such vendor"):
        rebuilt(world, "nobody")


def test_a_lost_body_holds_up_its_own_document_alone(vendor: Vendor, world: World) -> None:
    other = world.vendor("Gullwing", url="https://gullwing.example/p")
    other.publishes(policy(recipient="Loss"), at=day(0))
    world.settles()
    (snapshot,) = other.snapshots
    world.archive.blobs.path(snapshot.sha256).unlink()
    (done,) = rebuilt(world)
    assert (done.document, len(other.versions)) == (vendor.document, 1)
    with pytest.raises(NotFound, match="restore it from a backup"):
        rebuilt(world, "gullwing")
    assert len(rebuilt(world)) == 1, "what waits stops no other rebuild"


def test_a_page_that_trips_a_bug_holds_up_its_own_document_alone(
    vendor: Vendor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.vendor("Gullwing", url="https://gullwing.example/p")
    other.publishes(policy(recipient="Hostile"), at=day(0))
    world.settles()
    with monkeypatch.context() as patched:  # patched: no page is known to trip one
        patched.setattr(differ, "read", tripped_by(b"Hostile"))
        (done,) = rebuilt(world)
    assert (done.document, len(other.versions)) == (vendor.document, 1)
    (settled,) = world.settles()
    assert (settled.document, settled.read) == (other.document, 1)
