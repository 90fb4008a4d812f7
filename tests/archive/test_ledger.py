"""What versions state, from when to when."""

import pytest

from archive.ledger import Entry, documents_naming, list_entries
from tests.support.scenario import Vendor, World, day, policy


@pytest.fixture
def vendor(world: World) -> Vendor:
    return world.vendor()


def entries(world: World, kind: str, value: str | None = None, vendor: str | None = None) -> list[Entry]:
    with world.archive.read() as connection:
        return list_entries(connection, vendor, kind=kind, value=value)


def spans(found: list[Entry]) -> list[tuple[str, int, int, bool]]:
    """Value, first and last day of the story, and whether it holds still."""
    return [(e.value, (e.first_at - day(0)).days, (e.last_at - day(0)).days, e.is_current) for e in found]


def test_versions_that_follow_each_other_and_state_the_same_are_one_entry(world: World, vendor: Vendor) -> None:
    pages = (policy(recipient="Stripe"), policy(recipient="Stripe", months=24), policy(months=24))
    for number, page in enumerate(pages):
        vendor.was_archived(page, at=day(number))
    world.settles()
    assert spans(entries(world, "recipient")) == [("Stripe", 0, 1, False)]
    assert spans(entries(world, "retention")) == [("18 months", 0, 0, False), ("24 months", 1, 2, True)]


def test_a_recipient_that_went_and_came_again_has_two_entries(world: World, vendor: Vendor) -> None:
    pages = (policy(recipient="Stripe"), policy(), policy(recipient="Stripe", months=24))
    for number, page in enumerate(pages):
        vendor.was_archived(page, at=day(number))
    world.settles()
    assert spans(entries(world, "recipient")) == [("Stripe", 0, 0, False), ("Stripe", 2, 2, True)]


def test_an_entry_has_the_names_and_the_words_of_its_newest_version(world: World, vendor: Vendor) -> None:
    for number, name in enumerate(("Facebook", "Meta Platforms")):
        vendor.was_archived(policy(recipient=name), at=day(number))
    world.settles()
    (entry,) = entries(world, "recipient", "meta")
    assert (entry.value, entry.subjects) == ("Meta", ("Meta Platforms",))
    assert "Meta Platforms" in entry.quote


def test_a_vendor_or_one_of_its_documents_may_be_asked_for(world: World, vendor: Vendor) -> None:
    other = world.vendor("Fennel Lamps", url="https://fennel.example/privacy")
    for each in (vendor, other):
        each.was_archived(policy(recipient="Stripe"), at=day(0))
    world.settles()
    assert [entry.vendor for entry in entries(world, "recipient")] == ["fennel-lamps", "harbor-kites"]
    assert [entry.vendor for entry in entries(world, "recipient", vendor="Harbor Kites")] == ["harbor-kites"]
    assert len(entries(world, "recipient", vendor="harbor-kites/privacy-policy")) == 1
    assert entries(world, "recipient", vendor="harbor-kites/cookies") == []


@pytest.mark.parametrize("many", [1, 100])
def test_documents_that_name_a_company_are_found_a_page_at_a_time(
    world: World, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.ledger.MANY", many)  # hundreds would take long to store
    for number in range(5):
        world.vendor(f"Kites {number}").was_archived(policy(recipient="Stripe" if number != 2 else ""), at=day(1))
    world.settles()
    paged: list[str] = []
    with world.archive.read() as connection:
        for _ in range(3):
            vendor, _, document = (paged or ["/"])[-1].partition("/")
            paged += documents_naming(
                connection, "Stripe", after=(vendor, document) if paged else None, limit=2
            ).values()
    assert paged == [f"kites-{number}/privacy-policy" for number in (0, 1, 3, 4)]
