"""What is not seen, since when, and what a person can do about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archive.documents import get_document, record_look
from archive.watches import Failure, record_failure
from clausewatch.jobs.failing import advice_on, unseen_documents
from clausewatch.model import Document, Fault
from crawler.outcomes import ErrorKind
from tests.support.scenario import BOT_WALL, NOW, World, day, policy

DOCUMENT = Document(id="d", vendor="kites", vendor_name="Kites", slug="terms", type="Terms")


def failure(kind: ErrorKind, status: int | None = None) -> Failure:
    return Failure(kind.value, status, "why", since_at=day(0), newest_at=day(1), looks=2)


@pytest.mark.parametrize("kind", [kind for kind in ErrorKind if kind is not ErrorKind.HTTP])
def test_every_kind_has_its_advice_in_a_line(kind: ErrorKind) -> None:
    advice = advice_on(failure(kind), DOCUMENT)
    assert advice
    assert "\n" not in advice
    assert "{" not in advice


@pytest.mark.parametrize(("status", "word"), [(404, "gone"), (410, "gone"), (403, "no program"), (503, "by itself")])
def test_an_error_status_says_what_kind_of_closed_it_is(status: int, word: str) -> None:
    assert word in advice_on(failure(ErrorKind.HTTP, status), DOCUMENT)


def test_an_error_page_is_one_look_though_it_fails_and_is_doubted(world: World) -> None:
    vendor = world.vendor()
    vendor.publishes(policy(), at=day(0))
    for number in (1, 2):
        vendor.publishes(BOT_WALL, at=day(number), status=403)
        with world.archive.write() as connection:
            record_failure(connection, vendor.document, at=day(number), kind="http", status=403, reason="answered 403")
    world.settles()
    (found,) = unseen_documents(world.archive, now=day(2))
    assert (found.why, found.reason, found.looks, found.since_at) == ("http 403", "answered 403", 2, day(1))
    assert found.doubt
    assert found.doubt.fault is Fault.BOT_WALL
    assert found.needs_a_hand


def test_what_lasts_is_told_within_two_intervals_of_the_last_good_look(world: World) -> None:
    vendor = world.vendor()
    with world.archive.write() as connection:
        for hours in (0, 1, 3):
            record_failure(
                connection,
                vendor.document,
                at=day(0) + timedelta(hours=hours),
                kind="timeout",
                status=None,
                reason="slow",
            )
    (found,) = unseen_documents(world.archive, now=day(0.2))
    assert not found.needs_a_hand
    assert [found.is_lasting(day(number)) for number in (0.2, 0.37, 0.375)] == [False, False, True]


def test_what_is_in_doubt_is_looked_at_within_two_intervals_though_it_was_quiet(world: World) -> None:
    vendor = world.vendor()
    vendor.publishes(policy(), at=day(0))
    vendor.publishes(BOT_WALL, at=day(1))
    with world.archive.write() as connection:
        record_look(connection, vendor.document, due_at=NOW + timedelta(hours=30))
    world.settles()
    with world.archive.read() as connection:
        assert get_document(connection, vendor.document.name).due_at == NOW + timedelta(hours=9)
