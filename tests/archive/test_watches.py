"""How the watch over a document goes: failures add up until it is seen again."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from archive.documents import record_look
from archive.looks import changes_of_all
from archive.watches import (
    LONGEST_REASON,
    Failure,
    Watch,
    get_watch,
    list_watches,
    mark_told,
    overdue_documents,
    record_failure,
    record_good_look,
)
from clausewatch.model import Document
from tests.support.scenario import BOT_WALL, Vendor, World, day, policy


@pytest.fixture
def vendor(world: World) -> Vendor:
    return world.vendor()


def fails(connection: Connection, document: Document, number: float, *, kind: str = "timeout") -> int:
    return record_failure(connection, document, at=day(number), kind=kind, status=None, reason=f"on day {number}")


def test_a_document_that_was_never_looked_at_has_no_failures(world: World, vendor: Vendor) -> None:
    with world.archive.read() as connection:
        assert get_watch(connection, vendor.document) == Watch()
        assert list_watches(connection) == {}


def test_failures_add_up_and_the_newest_says_why(world: World, vendor: Vendor) -> None:
    with world.archive.write() as connection:
        assert [fails(connection, vendor.document, 1), fails(connection, vendor.document, 2, kind="dns")] == [1, 2]
        found = get_watch(connection, vendor.document)
        assert found.failure == Failure("dns", None, "on day 2", since_at=day(1), newest_at=day(2), looks=2)
        assert list_watches(connection) == {vendor.document.id: found}


def test_a_good_look_ends_what_failed_before_it_and_nothing_later(world: World, vendor: Vendor) -> None:
    with world.archive.write() as connection:
        fails(connection, vendor.document, 2)
        record_good_look(connection, vendor.document, at=day(1))
        assert get_watch(connection, vendor.document).failure
        record_good_look(connection, vendor.document, at=day(3))
        record_good_look(connection, vendor.document, at=day(2))
        assert get_watch(connection, vendor.document) == Watch(last_good_at=day(3))


def test_a_reason_without_end_is_cut(world: World, vendor: Vendor) -> None:
    with world.archive.write() as connection:
        record_failure(connection, vendor.document, at=day(1), kind="tls", status=None, reason="x" * 9000)
        failure = get_watch(connection, vendor.document).failure
    assert failure
    assert len(failure.reason) == LONGEST_REASON


def test_telling_the_operator_is_kept_beside(world: World, vendor: Vendor) -> None:
    with world.archive.write() as connection:
        mark_told(connection, [vendor.document.id], at=day(1))
        fails(connection, vendor.document, 2)
        found = get_watch(connection, vendor.document)
    assert found.told_at == day(1)
    assert found.failure


def test_what_is_read_and_is_the_document_was_a_good_look(world: World, vendor: Vendor) -> None:
    with world.archive.write() as connection:
        fails(connection, vendor.document, 0)
    vendor.publishes(policy(), at=day(1))
    world.settles()
    vendor.publishes(BOT_WALL, at=day(2), status=403)
    world.settles()
    with world.archive.read() as connection:
        assert get_watch(connection, vendor.document) == Watch(last_good_at=day(1))


def test_changes_are_counted_by_versions(world: World, vendor: Vendor) -> None:
    for number, months in enumerate((18, 18, 24, 24)):
        vendor.publishes(policy(months=months), at=day(number))
    world.settles()
    with world.archive.read() as connection:
        changes = changes_of_all(connection, [vendor.document.id])[vendor.document.id]
    assert (changes.newest_at, changes.versions) == (day(2), 2)


def test_overdue_is_what_failed_or_was_not_seen_for_longer_than_goes_by(world: World) -> None:
    names = ("Seen", "Failed", "Late", "Never", "Not watched")
    documents = {name: world.vendor(name).document for name in names}
    with world.archive.write() as connection:
        for name in names[:-1]:
            record_look(connection, documents[name], due_at=day(10), etag=None, last_modified=None)
        for name in ("Seen", "Failed", "Not watched"):
            record_good_look(connection, documents[name], at=day(9))
        record_good_look(connection, documents["Late"], at=day(8))
        record_failure(connection, documents["Failed"], at=day(10), kind="dns", status=None, reason="no such host")
        assert overdue_documents(connection, now=day(10)) == {documents["Failed"].id, documents["Late"].id}
        later = overdue_documents(connection, now=day(12))
        assert later == {documents[name].id for name in ("Seen", "Failed", "Late", "Never")}
        assert set(list_watches(connection, later)) == {documents[name].id for name in ("Seen", "Failed", "Late")}
