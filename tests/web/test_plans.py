"""What pages ask of the database is found by an index: nothing is walked through that grows with the whole archive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from archive.comparisons import list_comparisons
from tests.web.scenario import Scenario

pytestmark = pytest.mark.sqlite  # PostgreSQL's plans go by how much there is: by next to nothing here
PAGES = [
    "/", "/vendors", "/vendors?after=a/b", "/vendors/tidewater-looms", "/documents/tidewater-looms/privacy-policy",
    "/versions/{version}", "/comparisons/{comparison}", "/vendors/tidewater-looms/ledger", "/companies?names=Stripe",
    "/companies?names=Google&after=a/b", "/search?q=data", "/search?q=data&vendor=tidewater-looms",
    "/search?q=data&document=Privacy+Policy&since=2020&until=2030", "/search?q=data&kind=retention",
    "/compare/tidewater-looms/privacy-policy?from=2024&to=2030", "/feeds/changes", "/feeds/vendors/tidewater-looms",
    "/feeds/documents/tidewater-looms/privacy-policy", "/feeds/kinds/retention",
    "/timegate/https://tidewater.example/privacy", "/timemap/link/https://tidewater.example/privacy",
    "/api/v1/vendors", "/api/v1/documents", "/api/v1/documents?vendor=tidewater-looms",
    "/api/v1/documents/tidewater-looms/privacy-policy/versions?since=2024&until=2024", "/api/v1/versions/{version}",
    "/api/v1/comparisons", "/api/v1/comparisons?vendor=tidewater-looms&kind=retention&min_severity=high",
    "/api/v1/comparisons/{comparison}", "/api/v1/ledger?names=Stripe", "/api/v1/ledger?vendor=tidewater-looms",
    "/api/v1/search?q=data", "/subscribe?vendor=tidewater-looms", "/api/v1/documents/tidewater-looms/privacy-policy",
    "/api/v1/documents/tidewater-looms/privacy-policy/version?at=2024",
    "/api/v1/documents/tidewater-looms/privacy-policy/snapshots?since=2024&until=2030",
    "/api/v1/documents/tidewater-looms/privacy-policy/comparison?from=2024&to=2030",
]  # fmt: skip


@contextmanager
def asked(scenario: Scenario) -> Iterator[list[tuple[str, Any]]]:
    """The queries that the archive is asked meanwhile, with their parameters."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        found.append((statement, parameters))

    engine = scenario.archive.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def walks(scenario: Scenario, statement: str, parameters: Any) -> list[str]:
    """The steps of SQLite's plan that walk through a table, or make an index for the moment. A walk along an index
    ends where a limit is reached, and the index of words is sought in."""
    with scenario.archive.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    is_limited = "LIMIT" in statement
    return [
        step
        for step in (row[3] for row in plan)
        if "AUTOMATIC" in step
        or (
            step.startswith("SCAN ")
            and "VIRTUAL TABLE" not in step
            and not step.startswith(("SCAN CONSTANT ROW", "SCAN (subquery"))
            and not (is_limited and "INDEX" in step)
        )
    ]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_walks_through_no_table(archive_of_looms: Scenario, page: str) -> None:
    scenario = archive_of_looms
    with scenario.archive.read() as connection:
        (comparison, *_) = list_comparisons(connection)
    path = page.format(version=comparison.after.id, comparison=comparison.id)
    with asked(scenario) as queries:
        answer = scenario.get(path)
    assert answer.status_code in (200, 302)
    found = [(step, statement) for statement, given in queries if statement.startswith(("SELECT", "WITH"))
             for step in walks(scenario, statement, given)]  # fmt: skip
    assert found == []


@pytest.mark.parametrize(
    "statement",
    ["SELECT id FROM texts WHERE words > 7", "SELECT id FROM readings JOIN snapshots ON id = snapshot || ''"],
)
def test_a_walk_would_be_noticed(archive_of_looms: Scenario, statement: str) -> None:
    assert walks(archive_of_looms, statement, ())
