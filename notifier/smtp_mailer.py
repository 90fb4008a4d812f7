"""Mail by SMTP: one connection for many mails, TLS where the server offers it, answers turned into DeliveryError."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from clausewatch.errors import DeliveryError, SettingsError
from notifier.answers import is_surely_hard
from notifier.mailer import AddressRefused, TransportDown

TIMEOUT_SECONDS = 30
_DONE, _FORWARDED = 250, 251
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
        recipient, content = message["To"].addresses[0].addr_spec, bytes(message)
        is_used = self._connection is not None
        for is_last_try in (not is_used, True):
            connection = self._connected()
            envelope = self._envelope(connection, message, content, key=key)
            try:
                _hand_over(connection, envelope, content)
            except (smtplib.SMTPException, OSError) as error:
                if not is_last_try and _is_over(error):
                    self.close()
                    continue
                raise self._explained(error, recipient) from error
            return str(message["Message-ID"])
        raise AssertionError("the second try returns or raises")

    def _envelope(self, connection: smtplib.SMTP, message: EmailMessage, content: bytes, *, key: str) -> _Envelope:
        """Who the mail is from and for, and what the server is asked by the extensions that it offers."""
        sender, recipient = (message[name].addresses[0].addr_spec for name in ("From", "To"))
        options, recipient_options = [], []
        if connection.has_extn("size"):
            largest = connection.esmtp_features["size"]
            if largest.isdigit() and 0 < int(largest) < len(content):
                raise DeliveryError(f"{recipient}: {self.server.name} takes {largest} bytes at most", retryable=False)
            options.append(f"SIZE={len(content)}")
        if not content.isascii():  # ours are in 7 bits; this is for what others compose
            if not connection.has_extn("8bitmime"):
                raise DeliveryError(f"{recipient}: {self.server.name} takes no mail in 8 bits", retryable=False)
            options.append("BODY=8BITMIME")
        if connection.has_extn("dsn"):
            # what comes back is to hold a signed link: a notice has it in its headers, a confirmation in its text
            options += [f"RET={'HDRS' if message['List-Unsubscribe'] else 'FULL'}", f"ENVID={_xtext(key)}"]
            recipient_options += ["NOTIFY=FAILURE", f"ORCPT=rfc822;{_xtext(recipient)}"]
        return _Envelope(sender, recipient, tuple(options), tuple(recipient_options))

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
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
        if getattr(error, "smtp_code", None) == _CLOSING:
            self.close()
        if isinstance(error, smtplib.SMTPSenderRefused) and 500 <= error.smtp_code != _TOO_LARGE:
            return TransportDown(
                f"{self.server.name}: refuses mail from {error.sender} ({_answer(error)}); see CLAUSEWATCH_FROM"
            )
        if isinstance(error, _RecipientRefused) and is_surely_hard(_answer(error)):
            reason = f"refused with {_answer(error)}"
            return AddressRefused(f"{recipient}: {reason}", reason=reason)
        if isinstance(error, smtplib.SMTPResponseException):
            return _refused(recipient, error.smtp_code, error.smtp_error)
        self.close()
        if isinstance(error, _Untaken):
            said = f"hung up before it was given the mail ({_answer(error)})"
        else:
            said = f"hung up before it answered ({_answer(error)}); nobody can tell whether it took the mail"
        return DeliveryError(f"{recipient}: {self.server.name} {said}", retryable=True)


def _tls_for(server: SmtpServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if server.is_loopback and not server.is_tls:
        # a mail server on the same machine offers STARTTLS with a certificate of its own making (Debian's do)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(frozen=True, slots=True)
class _Envelope:
    sender: str
    recipient: str
    options: tuple[str, ...]
    recipient_options: tuple[str, ...]


class _RecipientRefused(smtplib.SMTPResponseException):
    """The server's answer to RCPT: it is about the address, and not about the mail."""


class _Untaken(smtplib.SMTPServerDisconnected):
    """The connection broke before the mail was on its way: to try again sends nothing twice."""


def _hand_over(connection: smtplib.SMTP, envelope: _Envelope, content: bytes) -> None:
    """One mail for one recipient. A refusal leaves the connection fit for the next mail."""
    try:
        code, said = connection.mail(envelope.sender, envelope.options)
        if code != _DONE:
            _forget(connection)
            raise smtplib.SMTPSenderRefused(code, said, envelope.sender)
        code, said = connection.rcpt(envelope.recipient, envelope.recipient_options)
        if code not in (_DONE, _FORWARDED):
            _forget(connection)
            raise _RecipientRefused(code, said)
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        if isinstance(error, smtplib.SMTPResponseException):
            raise
        raise _Untaken(_plain(str(error) or type(error).__name__)) from error
    code, said = connection.data(content)
    if code != _DONE:
        raise smtplib.SMTPDataError(code, said)


def _forget(connection: smtplib.SMTP) -> None:
    with suppress(smtplib.SMTPServerDisconnected):  # what it said of the mail counts
        connection.rset()


def _is_over(error: smtplib.SMTPException | OSError) -> bool:
    """Whether the server ended a connection that was good for mails before; the mail goes by a new one."""
    return isinstance(error, _Untaken) or getattr(error, "smtp_code", None) == _CLOSING


def _xtext(text: str) -> str:
    """As RFC 3461, 4, spells what is no plain letter."""
    return "".join(each if "!" <= each <= "~" and each not in "+=" else f"+{ord(each):02X}" for each in text)


def _refused(recipient: str, code: int, reason: bytes | str) -> DeliveryError:
    return DeliveryError(f"{recipient}: refused with {code} {_plain(reason)}", retryable=not 500 <= code < 600)


def _answer(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_plain(error.smtp_error)}"
    return _plain(str(error) or type(error).__name__)


def _plain(reason: bytes | str) -> str:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return " ".join(text.split())[:200]
