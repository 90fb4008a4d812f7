"""Servers on loopback that take mail: real SMTP by aiosmtpd, and a stand-in for SendGrid. Both do as they are told."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.notifier.sendgrid_rules import problems

ACCEPTED = "250 OK"


@dataclass
class Postbox:
    """What an SMTP server got, and how it is to answer."""

    host: str = "127.0.0.1"
    port: int = 0
    needs_login: bool = False
    mails: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    connections: int = 0
    extensions: list[str] = field(default_factory=list)  # offered beside those that aiosmtpd knows: DSN
    asked: list[str] = field(default_factory=list)  # what MAIL and RCPT were given for them
    open: list[SMTP] = field(default_factory=list)
    on_mail: Callable[[str], str | None] = lambda sender: ACCEPTED  # None: hang up without an answer
    on_recipient: Callable[[str], str] = lambda recipient: ACCEPTED
    on_data: Callable[[bytes], str | None] = lambda content: ACCEPTED  # None: hang up without an answer

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += not session.host_name
        session.host_name = hostname
        self.open.append(server)
        return [*responses[:-1], *(f"250-{name}" for name in self.extensions), *responses[-1:]]

    def hang_up(self) -> None:
        """End all connections without a word, as a server does that is started again."""
        for server in self.open:
            if server.transport is not None:
                server.loop.call_soon_threadsafe(server.transport.close)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = "530 log in first" if self.needs_login and not session.authenticated else self.on_mail(address)
        if answer == ACCEPTED:
            envelope.mail_from = address
        if answer is None:
            assert server.transport is not None
            server.transport.close()
        return answer or "451 nobody reads this"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.on_recipient(address)
        if answer == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        answer = self.on_data(content)
        if answer is None:
            assert server.transport is not None
            server.transport.close()
            return "451 nobody reads this"
        if answer == ACCEPTED:
            self.recipients.append(list(envelope.rcpt_tos))
            self.mails.append(content)  # last: who waits for a mail asks then whose it is
        return answer


class _Server(SMTP):
    """Takes the parameters of RFC 3461, which aiosmtpd does not know, and notes them."""

    async def smtp_MAIL(self, arg: str | None) -> None:
        await super().smtp_MAIL(self._without_dsn(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:
        await super().smtp_RCPT(self._without_dsn(arg))

    def _without_dsn(self, arg: str | None) -> str | None:
        postbox = self.event_handler
        words = (arg or "").split(" ")
        taken = [word for word in words if "DSN" in postbox.extensions and word.split("=")[0] in _OF_DSN]
        postbox.asked += taken
        return " ".join(word for word in words if word not in taken) or None


_OF_DSN = ("RET", "ENVID", "NOTIFY", "ORCPT")


class _Controller(Controller):
    """Serves on a socket that is bound already: aiosmtpd's own cannot take whichever port is free."""

    listening: socket.socket

    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)

    def _create_server(self) -> Coroutine[Any, Any, asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self.listening, ssl=self.ssl_context)


@contextmanager
def smtp_server(
    *,
    login: tuple[str, str] | None = None,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    largest: int | None = None,
) -> Iterator[Postbox]:
    """A real SMTP server: one that offers STARTTLS, or TLS from the first byte; with ``login``, mail only after it."""

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        return AuthResult(success=given == login, handled=False)

    listening = socket.create_server(("127.0.0.1", 0))
    postbox = Postbox(port=listening.getsockname()[1], needs_login=bool(login))
    options: dict[str, Any] = {"tls_context": starttls} if starttls else {"ssl_context": tls}
    if largest:
        options["data_size_limit"] = largest
    if login:
        # the postbox asks for the login: aiosmtpd's own way of asking warns where there is no TLS
        options |= {"authenticator": authenticate, "auth_require_tls": bool(starttls)}
    controller = _Controller(postbox, hostname=postbox.host, port=postbox.port, **options)
    controller.listening = listening
    controller.start()
    try:
        yield postbox
    finally:
        controller.stop()


Answer = tuple[int, dict[str, str], bytes]  # status, headers, body


@dataclass
class SendGridStandIn:
    """What was asked of it, and how it is to answer."""

    url: str = ""
    requests: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    answer: Answer = (202, {"X-Message-Id": "sg-1"}, b"")
    on_request: Callable[[dict[str, Any]], Answer | None] = lambda body: None  # before ``answer`` is given
    release: threading.Event = field(default_factory=threading.Event)  # an answer of status 0 waits for it

    def answer_to(self, body: dict[str, Any]) -> Answer:
        found = problems(body)
        if found:
            return 400, {}, json.dumps({"errors": [{"message": each} for each in found]}).encode()
        return self.on_request(body) or self.answer


@contextmanager
def sendgrid_stand_in() -> Iterator[SendGridStandIn]:
    """An HTTP server where SendGrid's ``/v3/mail/send`` would be. It refuses what SendGrid would."""
    stand_in = SendGridStandIn()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stand_in.requests.append(({**dict(self.headers), "path": self.path}, body))
            status, headers, content = stand_in.answer_to(body)
            if status == 0:
                stand_in.release.wait(10)
                return
            self.send_response_only(status)  # with no headers of its own
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            """Nothing: the tests read ``requests``."""

    with served(Answers) as url:
        stand_in.url = url
        try:
            yield stand_in
        finally:
            stand_in.release.set()


@contextmanager
def served(answers: type[BaseHTTPRequestHandler], *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """An HTTP server on loopback; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Certificate:
    """A certificate of our own making for 127.0.0.1."""

    serving: ssl.SSLContext
    trusting: ssl.SSLContext


def certificate_for_loopback(folder: Path) -> Certificate:
    """Make one in the folder."""
    made, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
         "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", made],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(made, key)
    return Certificate(serving, ssl.create_default_context(cafile=str(made)))
