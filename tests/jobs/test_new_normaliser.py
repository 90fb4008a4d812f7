"""Settling with another revision of the normaliser than the one that made the versions."""

from __future__ import annotations

from dataclasses import replace

import pytest

import differ
from archive import Archive
from clausewatch.jobs import settle as settling
from clausewatch.model import Block, BlockKind, Fault, Reading, Text
from tests.support.scenario import Vendor, World, day, policy


@pytest.fixture
def new_normaliser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next revision of ours: it reads a paragraph more, one that names the month of the last capture. Patched,
    since there is one normaliser at a time."""
    read = differ.read

    def read_more(body: bytes, **named: object) -> Reading:
        reading = read(body, **named)  # type: ignore[arg-type]  # passed through
        more = [Block(BlockKind.PARAGRAPH, "We share your data with Quillmetrics, an analytics company.")]
        blocks = (*reading.text.blocks, *(more if b'content="b"' in body else []))
        return replace(reading, text=replace(reading.text, blocks=blocks, normaliser=differ.REVISION))

    monkeypatch.setattr(differ, "REVISION", differ.REVISION + 1)
    monkeypatch.setattr(differ, "read", read_more)


def watched_for_long(world: World) -> Vendor:
    """Two versions, told of; the first of two bodies that the next normaliser will tell apart."""
    world.subscribes()
    vendor = world.vendor()
    for number, page in enumerate(
        (policy(), policy(), policy(nonce="b"), policy(nonce="b"), policy(months=24), policy(months=24))
    ):
        vendor.publishes(page, at=day(number))
    world.settles()
    assert vendor.states == ["confirmed told"]
    assert len(world.outbox) == 1
    return vendor


def test_a_new_normaliser_marks_its_own_doing_and_tells_nobody(
    archive: Archive, world: World, request: pytest.FixtureRequest
) -> None:
    vendor = watched_for_long(world)
    request.getfixturevalue("new_normaliser")
    vendor.publishes(policy(months=24), at=day(8))
    (settled,) = world.settles()
    assert (settled.read, settled.told, settled.notices) == (3, (), 0)
    assert vendor.states == ["upgrade", "confirmed told"]
    assert len(world.outbox) == 1


def test_what_was_our_doing_stays_so(world: World, request: pytest.FixtureRequest) -> None:
    vendor = watched_for_long(world)
    request.getfixturevalue("new_normaliser")
    for number in range(3):
        vendor.publishes(policy(months=24, nonce=f"{number}"), at=day(8 + number))
        world.settles()
    assert vendor.states == ["upgrade", "confirmed told"]
    assert len(world.outbox) == 1


def test_a_new_normaliser_stopped_half_way_tells_nobody_either(
    world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = watched_for_long(world)
    request.getfixturevalue("new_normaliser")
    vendor.publishes(policy(months=24), at=day(8))
    with monkeypatch.context() as patched:  # patched: a kill after all was read anew
        patched.setattr(settling, "_compare_steps", _stopped)
        with pytest.raises(KeyboardInterrupt):
            world.settles()
    world.settles()
    assert vendor.states == ["upgrade", "confirmed told"]
    assert len(world.outbox) == 1


def test_what_is_new_with_a_new_normaliser_is_told(world: World, request: pytest.FixtureRequest) -> None:
    vendor = watched_for_long(world)
    request.getfixturevalue("new_normaliser")
    vendor.publishes(policy(months=36), at=day(8))
    vendor.publishes(policy(months=36), at=day(9))
    (settled,) = world.settles()
    assert settled.notices == 1
    assert vendor.states == ["upgrade", "confirmed told", "confirmed told"]
    assert len(world.outbox) == 2


def test_what_was_held_is_told_though_a_new_normaliser_confirms_it(
    world: World, request: pytest.FixtureRequest
) -> None:
    vendor = watched_for_long(world)
    vendor.publishes(policy(months=36), at=day(8))
    world.settles()
    assert vendor.states[-1] == "held"
    request.getfixturevalue("new_normaliser")
    vendor.publishes(policy(months=36), at=day(9))
    (settled,) = world.settles()
    assert settled.notices == 1
    assert len(world.outbox) == 2


def test_pages_that_only_a_new_normaliser_can_read_tell_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.subscribes()
    vendor = world.vendor()
    with monkeypatch.context() as patched:  # an older normaliser that could read none of it
        patched.setattr(differ, "REVISION", 0)
        patched.setattr(differ, "read", _unread)
        for number, page in enumerate((policy(), policy(nonce="b"), policy(months=24), policy(months=24))):
            vendor.publishes(page, at=day(number))
        world.settles()
    assert vendor.versions == []
    vendor.publishes(policy(months=24, nonce="c"), at=day(8))
    world.settles()
    assert vendor.states == ["confirmed told"]
    assert world.outbox == []


def _unread(_: bytes, **__: object) -> Reading:
    return Reading(Text((), normaliser=0), Fault.UNREADABLE, "not yet", 0.0)


def _stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
