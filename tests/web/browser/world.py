"""What the browser visits: an archive of ordinary, long, empty and hostile vendors, served by a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection

from archive.subscriptions import add_subscription
from archive.tokens import add_token
from clausewatch.model import Document, Rule, Subscription
from notifier.tokens import Purpose, secret_of, sign
from tests.notifier.servers import Postbox, smtp_server
from tests.support.ports import free_port
from tests.web.browser import policies
from tests.web.scenario import DAY, Scenario, altered, opened, policy

START_SECONDS = 60.0  # for the process to answer, on a machine that is busy
LONG_VENDOR = "The Honourable Company of Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten and Sons"
LONG_TYPE = "Privacy Policy for Participants in the Loyalty, Rewards and Continuous Improvement Programme"


@dataclass(frozen=True)
class World:
    """A served archive. ``places`` are the paths of pages, by what they show."""

    url: str
    postbox: Postbox
    places: dict[str, str]
    token: str  # of an operator
    log: Path  # what the process wrote

    def at(self, place: str) -> str:
        return self.url + self.places[place]


@contextmanager
def served_world(folder: Path) -> Iterator[World]:
    """Fill an archive below the folder and serve it, mails going to a real SMTP server."""
    now = datetime.now(UTC)
    with opened(folder) as scenario:
        scenario.now = now
        places = _places(scenario, now)
        with scenario.archive.write() as connection:
            token = add_token(connection, "laptop", now=now)
        database = scenario.settings.database
    with smtp_server() as postbox:
        port = free_port()  # known before the process starts: the links in mails name it
        world = World(f"http://127.0.0.1:{port}", postbox, places, token, folder / "serve.log")
        with world.log.open("wb") as log, _serving(world, folder, database, log=log.fileno()):
            yield world


@contextmanager
def _serving(world: World, home: Path, database: str, *, log: int) -> Iterator[None]:
    environment = {
        "PATH": os.environ["PATH"], "CLAUSEWATCH_HOME": str(home), "CLAUSEWATCH_DATABASE_URL": database,
        "CLAUSEWATCH_SECRET": "for tests",
        "CLAUSEWATCH_PUBLIC_URL": world.url, "CLAUSEWATCH_MAIL": world.postbox.url,
        "CLAUSEWATCH_FROM": "Clausewatch <watch@clausewatch.test>",
    }  # fmt: skip
    port = urlsplit(world.url).port
    command = [sys.executable, "-m", "clausewatch", "serve", "--no-scheduler", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
        try:
            _await_answer(world, process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def _await_answer(world: World, process: subprocess.Popen[bytes]) -> None:
    address = urlsplit(world.url)
    until = datetime.now(UTC) + timedelta(seconds=START_SECONDS)
    while datetime.now(UTC) < until:
        with suppress(OSError), socket.create_connection((address.hostname, address.port), timeout=1):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
            break
    raise AssertionError(f"it does not serve: {world.log.read_text()}")


def _places(scenario: Scenario, now: datetime) -> dict[str, str]:
    looms = _looms(scenario, now)
    places = {
        "home": "/", "vendors": "/vendors", "search": "/search", "diff": "/diff", "subscribe": "/subscribe",
        "status": "/status", "legal": "/legal", "api": "/api", "companies": "/companies",
        "company": "/companies?names=Brightmetrics", "found": "/search?q=carrier",
        "nothing found": "/search?q=submarine", "wrong search": "/search?q=%22",
        "nothing": "/nothing-here",
    }  # fmt: skip
    return {
        **places, **_of(scenario, looms, "looms"), **_of(scenario, _many(scenario, now), "many"),
        **_of(scenario, _long(scenario, now), "long"), **_of(scenario, scenario.watches("Empty Drawer"), "empty"),
        **{place: path for name, body in policies.HOSTILE.items()
           for place, path in _of(scenario, _hostile(scenario, name, body, now=now), name).items()},
        **_links(scenario, now),
    }  # fmt: skip


def _of(scenario: Scenario, document: Document, name: str) -> dict[str, str]:
    """The pages of a document: its vendor, itself, its newest version and comparison."""
    places = {
        f"{name}: vendor": f"/vendors/{document.vendor}", f"{name}: ledger": f"/vendors/{document.vendor}/ledger",
        f"{name}: document": f"/documents/{document.vendor}/{document.slug}",
    }  # fmt: skip
    for version in scenario.versions(document)[-1:]:
        places |= {f"{name}: version": f"/versions/{version.id}", f"{name}: blame": f"/versions/{version.id}/blame"}
    for comparison in scenario.comparisons(document)[-1:]:
        places[f"{name}: comparison"] = f"/comparisons/{comparison.id}"
    return places


def _looms(scenario: Scenario, now: datetime) -> Document:
    """Three versions in the last year, a bot wall between them, and changes that matter."""
    document = scenario.watches()
    wall = "<title>Just a moment...</title><p>Checking your browser before accessing the site.</p>"
    longer = altered("18 months", "24 months")
    shared = longer | {"Who receives data": policies.SHARED}
    for days, body, status in ((300, policy(), 200), (200, policy(longer), 200), (150, wall, 403),
                               (100, policy(shared), 200)):  # fmt: skip
        scenario.publishes(document, body, at=now - days * DAY, status=status, settles=False)
    scenario.publishes(document, policy(shared), at=now - DAY)
    return document


def _many(scenario: Scenario, now: datetime) -> Document:
    """Sixty versions, and a table with a column more each time."""
    document = scenario.watches("Kiln & Co", type="Cookie Policy", url="https://kiln.example/cookies")
    for number in range(60):
        body = policy(altered("18 months", f"{number + 2} months"))
        scenario.publishes(document, body, at=now - (360 - 6 * number) * DAY, settles=number == 59)
    return document


def _long(scenario: Scenario, now: datetime) -> Document:
    url = "https://long.example/" + "a-long-address-without-an-end/" * 6
    document = scenario.watches(LONG_VENDOR, type=LONG_TYPE, url=url)
    scenario.publishes(document, policies.LONG, at=now - 50 * DAY, settles=False)
    scenario.publishes(document, policies.LONG.replace("18 months", "48 months"), at=now - 20 * DAY)
    return document


def _hostile(scenario: Scenario, name: str, bodies: Sequence[str], *, now: datetime) -> Document:
    document = scenario.watches(f"{policies.MARKUP} {name}", url=f"https://{name.replace(' ', '')}.example/")
    for number, body in enumerate(bodies):
        scenario.publishes(document, body, at=now - (90 - 60 * number) * DAY, settles=number == len(bodies) - 1)
    return document


def _links(scenario: Scenario, now: datetime) -> dict[str, str]:
    """The pages behind links of mails, each of somebody else, so that one test does not change what another sees."""

    def link(purpose: Purpose, subscription: Subscription) -> str:
        signed = sign(secret_of(scenario.settings), purpose, subscription=subscription.id, now=now)
        return f"/{purpose.value}/{signed}"

    def add(connection: Connection, name: str, *, is_confirmed: bool) -> Subscription:
        email = f"{name}@example.com"
        return add_subscription(connection, email, Rule(), every="weekly", now=now, is_confirmed=is_confirmed)

    with scenario.archive.write() as connection:
        return {
            "manage": link(Purpose.MANAGE, add(connection, "grace", is_confirmed=True)),
            "leave": link(Purpose.UNSUBSCRIBE, add(connection, "linus", is_confirmed=True)),
            "confirm": link(Purpose.CONFIRM, add(connection, "ole", is_confirmed=False)),
            "confirm and erase": link(Purpose.CONFIRM, add(connection, "kim", is_confirmed=False)),
        }
