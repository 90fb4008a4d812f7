"""A delivery of the notifier's tests: transports that refuse or crash, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from archive.notices import list_notices
from clausewatch.errors import DeliveryError
from clausewatch.model import Notice
from notifier.mailer import FileMailer, Mailer
from notifier.outbox import DeliveryReport, deliver
from tests.notifier.scenario import NOW, Scenario


@dataclass
class Refusing:
    """A transport that takes nothing, or everything once told so."""

    error: DeliveryError | None
    tried: list[EmailMessage] = field(default_factory=list)

    def send(self, message: EmailMessage, *, key: str) -> str | None:
        self.tried.append(message)
        if self.error:
            raise self.error
        return "taken"


class Crash(BaseException):
    """The process ends here."""


@dataclass
class CrashingAfter:
    """Hands the mail over, then the process dies before it can be marked."""

    mailer: Mailer

    def send(self, message: EmailMessage, *, key: str) -> str | None:
        self.mailer.send(message, key=key)
        raise Crash


def delivered(scenario: Scenario, *, now: datetime = NOW, mailer: Mailer | None = None) -> DeliveryReport:
    to = mailer or FileMailer(scenario.settings.home / "mail")
    return deliver(scenario.archive, to, settings=scenario.settings, now=now, sender="s1", clock=lambda: 0.0)


def mails(scenario: Scenario) -> list[EmailMessage]:
    folder = scenario.settings.home / "mail"
    found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*"))]
    return [message for message in found if isinstance(message, EmailMessage)]


def notices(scenario: Scenario) -> list[Notice]:
    with scenario.archive.read() as connection:
        return list_notices(connection)
