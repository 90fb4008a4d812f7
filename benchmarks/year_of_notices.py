"""A year of digests on a virtual clock, over time zones and changes of clocks, with a crash at every step.

Every delivery crashes at its first step, is run again when its leases have ended and crashes at its second, and so on
until one goes through. A step is the begin, the commit or the end of a transaction, or a mail handed over.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from random import Random

from sqlalchemy import Connection, func, select

from archive import Archive
from archive.subscriptions import add_subscription
from archive.tables import notices, quiets, subscriptions
from benchmarks.generated_notices import finding_by
from benchmarks.notice_archives import changed
from clausewatch.model import NoticeState, Rule, Subscription
from clausewatch.settings import Settings
from notifier.outbox import LEASE_SECONDS, Queue, deliver

START = datetime(2025, 1, 1, tzinfo=UTC)
PLACES = (
    ("Europe/Berlin", 2), ("America/New_York", 2), ("Australia/Lord_Howe", 2), ("Asia/Kolkata", 7), ("Pacific/Apia", 0),
    ("America/St_Johns", 12), ("UTC", 7),
)  # fmt: skip
"""Zones and hours: two o'clock is what clocks are put over, or back to."""
_A_LEASE = timedelta(seconds=LEASE_SECONDS + 1)
_MARK = re.compile(r"Change (\d+) of the year")


class Crash(BaseException):
    """The process ends here."""


@dataclass
class Steps:
    """Counts the steps of a run, and ends it at one of them."""

    crash_at: int | None = None
    taken: int = 0
    crashes: int = 0

    def step(self) -> None:
        self.taken += 1
        if self.taken == self.crash_at:
            self.crashes += 1
            raise Crash


class CrashingArchive(Archive):
    """An archive whose process may end at any step of a transaction."""

    def __init__(self, home: Path, steps: Steps) -> None:
        super().__init__(f"sqlite:///{home / 'clausewatch.db'}", home)
        self.steps = steps

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self.steps.step()
        with super().write() as connection:
            yield connection
            self.steps.step()  # nothing of it is kept
        self.steps.step()


@dataclass
class Postbox:
    """A transport that takes a key once, as files do; it counts what another would have delivered twice."""

    steps: Steps
    mails: dict[str, EmailMessage] = field(default_factory=dict)
    came_again: int = 0
    came_altered: int = 0

    def send(self, message: EmailMessage, *, key: str) -> str | None:
        self.steps.step()
        if key in self.mails:
            self.came_again += 1
            self.came_altered += bytes(self.mails[key]) != bytes(message)
        self.mails.setdefault(key, message)
        self.steps.step()
        return str(message["Message-ID"])


