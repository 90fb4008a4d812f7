from __future__ import annotations

from datetime import timedelta

import pytest

from archive import Archive
from archive.addresses import add_address, addresses_of, addresses_of_all
from archive.documents import (
    add_document,
    add_vendor,
    due_documents,
    find_document,
    get_document,
    get_documents_by_id,
    list_documents,
    list_vendors,
    look_soon,
    record_look,
    slug_of,
)
from archive.watches import record_failure
from clausewatch.errors import NotFound
from clausewatch.model import Document
from tests.support.scenario import NOW, day

OLD, NEW = "https://harborkites.example/privacy", "https://harborkites.example/legal/privacy"


def added(
    archive: Archive, *, vendor: str = "Harbor Kites", type: str = "Privacy Policy", **options: object
) -> Document:
    with archive.write() as connection:
        return add_document(connection, add_vendor(connection, vendor), type=type, **options)  # type: ignore[arg-type]  # passed through


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Harbor Kites", "harbor-kites"),
        ("  Kettle & Loom, Inc. ", "kettle-loom-inc"),
        ("Müller GmbH", "muller-gmbh"),
        ("harbor-kites", "harbor-kites"),
        ("HARBOR  KITES", "harbor-kites"),
    ],
)
def test_a_slug_is_lower_case_ascii_and_hyphens(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_a_name_without_ascii_letters_has_a_slug_of_its_own() -> None:
    assert slug_of("海鸥风筝") != slug_of("凧屋")
    assert slug_of("海鸥风筝") == slug_of("海鸥风筝")


def test_a_vendor_is_one_by_any_spelling_and_keeps_its_first_name(archive: Archive) -> None:
    with archive.write() as connection:
        first = add_vendor(connection, "Harbor Kites")
        again = add_vendor(connection, "harbor kites")
        assert again == first
        assert list_vendors(connection) == [first]


def test_a_document_is_added_once(archive: Archive) -> None:
    assert added(archive, url=OLD) == added(archive, url=OLD)


def test_a_second_document_of_a_type_gets_a_number(archive: Archive) -> None:
    first = added(archive, url=OLD)
    second = added(archive, url="https://harborkites.example/app/privacy")
    assert (first.name, second.name) == ("harbor-kites/privacy-policy", "harbor-kites/privacy-policy-2")
    assert added(archive, url="https://harborkites.example/app/privacy") == second


def test_a_second_document_of_a_type_may_be_named(archive: Archive) -> None:
    added(archive, url=OLD)
    assert added(archive, url="https://harborkites.example/app", slug="App").name == "harbor-kites/app"


@pytest.mark.parametrize(
    "url", [OLD + "/", "http://harborkites.example/privacy", "https://www.harborkites.example/privacy"]
)
def test_another_spelling_of_the_address_is_the_same_document(archive: Archive, url: str) -> None:
    first = added(archive, url=OLD)
    assert added(archive, url=url) == first


def test_a_document_that_moved_is_found_by_its_old_address_and_stays_at_the_new(archive: Archive) -> None:
    document = added(archive, url=OLD)
    with archive.write() as connection:
        add_address(connection, document, NEW, since_at=day(3))
    again = added(archive, url=OLD)
    assert (again.id, again.url) == (document.id, NEW)
    with archive.read() as connection:
        found = [(each.url, each.since_at, each.until_at) for each in addresses_of(connection, document)]
    assert found == [(OLD, None, day(3)), (NEW, day(3), None)]


def test_a_document_that_is_named_moves_to_the_address_given(archive: Archive) -> None:
    document = added(archive, url=OLD, slug="privacy-policy")
    moved = added(archive, url=NEW, slug="privacy-policy", now=day(4))
    assert (moved.id, moved.url) == (document.id, NEW)


def test_a_document_without_an_address_takes_the_first_that_comes(archive: Archive) -> None:
    document = added(archive)
    assert document.url is None
    assert added(archive, url=OLD).id == document.id


def test_names_and_slugs_find_a_document_in_any_case(archive: Archive) -> None:
    document = added(archive, type="Terms of Service", slug="tos")
    with archive.read() as connection:
        for name in ("harbor-kites/tos", "Harbor Kites/TOS", "HARBOR-KITES/terms of service"):
            assert get_document(connection, name) == document
            assert list_documents(connection, name) == [document]
        assert list_documents(connection, "harbor kites") == [document]


def test_a_slug_goes_before_a_type(archive: Archive) -> None:
    first = added(archive, url=OLD)
    added(archive, url=NEW, slug="app")
    with archive.read() as connection:
        assert get_document(connection, "harbor-kites/Privacy Policy") == first


def test_what_is_not_there_is_said_by_its_name(archive: Archive) -> None:
    added(archive)
    with archive.read() as connection:
        assert find_document(connection, "harbor-kites") is None
        for name in ("gullwing", "gullwing/privacy-policy", "harbor-kites/cookies"):
            with pytest.raises(NotFound, match=f"^{name}: no such .*clausewatch documents"):
                list_documents(connection, name)


def test_unknown_ids_are_left_out(archive: Archive) -> None:
    document = added(archive)
    with archive.read() as connection:
        assert get_documents_by_id(connection, [document.id, "nothing"]) == {document.id: document}


def test_what_is_due_longest_comes_first_and_what_has_no_address_never(archive: Archive) -> None:
    late = added(archive, vendor="Late", url="https://late.example/p", is_watched=True, now=day(1))
    later = added(archive, vendor="Later", url="https://later.example/p", is_watched=True, now=day(2))
    added(archive, vendor="Nowhere", is_watched=True, now=day(1))
    added(archive, vendor="Tomorrow", url="https://tomorrow.example/p", is_watched=True, now=day(4))
    added(archive, vendor="Unwatched", url="https://unwatched.example/p")
    with archive.read() as connection:
        assert [document.id for document in due_documents(connection, day(3))] == [late.id, later.id]


def test_a_look_while_the_clock_was_years_ahead_does_not_end_the_watch(archive: Archive) -> None:
    document = added(archive, url=OLD, is_watched=True, now=day(1))
    with archive.write() as connection:
        record_look(connection, document, due_at=day(3000))
        assert [each.id for each in due_documents(connection, day(3))] == [document.id]


def test_a_look_sets_the_next_one_and_keeps_validators(archive: Archive) -> None:
    document = added(archive, url=OLD, is_watched=True, now=day(1))
    with archive.write() as connection:
        record_look(connection, document, due_at=day(2), etag='"a"', last_modified="then")
    with archive.read() as connection:
        found = get_document(connection, document.name)
    assert (found.due_at, found.etag, found.last_modified) == (day(2), '"a"', "then")


def test_soon_never_puts_a_look_off(archive: Archive) -> None:
    document = added(archive, url=OLD, is_watched=True, now=NOW)
    with archive.write() as connection:
        look_soon(connection, document.id, now=NOW, minutes=30)
        assert get_document(connection, document.name).due_at == NOW
        record_look(connection, document, due_at=NOW + timedelta(hours=12))
        look_soon(connection, document.id, now=NOW, minutes=30)
        assert get_document(connection, document.name).due_at == NOW + timedelta(minutes=30)


def test_the_addresses_of_all_documents_are_those_of_each(archive: Archive) -> None:
    kites = added(archive, url=OLD)
    looms = added(archive, vendor="Looms", url="https://looms.example/privacy")
    without = added(archive, vendor="Looms", type="Terms of Service")
    with archive.write() as connection:
        add_address(connection, kites, NEW, since_at=NOW)
        found = addresses_of_all(connection)
        assert found == {each.id: addresses_of(connection, each) for each in (kites, looms)}
        assert without.id not in found
        assert list(addresses_of_all(connection, [looms.id])) == [looms.id]


def test_what_a_clock_that_was_ahead_put_off_is_due_but_not_what_a_site_asked_to_wait_for(archive: Archive) -> None:
    with archive.write() as connection:
        vendor = add_vendor(connection, "Kites")
        documents = [
            add_document(connection, vendor, type=type, url=f"https://kites.example/{type}", is_watched=True, now=NOW)
            for type in ("late", "ahead", "paused")
        ]
        for document, hours in zip(documents, (29, 31, 31), strict=True):  # at twelve hours, 29 are the most there are
            record_look(connection, document, due_at=NOW + timedelta(hours=hours))
        record_failure(connection, documents[2], at=NOW, kind="rate-limited", status=429, reason="Retry-After")
        assert [document.slug for document in due_documents(connection, NOW)] == ["ahead"]
