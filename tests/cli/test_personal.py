"""From asking to the bounce with real processes, a real SMTP server and signed events: the logs tell of no person."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email import policy as mail_policy
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.test_process import CLAUSEWATCH, called, environ
from tests.notifier.servers import ACCEPTED, Postbox, smtp_server
from tests.notifier.signing import event, key_pair, posted, signed
from tests.support.scenario import World, archive_of, day, policy

pytestmark = pytest.mark.slow
EMAIL = "Zephyrine.Quill@persons.example"
NAME = "Zephyrine"
VISITOR = "203.0.113.77"
PAUSE = threading.Event()  # never set


def settings_of(postbox: Postbox) -> dict[str, str]:
    return {
        "log": "json", "log_level": "debug", "mail": f"smtp://{postbox.host}:{postbox.port}", "secret": "for tests",
        "sendgrid_events_key": key_pair()[1],
    }  # fmt: skip


@contextmanager
def served(home: Path, settings: dict[str, str], log: Path) -> Iterator[httpx.Client]:
    """The pages in a process of their own, whose standard error goes to the file."""
    command = [CLAUSEWATCH, "serve", "--port", "0", "--no-scheduler"]
    with log.open("wb") as stderr, subprocess.Popen(command, env=environ(home, **settings), stderr=stderr) as process:
        try:
            while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())):
                assert process.poll() is None
                PAUSE.wait(0.02)
            with httpx.Client(
                base_url=found[0], headers={"X-Forwarded-For": VISITOR}, trust_env=False, timeout=60
            ) as client:
                yield client
        finally:
            process.terminate()


def link_in(postbox: Postbox, *, since: int) -> str:
    """The path of the link in the mail that comes next."""
    while len(postbox.mails) <= since:
        PAUSE.wait(0.02)
    body = message_from_bytes(postbox.mails[since], policy=mail_policy.default).get_body(("plain",))
    assert body is not None
    found = re.search(r"http://[^/\s]+(/(?:confirm|manage)/\S+)", body.get_content())
    assert found
    return found[1]


def asked_and_confirmed(client: httpx.Client, postbox: Postbox) -> str:
    assert client.post("/subscribe", data={"email": f"{NAME} <{EMAIL}>"}).status_code == 400
    assert client.post("/subscribe", data={"email": EMAIL}).status_code == 200
    link = link_in(postbox, since=0)
    assert client.post(link).status_code == 200
    assert client.post(link[:-1]).status_code == 400
    return link


def test_no_log_tells_of_who_asked_confirmed_was_mailed_and_bounced(tmp_path: Path) -> None:
    home, log = tmp_path / "home", tmp_path / "serve.log"
    with smtp_server() as postbox, served(home, settings := settings_of(postbox), log) as client:
        link = asked_and_confirmed(client, postbox)
        with archive_of(home) as archive:
            vendor = (world := World(archive)).vendor()
            for number, months in enumerate((18, 18, 24, 24)):
                vendor.publishes(policy(months=months), at=day(number))
            world.settles()
        postbox.on_recipient = lambda address: f"450 4.2.2 <{address}> of {VISITOR}: try later"
        refused = called(home, "deliver", before=None, **settings)
        postbox.on_recipient = lambda address: ACCEPTED
        sent = called(home, "deliver", "--now", "2030", before=None, **settings)
        body = posted(event("bounce", email=EMAIL, reason=f"550 <{EMAIL}> unknown, says {VISITOR}", ip=VISITOR))
        taken = client.post("/events/sendgrid", content=body, headers=signed(body, datetime.now(UTC)))
        assert taken.json()["stopped"] == 1
        manage = link_in(postbox, since=1)
    told = log.read_text() + refused.stderr + sent.stderr
    records: list[dict[str, Any]] = [json.loads(line) for line in told.splitlines()]
    events = " ".join(record["event"] for record in records)
    for said in ("asked for", "confirmed", "450 4.2.2", "mail", "sent", "ended, its address takes no mail"):
        assert said in events
    for secret in (EMAIL, NAME, VISITOR, link.rpartition("/")[2], manage.rpartition("/")[2]):
        assert secret.lower() not in told.lower()
