"""How long answers took, for a monitor: counted by this process since it started, by kind of address and of answer."""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_KINDS = {
    "api": "api", "feeds": "feed", "timegate": "memento", "timemap": "memento", "memento": "memento",
    "static": "file", "snapshots": "file", "metrics": "monitor", "healthz": "monitor", "events": "event",
}  # fmt: skip
"""By the first part of the address; all others are pages."""


@dataclass(slots=True)
class _Counted:
    within: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))  # answers up to each bound, then longer
    seconds: float = 0.0  # of all together


class Latencies:
    """Counts answers. Used by the one thread that runs the event loop."""

    def __init__(self) -> None:
        self._counted: dict[tuple[str, str], _Counted] = {}

    def note(self, path: str, status: int, seconds: float) -> None:
        kind = _KINDS.get(path.lstrip("/").partition("/")[0], "page")
        counted = self._counted.setdefault((kind, f"{status // 100}xx"), _Counted())
        counted.within[bisect_left(BOUNDS, seconds)] += 1
        counted.seconds += seconds

    def as_metrics(self) -> bytes:
        """A histogram in the text form of Prometheus. It names the process, since each of several counts its own."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.metrics_core import HistogramMetricFamily
        from prometheus_client.registry import Collector

        family = HistogramMetricFamily(
            "clausewatch_answer_seconds", "How long answers took, by kind of address and of answer.",
            labels=["kind", "status", "process"],
        )  # fmt: skip
        for (kind, status), counted in sorted(self._counted.items()):
            most = [*map(str, BOUNDS), "+Inf"]
            sums = [sum(counted.within[: number + 1]) for number in range(len(most))]
            family.add_metric([kind, status, str(os.getpid())], list(zip(most, sums, strict=True)), counted.seconds)

        class _Once(Collector):
            def collect(self) -> list[HistogramMetricFamily]:
                return [family]

        registry = CollectorRegistry()
        registry.register(_Once())
        return generate_latest(registry)


class TimedAnswers:
    """Counts each answer once its last byte is handed on: mails that leave after it are no part of it."""

    def __init__(
        self, app: ASGIApp, latencies: Latencies, clock: Callable[[], float] = time.perf_counter
    ) -> None:  # fmt: skip
        self.app = app
        self._latencies = latencies
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = self._clock()
        status = 500  # where none begins

        async def noted(message: Message) -> None:
            nonlocal status
            await send(message)
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                self._latencies.note(scope["path"], status, self._clock() - began)

        await self.app(scope, receive, noted)
