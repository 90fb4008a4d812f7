"""``python -m benchmarks.score_crowds [COUNT...]``: what very many subscribers and very many due documents cost.

Who listens: the first time, after one change, and for each comparison. What is due: its lanes, a batch, and its claim.
On SQLite, each in a process of its own, at 10,000 and 100,000; a million takes minutes and some 2 GB.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import insert

from archive import Archive, open_archive
from archive.subscriptions import add_subscription, rule_to_json
from archive.tables import addresses, documents, subscriptions, vendors
from benchmarks.generated_notices import NOW, comparison_by, rule_by
from benchmarks.generated_notices import vendors as vendors_by
from benchmarks.measuring import lasting, python
from clausewatch.jobs.capture import batches_of
from clausewatch.jobs.claims import claimed
from clausewatch.jobs.kinds import jobs_to_do
from clausewatch.model import ComparisonState, Document, Rule, SubscriptionState
from clausewatch.settings import Settings
from notifier.outbox import Queue

COUNTS = (10_000, 100_000)
LANES = 64
_SEED = 5
_AT_ONCE = 2_000
_LONGEST_SECONDS = 600.0
_STATUS = Path("/proc/self/status")


def measured(what: str, count: int) -> None:
    """One measurement; prints seconds of processor time and megabytes as JSON."""
    with tempfile.TemporaryDirectory() as home, open_archive(Settings(home=Path(home))) as archive:
        figures = {"listen": listening, "due": due}[what](archive, count)
    json.dump(figures, sys.stdout)


# --- who listens ----------------------------------------------------------------------------------------------


def listening(archive: Archive, count: int) -> dict[str, float]:
    """Of rules of all sorts, four in five of which name vendors; each vendor has three subscribers."""
    chance, names = Random(_SEED), vendors_by(max(count // 3, 10))
    _subscribe(archive, chance, names, count=count)
    made, kind = comparison_by(chance, 0, names)
    told_nobody = replace(made, notify=False, state=ComparisonState.UNSTABLE)  # what is queued is measured elsewhere
    queue, figures = Queue(), dict[str, float]()

    def fill() -> None:
        with archive.write() as connection:
            queue.fill(connection, told_nobody, document_type=kind, now=NOW)

    before = _megabytes()
    figures["first"] = _spent(fill)
    figures["mb"] = _megabytes() - before
    with archive.write() as connection:
        add_subscription(connection, "late@example.com", Rule(), every="daily", now=NOW, is_confirmed=True)
    figures["after_a_change"] = _spent(fill)
    figures["a_comparison"] = _spent(fill)
    return figures


def _subscribe(archive: Archive, chance: Random, names: list[str], *, count: int) -> None:
    for at in range(0, count, _AT_ONCE):
        rows = [
            {"id": f"{number:016x}", "email": f"reader{number}@example.com", "rule": rule_to_json(_rule(chance, names)),
             "every": "instant", "state": SubscriptionState.CONFIRMED.value, "created_at": NOW, "confirmed_at": NOW,
             "changed_at": NOW}
            for number in range(at, min(at + _AT_ONCE, count))
        ]  # fmt: skip
        with archive.write() as connection:
            connection.execute(insert(subscriptions), rows)


def _rule(chance: Random, names: list[str]) -> Rule:
    rule = rule_by(chance, names[:5])
    return replace(rule, vendors=tuple(chance.choices(names, k=chance.randint(1, 3))) if chance.random() < 0.8 else ())


# --- what is due ----------------------------------------------------------------------------------------------


def due(archive: Archive, count: int) -> dict[str, float]:
    """Documents that are all due, three of each vendor; and the look where none is."""
    now = datetime(2025, 3, 5, 12, 30, tzinfo=UTC)
    _watch(archive, count, now=now)
    figures, before = dict[str, float](), _megabytes()
    figures["lanes"] = _spent(lambda: jobs_to_do(archive, "crawl", now=now, lanes=LANES))
    found = list[Document]()

    def read() -> None:
        found.extend(next(batches_of(archive, None, is_due_only=True, now=now, is_ours=lambda _url: True)))

    def claim() -> None:
        with claimed(archive, found, is_due_only=True, now=lambda: now):
            pass

    figures["a_batch"], figures["its_claim"] = _spent(read), _spent(claim)
    figures["mb"] = _megabytes() - before
    figures["lanes_of_none"] = _spent(
        lambda: jobs_to_do(archive, "crawl", now=now - timedelta(seconds=count + 1), lanes=LANES)
    )
    return figures


def _watch(archive: Archive, count: int, *, now: datetime) -> None:
    slugs = vendors_by(count // 3 + 1)
    with archive.write() as connection:
        connection.execute(insert(vendors), [{"slug": slug, "name": slug} for slug in slugs])
    for at in range(0, count, _AT_ONCE):
        some = range(at, min(at + _AT_ONCE, count))
        rows = [
            {"id": f"{number:016x}", "vendor": slugs[number // 3], "slug": f"p{number}", "type": "Privacy Policy",
             "render": "auto", "interval_hours": 12, "due_at": now - timedelta(seconds=number * 7919 % count),
             "chain": "0" * 64, "chain_length": 0, "is_unsettled": False}
            for number in some
        ]  # fmt: skip
        places = [
            {"document": row["id"], "url": f"https://{row['vendor']}.example/{row['slug']}"} for row in rows
        ]  # fmt: skip
        with archive.write() as connection:
            connection.execute(insert(documents), rows)
            connection.execute(insert(addresses), places)


# --- measuring ------------------------------------------------------------------------------------------------


def _spent(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _megabytes() -> float:
    (line,) = [line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def main(counts: list[int]) -> None:
    """Print both for each of the counts."""
    for what in ("listen", "due"):
        for count in counts:
            code = f"from benchmarks.score_crowds import measured; measured({what!r}, {count})"
            figures: dict[str, float] = json.loads(lasting(python(code), seconds=_LONGEST_SECONDS))
            shown = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
            print(f"{what:8} {count:9}  {shown}")


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or list(COUNTS))
