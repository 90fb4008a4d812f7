from __future__ import annotations

import pytest

from archive.comparisons import list_comparisons, mark_told
from archive.texts import store_text
from archive.versions import (
    Run,
    get_version,
    list_versions,
    replace_timeline,
    text_of,
    unsettled_snapshots,
    version_at,
    versions_of_snapshots,
)
from clausewatch.errors import NotFound
from clausewatch.model import Block, BlockKind, Fault, Text
from tests.support.scenario import BOT_WALL, Vendor, World, day, policy


@pytest.fixture
def vendor(world: World) -> Vendor:
    return world.vendor()


def text_id(vendor: Vendor, content: str) -> str:
    with vendor.archive.write() as connection:
        return store_text(connection, Text((Block(BlockKind.PARAGRAPH, content),), language="en", normaliser=1))


def run(vendor: Vendor, name: str, *snapshots: str, first: int, last: int) -> Run:
    return Run(
        id=f"version {name}", ordinal=0, text=text_id(vendor, name), first_at=day(first), last_at=day(last),
        snapshots=snapshots,
    )  # fmt: skip


def replaced(vendor: Vendor, *runs: Run, faults: dict[str, tuple[Fault, str]] | None = None) -> list[str]:
    with vendor.archive.write() as connection:
        replace_timeline(connection, vendor.document, runs, faults=faults or {})
    return [version.id for version in vendor.versions]


def test_a_timeline_is_replaced_as_a_whole(vendor: Vendor) -> None:
    one, two = vendor.publishes("a", at=day(1)), vendor.publishes("b", at=day(2))
    a, b = run(vendor, "a", one, first=1, last=1), run(vendor, "b", two, first=2, last=2)
    assert replaced(vendor, a, b) == [a.id, b.id]
    joined = run(vendor, "a", one, two, first=1, last=2)
    assert replaced(vendor, joined) == [a.id]
    (version,) = vendor.versions
    assert (version.first_at, version.last_at, version.snapshots, version.words) == (day(1), day(2), 2, 1)


def test_snapshots_belong_to_their_version_or_are_faulty(vendor: Vendor) -> None:
    one, two = vendor.publishes("a", at=day(1)), vendor.publishes("b", at=day(2))
    replaced(vendor, run(vendor, "a", one, first=1, last=1), faults={two: (Fault.LOGIN, "a form")})
    first, second = vendor.snapshots
    assert (first.version, first.fault) == ("version a", None)
    assert (second.version, second.fault, second.fault_reason) == (None, Fault.LOGIN, "a form")
    with vendor.archive.read() as connection:
        assert versions_of_snapshots(connection, vendor.document) == {one: "version a"}
    replaced(vendor, run(vendor, "a", one, two, first=1, last=2))
    assert [(each.version, each.fault) for each in vendor.snapshots] == [("version a", None)] * 2


def test_a_snapshot_in_two_versions_belongs_to_the_first(vendor: Vendor) -> None:
    one, two = vendor.publishes("a", at=day(1)), vendor.publishes("b", at=day(2))
    again = Run("version a again", 1, text_id(vendor, "a"), day(3), day(3), (one,))
    replaced(vendor, run(vendor, "a", one, first=1, last=1), run(vendor, "b", two, first=2, last=2), again)
    assert [each.version for each in vendor.snapshots] == ["version a", "version b"]


def test_a_version_that_goes_takes_its_comparisons_along(vendor: Vendor, world: World) -> None:
    for number, months in enumerate((18, 24, 30)):
        vendor.publishes(policy(months=months), at=day(number))
    world.settles()
    first, second, third = vendor.versions
    kept = [Run(v.id, 0, text_id(vendor, "x"), v.first_at, v.last_at, ()) for v in (first, third)]
    replaced(vendor, *kept)
    assert vendor.comparisons == []
    with vendor.archive.read() as connection, pytest.raises(NotFound):
        get_version(connection, second.id)


def test_a_version_that_was_told_of_stays_when_it_leaves_the_timeline(vendor: Vendor, world: World) -> None:
    for number, months in enumerate((18, 24)):
        vendor.publishes(policy(months=months), at=day(number))
    world.settles()
    first, second = vendor.versions
    (comparison,) = vendor.comparisons
    with vendor.archive.write() as connection:
        mark_told(connection, comparison.id, at=day(9))
    replaced(vendor, Run(first.id, 0, text_id(vendor, "x"), first.first_at, first.last_at, ()))
    assert [version.id for version in vendor.versions] == [first.id]
    with vendor.archive.read() as connection:
        assert list_comparisons(connection) == []
        assert get_version(connection, second.id).snapshots == 0
        assert text_of(connection, second.id).sha256 == second.sha256


def test_the_version_in_force_is_the_last_first_seen_by_then(vendor: Vendor) -> None:
    a = run(vendor, "a", vendor.publishes("a", at=day(1)), first=1, last=3)
    b = run(vendor, "b", vendor.publishes("b", at=day(6)), first=6, last=9)
    replaced(vendor, a, b)
    with vendor.archive.read() as connection:
        for at, expected in ((day(1), a), (day(5), a), (day(6), b), (day(99), b), (None, b)):
            assert version_at(connection, vendor.document, at).id == expected.id
        with pytest.raises(NotFound, match=r"no version at 2025-01-01; see clausewatch versions harbor-kites/"):
            version_at(connection, vendor.document, day(0))


def test_bounds_give_the_versions_in_force_between(vendor: Vendor) -> None:
    runs = [
        run(vendor, name, vendor.publishes(name, at=day(at)), first=at, last=at + 2)
        for name, at in (("a", 1), ("b", 5), ("c", 9))
    ]
    replaced(vendor, *runs)
    with vendor.archive.read() as connection:
        found = list_versions(connection, vendor.document, since=day(3), until=day(5))
    assert [version.id for version in found] == ["version a", "version b"]


def test_what_was_not_decided_yet_is_what_is_new_or_held(vendor: Vendor, world: World) -> None:
    vendor.publishes(policy(), at=day(1))
    vendor.publishes(policy(), at=day(2))
    vendor.publishes(BOT_WALL, at=day(3), status=403)
    held = vendor.publishes(policy(months=24), at=day(4))
    world.settles()
    new = vendor.publishes(policy(months=30), at=day(5))
    with vendor.archive.read() as connection:
        assert unsettled_snapshots(connection, vendor.document) == {held, new}


def test_an_unknown_version_is_said_by_its_id(vendor: Vendor) -> None:
    with vendor.archive.read() as connection:
        with pytest.raises(NotFound, match=r"^nothing: no such version"):
            get_version(connection, "nothing")
        with pytest.raises(NotFound, match=r"^nothing: no such version"):
            text_of(connection, "nothing")
