from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.limits import close
from archive.watches import record_failure
from clausewatch.jobs.watching import add_address
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


@pytest.fixture
def failing(doubted: CommandLine) -> CommandLine:
    """Beside it a page whose host is gone, and one that robots.txt has closed for long."""
    with archive_of(Path(doubted.home)) as archive:
        world = World(archive)
        gone, closed = world.vendor("Albatross Kites"), world.vendor("Zephyr Kites")
        gone.publishes(policy(), at=day(0))
        world.settles()
        with archive.write() as connection:
            now = datetime.now(UTC)
            record_failure(connection, gone.document, at=now, kind="dns", status=None, reason="no such host")
            for number in (0, 1, 2):
                record_failure(
                    connection, closed.document, at=day(-9 + number), kind="robots", status=None, reason="disallowed"
                )
    return doubted


def test_what_fails_is_named_too_with_what_to_do_and_the_worst_comes_first(failing: CommandLine) -> None:
    lines = failing.succeeds("doctor").out.splitlines()
    assert [line.partition(":")[0] for line in lines if not line.startswith(" ")] == [
        "zephyr-kites/privacy-policy", "harbor-kites/privacy-policy", "albatross-kites/privacy-policy",
    ]  # fmt: skip
    assert lines[0] == "zephyr-kites/privacy-policy: robots since 2024-12-23T12:00:00Z, 3 looks in a row"
    assert lines[1] == "  disallowed"
    assert lines[2].endswith("clausewatch backfill zephyr-kites/privacy-policy")
    assert lines[-1].endswith("clausewatch add ADDRESS --vendor albatross-kites --slug privacy-policy")


def test_rows_of_what_fails_have_what_the_others_have(failing: CommandLine) -> None:
    first, second, third = failing.succeeds("doctor", "--json").rows
    assert set(first) == set(second) == set(third)
    assert not any(row["held"] for row in (first, second, third))
    assert (first["failure"], first["fault"], first["looks"], first["lasting"]) == ("robots", None, 3, True)
    assert (second["failure"], second["fault"], second["lasting"]) == (None, "other-language", True)
    assert (third["failure"], third["looks"], third["flagged"], third["lasting"]) == ("dns", 1, False, False)
    assert third["last_good_at"] == "2025-01-01T12:00:00Z"


def test_what_is_another_at_every_look_is_named_too(doubted: CommandLine) -> None:
    with archive_of(Path(doubted.home)) as archive:
        world = World(archive)
        vendor = world.vendor("Restless Kites")
        for number in range(8):
            words = " ".join(f"word{each}of{number}" for each in range(60))
            vendor.publishes(policy(extra=words), at=day(number / 2))
        world.settles()
    _, row = doubted.succeeds("doctor", "--json").rows
    assert (row["vendor"], row["held"], row["flagged"], row["looks"]) == ("restless-kites", True, True, 7)
    lines = doubted.succeeds("doctor", "restless-kites").out.splitlines()
    assert lines[0] == "restless-kites/privacy-policy: held since 2025-01-02T00:00:00Z, 7 looks in a row"
    assert lines[2] == f"  clausewatch diff {row['before']} {row['snapshot']}"


def test_documents_say_how_often_they_failed_and_when_they_were_seen_last(failing: CommandLine) -> None:
    rows = {
        row["vendor"]: (row["failures"], row["last_good_at"]) for row in failing.succeeds("documents", "--json").rows
    }
    assert rows == {
        "albatross-kites": (1, "2025-01-01T12:00:00Z"),
        "harbor-kites": (0, "2025-01-02T00:00:00Z"),
        "zephyr-kites": (3, None),
    }


def test_one_snapshot_can_be_shown(doubted: CommandLine) -> None:
    (row,) = doubted.succeeds("doctor", "--json").rows
    assert "Datenschutz" in doubted.succeeds("show", row["snapshot"]).out
    assert (
        doubted("show", "0123456789abcdef").failure == "0123456789abcdef: no such snapshot; see clausewatch snapshots"
    )


def test_where_all_is_well_that_is_said(kites: CommandLine) -> None:
    kites.succeeds("deliver")
    done = kites.succeeds("doctor")
    assert done.out == ""
    assert done.err.splitlines() == [
        "every document was seen when it was last looked at",
        "nobody is told of what stops being seen: set CLAUSEWATCH_OPERATOR",
    ]
    assert kites.succeeds("doctor", "--json").out == ""


def test_what_was_learned_is_told_with_why(kites: CommandLine) -> None:
    err = kites.succeeds("show", "harbor-kites/privacy-policy", "--why").err
    assert "snapshots that were not the document: 1 bot-wall" in err
    assert "since 2025-01-11: confirmed: it was found more than once" in err


def test_what_stands_still_is_named_with_what_to_do(run: CommandLine) -> None:
    with archive_of(Path(run.home)) as archive:
        add_address(archive, "https://kites.example/privacy", now=day(0))
        with archive.write() as connection:
            close(connection, "wayback", asked_seconds=600, now=datetime.now(UTC))
    lines = run.succeeds("doctor").out.splitlines()
    assert lines[0] == "schedule: 1 document is due and not looked at, since 2025-01-01T12:00:00Z"
    assert "start clausewatch serve or worker" in lines[1]
    assert lines[2].startswith("wayback: it asked for a pause, until ")
    assert [row["subject"] for row in run.succeeds("doctor", "--json").rows] == ["schedule", "wayback"]
    first, *_ = run.succeeds("doctor", "kites").out.splitlines()
    assert first == "kites/privacy-policy: not-looked-at since 2025-01-01T12:00:00Z"
