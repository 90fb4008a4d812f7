"""What it saves to hand mails that say the same to SendGrid in one request: requests, bytes and time, in one run."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from random import Random

from benchmarks.generated_notices import comparison_by, vendors
from clausewatch.model import Document, Rule, Subscription, SubscriptionState, content_id
from notifier.compose import compose_notice
from notifier.entries import Entry
from notifier.sendgrid_mailer import SendGridMailer
from notifier.tokens import links_for

MAILS = 500
COMPARISONS = 2  # told to half of the readers each
ANSWER_SECONDS = 0.02  # of a server not far away
_NOW = datetime(2025, 3, 5, 12, 30, tzinfo=UTC)


@dataclass
class Counted:
    url: str = ""
    requests: int = 0
    size: int = 0


def run() -> dict[str, float] | None:
    """Requests, bytes and seconds for the same mails one by one, and shared."""
    mails = _mails()
    with _sendgrid() as alone:
        started = time.perf_counter()
        mailer = SendGridMailer("key", alone.url)
        for message, key in mails:
            mailer.send(message, key=key)
        alone_seconds = time.perf_counter() - started
    with _sendgrid() as shared:
        started = time.perf_counter()
        outcomes = list(chain.from_iterable(SendGridMailer("key", shared.url).send_many(mails)))
        shared_seconds = time.perf_counter() - started
    assert not any(outcome.error for outcome in outcomes)
    return {
        "mails": MAILS,
        "requests_alone": alone.requests,
        "requests_shared": shared.requests,
        "kb_alone": alone.size / 1000,
        "kb_shared": shared.size / 1000,
        "mails_a_second_alone": MAILS / alone_seconds,
        "mails_a_second_shared": MAILS / shared_seconds,
        "times_faster": alone_seconds / shared_seconds,
    }


def _mails() -> list[tuple[EmailMessage, str]]:
    chance, names = Random(3), vendors(5)
    made = [comparison_by(chance, number, names) for number in range(COMPARISONS)]
    mails = []
    for number in range(MAILS):
        comparison, kind = made[number % COMPARISONS]
        document = Document(id="d", vendor="v", vendor_name="Skyforge Drones", slug="policy", type=kind)
        asked = Subscription(
            id=content_id("reader", number), email=f"reader{number}@example.com", rule=Rule(), every="instant",
            state=SubscriptionState.CONFIRMED, created_at=_NOW,
        )  # fmt: skip
        links = links_for(b"bench", asked.id, public_url="https://watch.example", now=_NOW)
        entries = [Entry(content_id("notice", number), comparison, document)]
        message = compose_notice(asked, entries, links=links, sender="Clausewatch <notices@watch.example>", now=_NOW)
        mails.append((message, content_id("mail", number)))
    return mails


@contextmanager
def _sendgrid() -> Iterator[Counted]:
    counted = Counted()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            counted.requests, counted.size = counted.requests + 1, counted.size + len(body)
            time.sleep(ANSWER_SECONDS)
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Nothing: the figures are printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    counted.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield counted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    json.dump(run(), sys.stdout, indent=1)
