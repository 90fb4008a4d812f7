from __future__ import annotations

import pytest

from clausewatch.jobs.doubts import doubtful_documents, lessons_of, restless_documents
from clausewatch.jobs.watching import add_address
from clausewatch.model import Fault
from tests.support.scenario import BOT_WALL, NOW, URL, Vendor, World, day, german_policy, policy


@pytest.fixture
def vendor(world: World) -> Vendor:
    return world.vendor()


def learned(vendor: Vendor) -> str:
    """What was learned that bears on the newest version."""
    return "\n".join(lessons_of(vendor.archive, vendor.document.name, vendor.versions[-1].id))


def test_a_document_that_is_there_is_not_doubted(vendor: Vendor, world: World) -> None:
    for number, page in enumerate((policy(), BOT_WALL, policy(nonce="b"))):
        vendor.publishes(page, at=day(number))
    world.settles()
    assert doubtful_documents(world.archive) == []


def test_what_is_doubted_now_is_told_with_what_shows_both_texts(vendor: Vendor, world: World) -> None:
    before = vendor.publishes(policy(), at=day(0))
    doubted = vendor.publishes(german_policy(), at=day(1))
    world.settles()
    (found,) = doubtful_documents(world.archive)
    assert (found.doubt.fault, found.doubt.looks, found.doubt.is_flagged) == (Fault.OTHER_LANGUAGE, 1, False)
    assert found.command == f"clausewatch diff {before} {doubted}"
    vendor.publishes(german_policy(), at=day(1.5))
    world.settles()
    (found,) = doubtful_documents(world.archive, vendor.document.name)
    assert (found.doubt.since_at, found.doubt.looks, found.doubt.is_flagged) == (day(1), 2, True)


def test_those_missing_more_than_once_come_first(vendor: Vendor, world: World) -> None:
    other = world.vendor("Gullwing", url="https://gullwing.example/p")
    for each, looks in ((other, 1), (vendor, 2)):
        for number in range(looks):
            each.publishes(BOT_WALL, at=day(number))
    world.settles()
    found = doubtful_documents(world.archive)
    assert [each.document.vendor for each in found] == ["harbor-kites", "gullwing"]
    assert found[0].command.startswith("clausewatch show ")


def test_another_language_that_lasts_is_believed_and_told(vendor: Vendor, world: World) -> None:
    world.subscribes()
    vendor.publishes(policy(), at=day(0))
    vendor.publishes(policy(), at=day(0.5))
    for number in range(2, 6):
        vendor.publishes(german_policy(), at=day(number / 2))
        world.settles()
    assert doubtful_documents(world.archive) == []
    assert [version.first_at for version in vendor.versions] == [day(0), day(1)]
    assert vendor.states == ["confirmed told"]


def test_why_a_version_is_as_it_is_can_be_read(vendor: Vendor, world: World) -> None:
    pages = (policy(), policy(), policy(months=24), policy(months=24), BOT_WALL, policy(nonce="again"))
    for number, page in enumerate(pages):
        vendor.publishes(page, at=day(number))
    world.settles()
    lines = learned(vendor)
    assert "snapshots that were not the document: 1 bot-wall" in lines
    assert "2 variants were found at this address; this one was found first on 2025-01-01, 2 times by then" in lines
    assert "since 2025-01-03: unstable: the text was there before, once" in lines


def test_places_that_rotate_are_told(vendor: Vendor, world: World) -> None:
    for number, word in enumerate(("Kites", "Lines", "Reels", "Tails", "Bags", "Spars")):
        slot = f"</p><p>Look at our {word.lower()} today: {word} for every wind." + "</p><p>"
        vendor.publishes(policy(extra=slot), at=day(number / 2))
    world.settles()
    assert len(vendor.versions) == 1
    assert "one place shows something else at every other look; what stands there makes no version" in learned(vendor)


def test_selectors_given_later_overrule_and_tell_nobody(vendor: Vendor, world: World) -> None:
    world.subscribes()
    for number, page in enumerate((policy(), policy(), policy(months=24), policy(months=24))):
        vendor.publishes(page, at=day(number))
    world.settles()
    words = vendor.versions[-1].words
    add_address(world.archive, URL, vendor="Harbor Kites", type="Privacy Policy", exclude="h2", now=NOW)
    world.settles()
    assert vendor.versions[-1].words < words
    assert len(world.outbox) == 1
    assert "you gave --exclude 'h2'" in learned(vendor)
    add_address(world.archive, URL, vendor="Harbor Kites", type="Privacy Policy", exclude="", now=NOW)
    world.settles()
    assert vendor.versions[-1].words == words
    assert len(world.outbox) == 1
    assert "--exclude" not in learned(vendor)


@pytest.mark.parametrize("is_long", [False, True], ids=["in a short paragraph", "in a long one"])
def test_a_change_beside_words_that_rotate_is_told_once_within_two_days(
    vendor: Vendor, world: World, is_long: bool
) -> None:
    world.subscribes()
    told = []
    for number in range(16):
        page = policy(months=18 if number < 6 else 24, nonce=str(number))
        words = f" {'This page is read by many who like to fly. ' * 5 * is_long}"
        page = page.replace("placed by you.", f"placed by you.{words}You are visitor {number * 7919} of this page.")
        vendor.publishes(page, at=day(number / 2))
        told += [number for settled in world.settles(now=day(number / 2)) for _ in settled.told]
    assert len(told) == 1
    assert 6 <= told[0] <= 6 + 4
    assert len(vendor.versions) == 2


def publish_restless(vendor: Vendor, *, looks: int) -> list[str]:
    """A page that is still for two looks; after that half of a paragraph is another at each of so many looks."""
    ids = [vendor.publishes(policy(), at=day(0)), vendor.publishes(policy(nonce="b"), at=day(0.5))]
    for number in range(looks):
        extra = " ".join(f"word{each}of{number}" for each in range(60))
        ids.append(vendor.publishes(policy(extra=extra), at=day(1 + number / 2)))
    return ids


def test_a_document_that_is_another_at_every_look_is_put_before_a_person(vendor: Vendor, world: World) -> None:
    *_, before, first, _, _, _, _, _, newest = publish_restless(vendor, looks=7)
    world.settles()
    (found,) = restless_documents(world.archive)
    assert (found.held.since_at, found.held.until_at, found.held.looks) == (day(1), day(4), 7)
    assert found.command == f"clausewatch diff {before} {newest}"
    assert first != newest


def test_one_that_may_settle_yet_is_not(vendor: Vendor, world: World) -> None:
    publish_restless(vendor, looks=6)
    world.settles()
    assert restless_documents(world.archive) == []
    for number in (10, 11):
        vendor.publishes(policy(months=24), at=day(number))
    world.settles()
    assert restless_documents(world.archive) == []
