"""One measurement of bench_notices, in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from sqlalchemy import Connection

from archive import Archive, open_archive
from archive.subscriptions import add_subscription, list_subscriptions, rule_to_json
from archive.tables import subscriptions
from benchmarks.generated_notices import NOW, TYPES, comparison_by, finding_by, rule_by, vendors
from benchmarks.notice_archives import changed
from clausewatch.model import Comparison, Rule, SubscriptionState
from clausewatch.settings import Settings
from notifier.listeners import Listeners
from notifier.mailer import open_mailer
from notifier.outbox import Queue, deliver

VENDORS = 1_000
QUEUED = 20  # comparisons whose notices are stored, for the rate
_SEED = 5
_NAMES = vendors(VENDORS)


def main(what: str, subscribers: int, comparisons: int) -> None:
    """Measure, and print the figures as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), secret="of the bench", public_url="https://watch.example",
                            sender="Clausewatch <notices@watch.example>", flood_share=1.0)  # fmt: skip
        with open_archive(settings) as archive:
            if what == "sent":
                figures = sent(archive, settings, mails=subscribers, comparisons=comparisons)
            else:
                figures = owed(archive, subscribers, comparisons, is_narrow=what == "narrow")
    json.dump(figures, sys.stdout)


def owed(archive: Archive, subscribers: int, comparisons: int, *, is_narrow: bool) -> dict[str, float]:
    """Who is owed what: mixed rules, or (narrow) rules that each name one vendor."""
    chance = Random(_SEED)
    _subscribe(archive, [_rule(chance, is_narrow=is_narrow) for _ in range(subscribers)])
    made = [comparison_by(chance, number, _NAMES) for number in range(comparisons)]
    started = time.perf_counter()
    with archive.read() as connection:
        asked = list_subscriptions(connection, state=SubscriptionState.CONFIRMED)
    read = time.perf_counter()
    listeners = Listeners(asked)
    indexed = time.perf_counter()
    matches = sum(len(listeners.owed(each, document_type=kind, now=NOW)) for each, kind in made)
    ended = time.perf_counter()
    queued_a_second = _queued_a_second(archive, chance)
    return {
        "matches": matches, "read_seconds": read - started, "index_seconds": indexed - read,
        "owed_seconds": ended - indexed, "all_seconds": ended - started, "queued_a_second": queued_a_second,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip


def _rule(chance: Random, *, is_narrow: bool) -> Rule:
    """Four in five name vendors, some a type, a kind or a word besides; one in fifty asks for all that matters."""
    if is_narrow:
        return Rule(vendors=(chance.choice(_NAMES),))
    if chance.random() < 0.02:
        return Rule()
    rule = rule_by(chance, _NAMES)
    while not (rule.vendors or rule.companies or rule.keywords or chance.random() < 0.2):
        rule = rule_by(chance, _NAMES)
    return rule


def _subscribe(archive: Archive, rules: Sequence[Rule]) -> None:
    rows = [
        {"id": f"s{number}", "email": f"reader{number}@example.com", "rule": rule_to_json(rule), "every": "instant",
         "state": SubscriptionState.CONFIRMED.value, "created_at": NOW, "confirmed_at": NOW, "changed_at": NOW}
        for number, rule in enumerate(rules)
    ]  # fmt: skip
    with archive.write() as connection:
        connection.execute(subscriptions.insert(), rows)


def _queued_a_second(archive: Archive, chance: Random) -> float:
    """How many notices are stored a second, in the transactions that store their comparisons."""
    queue, count, seconds = Queue(), 0, 0.0
    for number in range(QUEUED):
        with archive.write() as connection:
            made, document = _changed(connection, chance, number)
            if number == 0:
                queue.fill(connection, made, document_type=document, now=NOW)  # reads who listens
                continue
            started = time.perf_counter()
            count += queue.fill(connection, made, document_type=document, now=NOW)
            seconds += time.perf_counter() - started
    return count / seconds if seconds else 0.0


def _changed(connection: Connection, chance: Random, number: int) -> tuple[Comparison, str]:
    made, document = changed(connection, _NAMES[number], type=chance.choice(TYPES), number=number, at=NOW,
                             findings=[finding_by(chance) for _ in range(3)])  # fmt: skip
    return made, document.type


# --- sending --------------------------------------------------------------------------------------------------


def sent(archive: Archive, settings: Settings, *, mails: int, comparisons: int) -> dict[str, float]:
    """Instant mails, each of one subscriber with links of their own, through SMTP on loopback."""
    chance = Random(_SEED)
    with archive.write() as connection:
        for number in range(mails):
            rule = Rule(vendors=(_NAMES[number % comparisons],))
            add_subscription(
                connection, f"reader{number}@example.com", rule, every="instant", now=NOW, is_confirmed=True
            )
    queue = Queue()
    with archive.write() as connection:
        for number in range(comparisons):
            made, kind = _changed(connection, chance, number)
            queue.fill(connection, made, document_type=kind, now=NOW)
    with _smtp_server() as url, open_mailer(Settings(mail=url)) as mailer:
        started = time.perf_counter()
        report = deliver(archive, mailer, settings=settings, now=NOW, sender="bench")
        seconds = time.perf_counter() - started
    return {"mails": report.mails, "mails_a_second": report.mails / seconds}


@contextmanager
def _smtp_server() -> Iterator[str]:
    """A server in a process of its own, as a mail server is; it takes everything and keeps nothing."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdin
    try:
        yield f"smtp://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


_SERVER = """
import asyncio, sys
from aiosmtpd.smtp import SMTP
class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"
async def serve():
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Sink()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
asyncio.run(serve())
"""
