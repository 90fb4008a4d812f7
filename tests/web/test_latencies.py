"""How long answers took, as a monitor reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Message, Receive, Scope, Send

from clausewatch.web.latencies import Latencies, TimedAnswers
from tests.web.scenario import Scenario


def read(text: str) -> dict[tuple[str, ...], float]:
    """The samples of the histogram by name, kind, status and bound."""
    return {
        (sample.name.removeprefix("clausewatch_answer_seconds_"), sample.labels["kind"], sample.labels["status"],
         sample.labels.get("le", "")): sample.value
        for family in text_string_to_metric_families(text) if family.name == "clausewatch_answer_seconds"
        for sample in family.samples
    }  # fmt: skip


def test_answers_are_counted_by_what_they_were(scenario: Scenario) -> None:
    for path in ("/", "/vendors", "/nothing", "/api/v1/vendors", "/feeds/changes"):
        scenario.get(path)
    counted = read(scenario.get("/metrics").text)
    counts = {key[1:3]: value for key, value in counted.items() if key[0] == "count"}
    assert counts == {("page", "2xx"): 2, ("page", "4xx"): 1, ("api", "2xx"): 1, ("feed", "2xx"): 1}
    assert read(scenario.get("/metrics").text)["count", "monitor", "2xx", ""] == 1


def test_what_is_done_after_the_last_byte_is_no_part_of_an_answer() -> None:
    ticks: Iterator[float] = (number * 0.2 for number in count())
    latencies = Latencies()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})
        for _ in range(10):
            next(ticks)

    async def visit() -> None:
        async def send(message: Message) -> None: ...

        timed = TimedAnswers(app, latencies, clock=lambda: next(ticks))
        receive: Any = None
        await timed({"type": "http", "path": "/versions/1"}, receive, send)

    asyncio.run(visit())
    counted = read(latencies.as_metrics().decode())
    assert counted["sum", "page", "2xx", ""] == 0.2
    assert [counted["bucket", "page", "2xx", bound] for bound in ("0.1", "0.25", "+Inf")] == [0, 1, 1]
