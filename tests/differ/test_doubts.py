"""Doubtful states by stories: each word is looks at one state, twelve hours apart; ``E`` is the document, ``G`` another
language, ``O`` something else of half its size, ``S`` a shell with hardly a word, ``!`` a wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clausewatch.model import Fault, Look
from differ.doubts import Doubt, doubts_of, signals_to_json
from differ.faults import Signals

START = datetime(2025, 1, 1, tzinfo=UTC)
INTERVAL = timedelta(hours=12)
SIGNALS = {
    "E": Signals(1000, 0.1, "en", (1, 2, 3)), "G": Signals(950, 0.1, "de", (7, 8, 9)),
    "S": Signals(12, 0.1, "en", (41, 42, 43)), "O": Signals(400, 0.1, "en", (21, 22, 23)),
    "!": Signals(9, 0.0, "en", (31,)),
}  # fmt: skip


def looks(story: str) -> list[Look]:
    found, at = [], START
    for number, word in enumerate(story.split()):
        letter, sightings = word[0], int(word[1:] or 1)
        is_wall = letter == "!"
        found.append(
            Look(
                snapshot=f"{number}", captured_at=at, seen_at=at + (sightings - 1) * INTERVAL, sightings=sightings,
                is_live=True, is_upgrade=False, text=letter, key=letter, fault=Fault.BOT_WALL if is_wall else None,
                fault_reason="a wall" if is_wall else None, signals=signals_to_json(SIGNALS[letter]),
            )
        )  # fmt: skip
        at += sightings * INTERVAL
    return found


def verdicts(story: str) -> str:
    """A letter a word: a dot for the document, else the first letter of the fault."""
    told = looks(story)
    found = doubts_of(told).faults
    return "".join(found[look.snapshot][0].value[0] if look.snapshot in found else "." for look in told)


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("E3 G E3", ".o."),
        ("E3 G3 E3", ".o."),
        ("E3 O3 E", ".o."),
        ("E3 !9 E", ".b."),
        ("E3 S20", ".o"),
        ("E3 G2 ! G", ".obo"),
    ],
    ids=[
        "once",
        "for a day",
        "another document for a day",
        "a wall, however long",
        "a shell, however long",
        "with a wall between",
    ],
)
def test_what_does_not_last_is_a_fault(story: str, expected: str) -> None:
    assert verdicts(story) == expected


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("E3 G4", ".."),
        ("E3 G G G G", "....."),
        ("E3 O4", ".."),
        ("E3 G2 ! G2", "..b."),
    ],
    ids=["in one snapshot", "in four", "another document", "with a wall between"],
)
def test_what_lasts_is_believed_from_its_first_look_on(story: str, expected: str) -> None:
    assert verdicts(story) == expected


def test_two_looks_short_of_two_days_are_not_enough() -> None:
    """Looks that are repeated soon are no proof of lasting."""
    (first, second) = looks("E3 G9")
    soon = first.seen_at + INTERVAL + timedelta(hours=2)
    hasty = [first, Look(**{name: getattr(second, name) for name in Look.__slots__} | {"seen_at": soon})]
    assert doubts_of(hasty).faults.keys() == {"1"}


def test_after_another_language_lasted_the_first_one_is_the_stray() -> None:
    assert verdicts("E3 G4 E G4") == "..o."


def test_a_language_that_alternates_is_a_variant() -> None:
    assert verdicts("E2 G2 E2 G2 E2 G E G") == "........"


def test_brief_strays_of_language_are_faults_however_many() -> None:
    assert verdicts("E20 G E20 G E20 G E20 G E20") == ".o.o.o.o."


def test_looks_without_the_document_are_told_with_what_was_before() -> None:
    found = doubts_of(looks("E3 ! G2")).now
    assert found == Doubt(
        fault=Fault.OTHER_LANGUAGE, reason="in de, before in en; believed once 4 looks over 36 hours find it",
        since_at=START + 3 * INTERVAL, until_at=START + 5 * INTERVAL, looks=3, snapshot="2", before="0",
    )  # fmt: skip
    assert found.is_flagged


@pytest.mark.parametrize(("story", "is_flagged"), [("E !", False), ("E ! !", True), ("E !2", True), ("!2", True)])
def test_a_second_fault_in_a_row_raises_the_flag(story: str, is_flagged: bool) -> None:
    found = doubts_of(looks(story)).now
    assert found is not None
    assert found.is_flagged is is_flagged


@pytest.mark.parametrize("story", ["", "E", "E ! E", "E G4"])
def test_where_the_document_stands_nothing_is_in_doubt(story: str) -> None:
    assert doubts_of(looks(story)).now is None
