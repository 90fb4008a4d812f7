"""Mail by SMTP: one connection for many mails, TLS where the server offers it, answers turned into DeliveryError."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from clausewatch.errors import DeliveryError, SettingsError
from notifier.mailer import TransportDown

TIMEOUT_SECONDS = 30
_CLOSING = 421  # RFC 5321, 3.8: the server ends the connection, often after so many mails
_TOO_LARGE = 552


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over."""

    host: str
    port: int
    is_tls: bool  # from the first byte; else by STARTTLS where it is offered
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def read_smtp_url(url: str) -> SmtpServer:
    """``smtp://user:password@host:port`` or ``smtps://``; both halves of a login percent-encoded. Raises SettingsError.

    Without a port: 465 for smtps, 587 with a login, 25 without.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # it cites what it cannot read, which may be a piece of the password: a trace must not show it
        raise SettingsError(
            "CLAUSEWATCH_MAIL: its port is none, or its login is not percent-encoded; "
            "write smtp://user:password@host:587"
        ) from None
    if not parts.hostname:
        raise SettingsError("CLAUSEWATCH_MAIL: names no host; write smtp://user:password@host:587")
    if bool(parts.username) != bool(parts.password):
        raise SettingsError("CLAUSEWATCH_MAIL: a login needs both halves; write smtp://user:password@host:587")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    is_tls = parts.scheme == "smtps"
    return SmtpServer(parts.hostname, port or (465 if is_tls else 587 if user else 25), is_tls, user, password)


class SmtpMailer:
    """Hands mails to an SMTP server. Connects at the first mail, again when the server hung up; close it at the end.

    Where the connection breaks between the mail and the answer, nobody can tell whether it was taken: it is tried
    again under the same Message-ID, by which most mailboxes show it once.
    """

    def __init__(self, server: SmtpServer, *, tls: ssl.SSLContext | None = None) -> None:
        self.server = server
        self._tls = tls or _tls_for(server)
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye, if there is a connection."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.quit()
        except (smtplib.SMTPException, OSError):
            connection.close()

    def send(self, message: EmailMessage, *, key: str) -> str | None:
        """Hand the mail over. 4xx is retryable, 5xx is not; TransportDown where the server takes nothing of ours."""
        recipient = message["To"].addresses[0].addr_spec
        for is_last_try in (self._connection is None, True):
            connection = self._connected()
            try:
                connection.send_message(message, to_addrs=[recipient])
            except (smtplib.SMTPException, OSError) as error:
                if not is_last_try and getattr(error, "smtp_code", None) == _CLOSING:
                    self.close()
                    continue
                raise self._explained(error, recipient) from error
            return str(message["Message-ID"])
        raise AssertionError("the second try returns or raises")

    def _connected(self) -> smtplib.SMTP:
        if self._connection is not None and _is_alive(self._connection):
            return self._connection
        self.close()
        try:
            self._connection = self._open()
        except (smtplib.SMTPException, OSError) as error:
            raise TransportDown(f"{self.server.name}: no mail can be handed over ({_answer(error)})") from error
        return self._connection

    def _open(self) -> smtplib.SMTP:
        server = self.server
        if server.is_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=TIMEOUT_SECONDS, context=self._tls
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        try:
            self._greet(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _greet(self, connection: smtplib.SMTP) -> None:
        connection.ehlo_or_helo_if_needed()
        is_private = self.server.is_tls
        if not is_private and connection.has_extn("starttls"):
            connection.starttls(context=self._tls)
            connection.ehlo()
            is_private = True
        if not self.server.user:
            return
        if not is_private and not self.server.is_loopback:
            raise SettingsError(
                f"CLAUSEWATCH_MAIL: {self.server.name} offers no TLS, and the password would go in the clear; use smtps://"
            )
        connection.login(self.server.user, self.server.password)

    def _explained(self, error: smtplib.SMTPException | OSError, recipient: str) -> DeliveryError:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            code, reason = error.recipients[recipient]
            return _refused(recipient, code, reason)
        if isinstance(error, smtplib.SMTPSenderRefused) and 500 <= error.smtp_code != _TOO_LARGE:
            return TransportDown(
                f"{self.server.name}: refuses mail from {error.sender} ({_answer(error)}); see CLAUSEWATCH_FROM"
            )
        if isinstance(error, smtplib.SMTPResponseException):
            return _refused(recipient, error.smtp_code, error.smtp_error)
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return DeliveryError(f"{recipient}: {self.server.name} cannot take that address", retryable=False)
        self.close()
        return DeliveryError(
            f"{recipient}: {self.server.name} hung up before it answered ({_answer(error)})", retryable=True
        )


def _tls_for(server: SmtpServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if server.is_loopback and not server.is_tls:
        # a mail server on the same machine offers STARTTLS with a certificate of its own making (Debian's do)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_alive(connection: smtplib.SMTP) -> bool:
    try:
        return connection.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _refused(recipient: str, code: int, reason: bytes | str) -> DeliveryError:
    return DeliveryError(f"{recipient}: refused with {code} {_plain(reason)}", retryable=not 500 <= code < 600)


def _answer(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_plain(error.smtp_error)}"
    return _plain(str(error) or type(error).__name__)


def _plain(reason: bytes | str) -> str:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return " ".join(text.split())[:200]
