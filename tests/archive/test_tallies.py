from __future__ import annotations

from archive.tallies import Tally, tallies
from tests.support.scenario import BOT_WALL, World, day, policy


def test_versions_and_faults_are_counted_for_every_document(world: World) -> None:
    kites, looms, new = world.vendor("Harbor Kites"), world.vendor("Tidewater Looms"), world.vendor("New")
    kites.publishes(policy(months=6), at=day(0))
    kites.publishes(policy(months=12), at=day(1))
    kites.publishes(BOT_WALL, at=day(2))
    kites.publishes(policy(months=12, nonce="later"), at=day(3))
    looms.publishes(policy(), at=day(4))
    world.settles()
    with world.archive.read() as connection:
        assert tallies(connection) == {
            kites.document.id: Tally(versions=2, faults=1, first_at=day(0), last_at=day(3)),
            looms.document.id: Tally(versions=1, faults=0, first_at=day(4), last_at=day(4)),
            new.document.id: Tally(),
        }
        assert list(tallies(connection, "tidewater-looms")) == [looms.document.id]


def test_a_version_that_left_the_timeline_is_not_counted(world: World) -> None:
    kites = world.vendor()
    for number, months in enumerate((6, 6, 12, 12)):
        kites.publishes(policy(months=months), at=day(number))
    world.subscribes()
    world.settles()
    kites.was_looked_at(policy(months=6), at=day(2.5), until=day(2.6))
    world.settles()
    with world.archive.read() as connection:
        assert tallies(connection)[kites.document.id].versions == len(kites.versions)
