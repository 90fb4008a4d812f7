"""What a monitor is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from archive import Archive
from archive.leases import take_lease
from archive.watches import record_failure
from clausewatch.jobs.metrics import metrics_of
from clausewatch.jobs.watching import add_address
from tests.support.scenario import BOT_WALL, NOW, World, archive_of, day, policy


def told(archive: Archive) -> dict[str, float]:
    """What the monitor reads, by name and label."""
    families = text_string_to_metric_families(metrics_of(archive, now=NOW).decode())
    return {
        " ".join([sample.name.removeprefix("clausewatch_"), *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }


def test_an_empty_archive_has_numbers_too(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        numbers = told(archive)
    assert abs(numbers.pop("clock_ahead_seconds")) < 1  # a server of its own tells it after a moment
    assert set(numbers.values()) == {0}
    assert {"documents", "documents_due", "documents_unseen", "crawl_lag_seconds", "schedule_led"} <= set(numbers)


def test_a_monitor_reads_what_is_due_late_failing_and_waiting(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive:
        world = World(archive)
        world.subscribes()
        kites, looms = world.vendor(), world.vendor("Looms")
        for number, months in enumerate((18, 18, 24, 24)):
            kites.publishes(policy(months=months), at=day(number))
        looms.publishes(policy(), at=day(0))
        for number in (1, 2):
            looms.publishes(BOT_WALL.replace("browser", f"browser {number}"), at=day(number))
        world.settles(now=day(4))
        late = add_address(archive, "https://late.example/terms", now=NOW - timedelta(hours=2))
        with archive.write() as connection:
            for number in (0, 1):
                record_failure(connection, late, at=day(number), kind="dns", status=None, reason="no such host")
            take_lease(connection, "schedule", holder="ada", now=NOW, seconds=20)
        numbers = told(archive)
    assert numbers["vendors"] == 3
    assert numbers["documents"] == 3
    assert numbers["documents_watched"] == 1
    assert numbers["documents_due"] == 1
    assert numbers["crawl_lag_seconds"] == 7200
    assert numbers["documents_failing dns"] == 1
    assert numbers["documents_failing bot-wall"] == 1
    assert numbers["documents_unseen"] == 2  # by failures, and by pages that are not the document
    assert numbers["notices due"] == 1
    assert numbers["outbox_lag_seconds"] > 0
    assert numbers["schedule_led"] == 1
    assert numbers["last_good_look_timestamp_seconds"] == day(3).timestamp()
