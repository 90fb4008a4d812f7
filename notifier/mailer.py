"""Transports: what takes a finished mail. Files and SMTP here, SendGrid beside; who gets what, the outbox decides."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from clausewatch.errors import DeliveryError, SettingsError
from clausewatch.settings import Settings

_LONGEST_SLUG = 60
ENDED_BY_RECEIVER = "the subscription has ended by it"


class Mailer(Protocol):
    """A transport."""

    def send(self, message: EmailMessage, *, key: str) -> str | None:
        """Hand over one mail; give the id that the transport knows it by. Raises DeliveryError.

        ``key`` is the same for the same mail: a transport that can tell takes it once.
        """


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one mail among many: taken under the transport's id, or the error."""

    key: str
    message_id: str | None
    error: DeliveryError | None = None


@runtime_checkable
class BatchMailer(Mailer, Protocol):
    """A transport that takes many mails at once."""

    def send_many(self, mails: Sequence[tuple[EmailMessage, str]]) -> Iterator[list[Outcome]]:
        """Hand over mails with their keys, many in one request; what came of those of each, before the next one goes.

        Ends early once the transport is down: the rest is not tried.
        """


class TransportDown(DeliveryError):
    """The transport takes no mail at all: unreachable, a wrong password, too many requests. Stop, and run again later.

    It says nothing about the mail that was at hand.
    """

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message, retryable=True, retry_after_seconds=retry_after_seconds)


class AddressRefused(DeliveryError):
    """The transport knows that the address takes no mail, today or later. Write to it no more, for ``reason``."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message, retryable=False)
        self.reason = reason


class ReceiverGone(DeliveryError):
    """Who was called says that it is there no more, and will not be: the subscription ends."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message}; {ENDED_BY_RECEIVER}", retryable=False)


def send_all(mailer: Mailer, mails: Sequence[tuple[EmailMessage, str]]) -> Iterator[list[Outcome]]:
    """Hand over mails with their keys, at once where the transport can; what came of them, as it comes.

    Ends early once the transport is down: the rest is not tried.
    """
    if isinstance(mailer, BatchMailer):
        yield from mailer.send_many(mails)
        return
    for message, key in mails:
        message_id, error = _tried(mailer, message, key=key)
        yield [Outcome(key, message_id, error)]
        if isinstance(error, TransportDown):
            return


def _tried(mailer: Mailer, message: EmailMessage, *, key: str) -> tuple[str | None, DeliveryError | None]:
    try:
        return mailer.send(message, key=key), None
    except DeliveryError as error:
        return None, error


@contextmanager
def open_mailer(settings: Settings) -> Iterator[Mailer]:
    """The mailer that ``settings.mail_url`` names; closed at the end. Raises SettingsError."""
    scheme, _, rest = settings.mail_url.partition(":")
    if scheme == "file":
        yield FileMailer(_folder(rest))
    elif scheme in ("smtp", "smtps"):
        from notifier.smtp_mailer import SmtpMailer, read_smtp_url

        with SmtpMailer(read_smtp_url(settings.mail_url)) as mailer:
            yield mailer
    elif scheme == "sendgrid":
        from notifier.sendgrid_mailer import SendGridMailer

        if not settings.sendgrid_api_key:
            raise SettingsError("CLAUSEWATCH_SENDGRID_API_KEY: is missing; sendgrid: needs one, also as ..._FILE")
        yield SendGridMailer(settings.sendgrid_api_key, settings.sendgrid_host, is_sandbox=settings.is_sendgrid_sandbox)
    else:
        raise SettingsError(
            f"CLAUSEWATCH_MAIL: {scheme[:20]!r} is no transport; use file:DIR, smtp://, smtps:// or sendgrid:"
        )


def _folder(rest: str) -> Path:
    path = rest[2:] if rest.startswith("//") else rest  # file:///srv/mail is /srv/mail too
    if not path:
        raise SettingsError("CLAUSEWATCH_MAIL: file: names no folder; write file:DIR")
    return Path(path)


class FileMailer:
    """Mails as ``.eml`` files in a folder, named by day, recipient and key. The same key twice leaves one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: set[str] | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"CLAUSEWATCH_MAIL: {folder}: cannot be made ({error.strerror})") from error

    def send(self, message: EmailMessage, *, key: str) -> str | None:
        """Write the mail, whole or not at all. A disk that is full or read-only is TransportDown."""
        safe_key = _slug(key)
        try:
            if safe_key not in self._keys():
                self._write(message, f"{_day(message)}_{_slug(message['To'])}_{safe_key}.eml")
                self._keys().add(safe_key)
        except OSError as error:
            raise TransportDown(
                f"{self.folder}: the mail cannot be written ({error.strerror}); check the folder and its disk"
            ) from error
        return str(message["Message-ID"])

    def _keys(self) -> set[str]:
        """The keys of all that lies in the folder, read once: a look at it for each mail would cost more and more."""
        if self._known is None:
            self._known = {path.stem.rpartition("_")[2] for path in self.folder.glob("*.eml")}
        return self._known

    def _write(self, message: EmailMessage, name: str) -> None:
        draft = self.folder / f".{name}.{os.getpid()}.{threading.get_ident()}"
        try:
            with draft.open("wb") as file:
                file.write(bytes(message))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.folder / name)
        finally:
            draft.unlink(missing_ok=True)


def _day(message: EmailMessage) -> str:
    return parsedate_to_datetime(str(message["Date"])).strftime("%Y-%m-%d")


def _slug(text: object) -> str:
    """Letters, digits, dots and hyphens: a name that leads out of no folder."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", str(text)).strip("-.")[:_LONGEST_SLUG] or "mail"
