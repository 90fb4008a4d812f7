"""Notices by webhook: JSON, signed, posted to the address that a subscriber named. When, the outbox decides.

Signed as standardwebhooks.com has it: HMAC-SHA256 over ``id.timestamp.body``, so that libraries for it can check.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Collection, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, quote, urlsplit

from clausewatch.errors import DeliveryError, UsageError
from clausewatch.instants import rfc3339
from clausewatch.model import Finding, Quote, Side
from clausewatch.public import connect, is_allowed, refusal
from notifier.mailer import ReceiverGone

if TYPE_CHECKING:
    from clausewatch.model import Comparison, Document

TIMEOUT_SECONDS = 10.0  # for a whole call, however slowly the receiver drips
LONGEST_ADDRESS = 2000
AGENT = "Clausewatch"
_GONE = 410
_SAFE_IN_PATH = "/%:@!$&'()*+,;=~-._?"
_LONGEST_PAUSE_SECONDS = 86_400.0  # that a receiver may ask for


@dataclass(frozen=True, slots=True)
class Call:
    """What is posted where. The same key for the same notices: receivers drop what they have seen."""

    address: str
    body: bytes
    key: str
    secret: str  # as ``signing_secret`` gives it


def checked_webhook(address: str, allow_hosts: Collection[str]) -> str:
    """The address as it is called: trimmed, in ASCII. Raises UsageError for one that is not public, or not https."""
    trimmed = address.strip()
    reason = refusal(trimmed, allow_hosts)
    if not reason and len(trimmed) > LONGEST_ADDRESS:
        reason = f"the address is longer than {LONGEST_ADDRESS} characters"
    if not reason and not trimmed.lower().startswith("https://") and not is_allowed(trimmed, allow_hosts):
        reason = "only https is called"
    if reason:
        raise UsageError(f"{trimmed[:80]!r} is no webhook that can be called; {reason}")
    parts = urlsplit(trimmed)
    netloc = _host(parts) if parts.port is None else f"{_host(parts)}:{parts.port}"
    return parts._replace(netloc=netloc, path=quote(parts.path, safe=_SAFE_IN_PATH),
                          query=quote(parts.query, safe=_SAFE_IN_PATH), fragment="").geturl()  # fmt: skip


def signing_secret(secret: bytes, subscription: str) -> str:
    """What the calls of that subscription are signed with, as its receiver is told it."""
    digest = hmac.new(secret, b"webhook\0" + subscription.encode(), hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(digest).decode('ascii')}"


def signature(call: Call, at: datetime) -> str:
    """The header's value: its scheme, and the HMAC-SHA256 in base64."""
    key = base64.b64decode(call.secret.removeprefix("whsec_"))
    signed = f"{call.key}.{int(at.timestamp())}.".encode() + call.body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode('ascii')}"


def webhook_body(
    key: str, subscription: str, notices: Sequence[tuple[str, Comparison, Document]], *, public_url: str
) -> bytes:
    """The notices, each with its id, comparison and document, as JSON. Same input, same bytes."""
    body = {
        "type": "notices",
        "id": key,
        "subscription": subscription,
        "notices": [
            _notice(notice, comparison, document, public_url=public_url) for notice, comparison, document in notices
        ],
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def post(
    call: Call,
    *,
    at: datetime,
    allow_hosts: Collection[str],
    tls: ssl.SSLContext | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> None:
    """Call the webhook once; 2xx is taken. Raises DeliveryError, retryable but for an address that is refused;
    ReceiverGone at a 410.

    No redirect is followed. An address may hold a password, so errors name its host alone.
    """
    parts = urlsplit(call.address)
    name = parts.hostname or "webhook"
    try:
        status, pause = _answer(call, parts, at=at, allow_hosts=allow_hosts, tls=tls, timeout_seconds=timeout_seconds)
    except PermissionError as error:
        raise DeliveryError(f"{name}: is not called ({error.strerror})", retryable=False) from error
    except (OSError, HTTPException, UnicodeError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DeliveryError(f"{name}: no answer ({reason}); it is called again with the same id", retryable=True) from (
            error
        )
    if 200 <= status < 300:
        return
    if status == _GONE:
        raise ReceiverGone(f"{name}: answered {status}")
    said = "; redirects are not followed" if 300 <= status < 400 else ""
    raise DeliveryError(f"{name}: answered {status}{said}", retryable=True, retry_after_seconds=pause)


def _answer(
    call: Call, parts: SplitResult, *, at: datetime, allow_hosts: Collection[str], tls: ssl.SSLContext | None,
    timeout_seconds: float,
) -> tuple[int, float | None]:  # fmt: skip
    """The status, and for how many seconds the receiver asks not to be called."""
    host = _host(parts)
    opened = [connect(call.address, allow_hosts, timeout_seconds=timeout_seconds)]
    # a time-out of the socket holds for each byte: who drips one now and then is cut off by this
    deadline = threading.Timer(timeout_seconds, lambda: _cut(opened[-1]))
    deadline.start()
    try:
        connection = HTTPConnection(host, parts.port)
        if parts.scheme == "https":
            context = tls or ssl.create_default_context()
            connection = HTTPSConnection(host, parts.port, context=context)
            wrapped = context.wrap_socket(opened[-1], server_hostname=host.strip("[]"), do_handshake_on_connect=False)
            opened.append(wrapped)
            wrapped.do_handshake()
        connection.sock = opened[-1]
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body=call.body, headers=_headers(call, at))
        with closing(connection.getresponse()) as answer:
            return answer.status, _pause(answer)
    finally:
        deadline.cancel()
        deadline.join()
        opened[-1].close()


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):  # it may have ended already
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # under TLS too, whose own would say goodbye first


def _headers(call: Call, at: datetime) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "Connection": "close",
        "webhook-id": call.key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature(call, at),
    }


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host.encode("idna").decode("ascii")


def _pause(answer: HTTPResponse) -> float | None:
    try:
        return min(max(0.0, float(answer.headers.get("Retry-After", ""))), _LONGEST_PAUSE_SECONDS)
    except ValueError:
        return None


# --- the body, its fields named as in the comparisons of the API ----------------------------------------------


def _notice(notice: str, comparison: Comparison, document: Document, *, public_url: str) -> dict[str, Any]:
    return {
        "id": notice,
        "comparison": comparison.id,
        "url": f"{public_url.rstrip('/')}/comparisons/{comparison.id}",
        "vendor": document.vendor,
        "vendor_name": document.vendor_name,
        "document": document.slug,
        "document_type": document.type,
        "severity": comparison.severity.value if comparison.severity else None,
        "summary": comparison.summary,
        "before": _side(comparison.before),
        "after": _side(comparison.after),
        "findings": [_finding(finding) for finding in comparison.findings],
    }


def _side(side: Side) -> dict[str, Any]:
    return {"id": side.id, "at": rfc3339(side.at) if side.at else None, "sha256": side.sha256}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "direction": finding.direction.value,
        "effect": finding.effect.value,
        "subject": finding.subject,
        "severity": finding.severity.value,
        "section": list(finding.section),
        "sentence": finding.sentence,
        "before": _quote(finding.before),
        "after": _quote(finding.after),
    }


def _quote(quoted: Quote | None) -> dict[str, Any] | None:
    return {"quote": quoted.quote, "start": quoted.start, "end": quoted.end} if quoted else None