def simulate(*, days: int = 365, changes: int = 60, seed: int = 11) -> dict[str, int]:
    """Play the year; give how many mails and crashes there were, and how much went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        steps = Steps()
        with CrashingArchive(Path(folder), steps) as archive:
            year = _Year(archive, steps, Path(folder), days=days)
            year.play(changes, chance=Random(seed))
            return year.figures()


class _Year:
    def __init__(self, archive: Archive, steps: Steps, home: Path, *, days: int) -> None:
        self.archive, self.steps, self.days = archive, steps, days
        self.postbox = Postbox(steps)
        self.settings = Settings(home=home, secret="of the year", public_url="https://watch.example")
        self.queue = Queue()
        self.owed: defaultdict[str, set[int]] = defaultdict(set)
        with archive.write() as connection:
            self.readers = [
                _subscribed(connection, f"{every}-{number}@example.com", every, zone=zone, hour=hour)
                for number, (zone, hour) in enumerate(PLACES)
                for every in ("daily", "weekly")
            ]

    def play(self, changes: int, *, chance: Random) -> None:
        minutes = self.days * 24 * 60
        moments = sorted(START + timedelta(minutes=chance.randrange(minutes)) for _ in range(changes))
        now, end = self._deliver(START), START + timedelta(days=self.days)
        for number, at in enumerate([*moments, end]):
            while (due := self._next_due()) and due <= at:
                now = self._deliver(max(due, now))
            if at < end:
                self._change(number, max(at, now), chance=chance)  # crashes cost time

    def _next_due(self) -> datetime | None:
        """When there is next something for a delivery to do."""
        with self.archive.read() as connection:
            waits = [
                connection.execute(select(func.min(column)).where(table.c.state == state.value)).scalar_one()
                for table in (notices, quiets)
                for column, state in ((table.c.due_at, NoticeState.DUE), (table.c.claimed_until, NoticeState.CLAIMED))
            ]
            waits.append(connection.execute(select(func.min(subscriptions.c.quiet_at))).scalar_one())
        return min((each for each in waits if each), default=None)

    def _deliver(self, now: datetime) -> datetime:
        """Deliver with a crash at each step in turn; gives when it has gone through."""
        crash_at = 1
        while True:
            self.steps.taken, self.steps.crash_at = 0, crash_at
            try:
                deliver(self.archive, self.postbox, settings=self.settings, now=now, sender="year", clock=lambda: 0.0)
            except Crash:
                crash_at, now = crash_at + 1, now + _A_LEASE
                continue
            finally:
                self.steps.crash_at = None
            return now + timedelta(minutes=1)

    def _change(self, number: int, at: datetime, *, chance: Random) -> None:
        """A document changes; the transaction that stores and queues it crashes before its commit, and comes again."""
        told = replace(finding_by(chance), sentence=f"Change {number} of the year.")
        for crash_at in (1, 2, None):
            self.steps.taken, self.steps.crash_at = 0, crash_at
            try:
                with self.archive.write() as connection:
                    made, document = changed(connection, f"Vendor {number % 7}", type="Privacy Policy", findings=[told],
                                             at=at, number=number)  # fmt: skip
                    self.queue.fill(connection, made, document_type=document.type, now=at)
            except Crash:
                continue
        for reader in self.readers:
            self.owed[reader.email].add(number)

    def figures(self) -> dict[str, int]:
        """What came of it. A digest is the notices of a subscription that were due at one moment."""
        found: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for message in self.postbox.mails.values():
            body = message.get_body(("plain",))
            marks = _MARK.findall(body.get_content() if body else "")
            found[str(message["To"])].update({int(number) for number in marks})
        of_digests = select(notices.c.subscription, notices.c.due_at, notices.c.mail).distinct()
        waiting = select(notices.c.subscription, notices.c.comparison).where(notices.c.state != NoticeState.SENT.value)
        with self.archive.read() as connection:
            digests = Counter((row.subscription, row.due_at) for row in connection.execute(of_digests))
            left = set(connection.execute(waiting))
            quiet = connection.execute(select(func.count()).select_from(quiets).where(quiets.c.state == "sent"))
            quiet_count: int = quiet.scalar_one()
        return {
            "subscribers": len(self.readers),
            "mails": len(self.postbox.mails),
            "of_them_quiet": quiet_count,
            "crashes": self.steps.crashes,
            "owed": sum(map(len, self.owed.values())),
            "told": sum(sum(each.values()) for each in found.values()),
            "told_twice": sum(count > 1 for each in found.values() for count in each.values()),
            "not_told_yet": len(left),
            "lost": sum(len(owed - set(found[email])) for email, owed in self.owed.items()) - len(left),
            "digests_in_two_mails": sum(count > 1 for count in digests.values()),
            "handed_over_again": self.postbox.came_again,
            "and_altered": self.postbox.came_altered,
        }


def _subscribed(connection: Connection, email: str, every: str, *, zone: str, hour: int) -> Subscription:
    return add_subscription(
        connection, email, Rule(), every=every, now=START, is_confirmed=True, zone=zone, hour=hour,
        is_quiet_told=every == "weekly",
    )  # fmt: skip
