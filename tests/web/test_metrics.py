"""What a monitor gets over HTTP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from archive import open_archive
from archive.clock import SharedClock
from archive.leases import take_lease
from clausewatch.clock import utc_now
from clausewatch.jobs.leadership import LEASE
from clausewatch.settings import Settings
from tests.support import postgres
from tests.web.scenario import NOW, Scenario, looms


def test_metrics_come_in_the_form_of_prometheus(archive_of_looms: Scenario) -> None:
    answer = archive_of_looms.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "\nclausewatch_documents 1.0\n" in answer.text
    assert "\n# TYPE clausewatch_documents gauge\n" in answer.text


def test_it_is_well_where_database_and_bodies_can_be_reached(scenario: Scenario) -> None:
    assert scenario.get("/healthz").json() == {"status": "ok", "schedule": "idle", "clock": "right"}
    looms(scenario)
    with scenario.archive.write() as connection:
        take_lease(connection, LEASE, holder="somebody", now=NOW, seconds=60)
    assert scenario.get("/healthz").json() == {"status": "ok", "schedule": "led", "clock": "right"}


def test_it_is_not_well_where_bodies_are_out_of_reach(scenario: Scenario) -> None:
    looms(scenario)
    scenario.archive.blobs.folder.rename(scenario.settings.home / "not-mounted")
    assert scenario.get("/healthz").status_code == 503
    (scenario.settings.home / "not-mounted").rename(scenario.archive.blobs.folder)
    assert scenario.get("/healthz").status_code == 200


@pytest.mark.once
def test_a_machine_whose_clock_is_wrong_says_so(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=postgres.database_of(tmp_path))
    with open_archive(settings) as archive:
        archive.clock = SharedClock(archive.engine, own=lambda: utc_now() + timedelta(hours=3))
        scenario = Scenario(archive, settings)
        assert scenario.get("/healthz").json() == {"status": "ok", "schedule": "idle", "clock": "wrong"}
        said = scenario.get("/metrics").text.splitlines()
    (line,) = [line for line in said if line.startswith("clausewatch_clock_ahead_seconds ")]
    assert 10_740 < float(line.split()[1]) < 10_860
