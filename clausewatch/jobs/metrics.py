"""What a monitor asks for: the numbers of the moment in the form of Prometheus, counted when it asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from archive import Archive
from archive.pulse import Pulse, pulse
from clausewatch.jobs.failing import Unseen, unseen_documents

if TYPE_CHECKING:
    from prometheus_client.metrics_core import GaugeMetricFamily

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_of(archive: Archive, *, now: datetime) -> bytes:
    """All metrics, in the text form of Prometheus. Nothing is kept between two calls, nor shared by processes."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    archive.clock.set()
    with archive.read() as connection:
        current = pulse(connection, now=now)
    unseen = unseen_documents(archive, now=now)

    class _Once(Collector):
        def collect(self) -> Iterator[GaugeMetricFamily]:
            yield from _gauges(current, unseen, now)
            yield _gauge(
                "clock_ahead_seconds", "How far this machine's clock is ahead of the database's.",
                archive.clock.apart().total_seconds(),
            )  # fmt: skip

    registry = CollectorRegistry()
    registry.register(_Once())
    return generate_latest(registry)


def _gauges(current: Pulse, unseen: Sequence[Unseen], now: datetime) -> Iterator[GaugeMetricFamily]:
    yield _gauge("vendors", "Vendors that are known.", current.vendors)
    yield _gauge("documents", "Documents that are kept.", current.documents)
    yield _gauge("documents_watched", "Documents that are crawled.", current.watched)
    yield _gauge("snapshots", "Snapshots that are kept.", current.snapshots)
    yield _gauge("documents_due", "Documents whose next look is due.", current.due)
    yield _gauge("crawl_lag_seconds", "How long the longest due look is due.", _age(current.due_since_at, now))
    yield _gauge(
        "documents_unseen", "Documents not seen for so long that the operator is told: something is to be done.",
        sum(each.is_lasting(now) for each in unseen),
    )  # fmt: skip
    failing = Counter(each.kind for each in unseen if each.is_looked_at)
    yield _gauge_by(
        "documents_failing",
        "Documents whose newest look got no page, or one that is not the document.",
        "kind",
        failing,
    )
    yield _gauge("documents_held", "Documents whose newest text waits to be found again.", current.held)
    yield _gauge("documents_unsettled", "Documents with snapshots that are not read yet.", current.unsettled)
    yield _gauge_by("notices", "Notices, by what became of them.", "state", current.notices)
    yield _gauge(
        "outbox_lag_seconds", "How long the longest due notice is due.", _age(current.notice_due_since_at, now)
    )
    held_back = current.held_back.mails if current.held_back else 0
    yield _gauge(
        "mails_held_back", "Mails that wait for the operator's word: so many at once may be a mistake.", held_back
    )
    closed = {name: (until_at - now).total_seconds() for name, until_at in current.closed_until.items()}
    yield _gauge_by("limit_closed_seconds", "How long what asked for a pause is left alone still.", "limit", closed)
    is_led = current.led_until_at is not None and current.led_until_at > now
    yield _gauge("schedule_led", "1 while a process does what is due, 0 while none does.", int(is_led))
    if current.last_good_at:
        yield _gauge(
            "last_good_look_timestamp_seconds", "When any document was seen last.", current.last_good_at.timestamp()
        )


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    from prometheus_client.metrics_core import GaugeMetricFamily

    return GaugeMetricFamily(f"clausewatch_{name}", what, value=value)


def _gauge_by(name: str, what: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    from prometheus_client.metrics_core import GaugeMetricFamily

    family = GaugeMetricFamily(f"clausewatch_{name}", what, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _age(since_at: datetime | None, now: datetime) -> float:
    """In seconds; 0 where there is nothing, or a clock was ahead."""
    return 0.0 if since_at is None else max(now - since_at, timedelta()).total_seconds()
