from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import CommandLine
from tests.support.scenario import World, archive_of, day, german_policy, policy


@pytest.fixture
def doubted(run: CommandLine) -> CommandLine:
    """A policy that was found in another language, twice."""
    with archive_of(Path(run.home)) as archive:
        world = World(archive)
        vendor = world.vendor()
        for number, page in enumerate((policy(), policy(), german_policy(), german_policy())):
            vendor.publishes(page, at=day(number / 2))
        world.settles()
    return run


def test_a_document_in_doubt_is_named_with_why_and_what_shows_both_texts(doubted: CommandLine) -> None:
    first, why, command = doubted.succeeds("doctor").out.splitlines()
    assert first == "harbor-kites/privacy-policy: other-language since 2025-01-02T12:00:00Z, 2 looks in a row"
    assert why.strip().startswith("in de, before in en; believed once ")
    shown = doubted.succeeds(*command.split()[1:]).out
    assert "18 Monate" in shown
    assert "18 months" in shown


def test_the_rows_say_the_same(doubted: CommandLine) -> None:
    (row,) = doubted.succeeds("doctor", "--json").rows
    assert (row["vendor"], row["document"], row["fault"]) == ("harbor-kites", "privacy-policy", "other-language")
    assert (row["looks"], row["flagged"], row["since_at"]) == (2, True, "2025-01-02T12:00:00Z")
    assert row["command"] == f"clausewatch diff {row['before']} {row['snapshot']}"


def test_one_snapshot_can_be_shown(doubted: CommandLine) -> None:
    (row,) = doubted.succeeds("doctor", "--json").rows
    assert "Datenschutz" in doubted.succeeds("show", row["snapshot"]).out
    assert (
        doubted("show", "0123456789abcdef").failure == "0123456789abcdef: no such snapshot; see clausewatch snapshots"
    )


def test_where_all_is_well_that_is_said(kites: CommandLine) -> None:
    done = kites.succeeds("doctor")
    assert (done.out, done.err) == ("", "every document was found when it was last looked at\n")
    assert kites.succeeds("doctor", "--json").out == ""


def test_what_was_learned_is_told_with_why(kites: CommandLine) -> None:
    err = kites.succeeds("show", "harbor-kites/privacy-policy", "--why").err
    assert "snapshots that were not the document: 1 bot-wall" in err
    assert "since 2025-01-11: confirmed: it was found more than once" in err
