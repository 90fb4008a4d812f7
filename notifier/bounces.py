"""Mails that come back: reports of mail servers (RFC 3464, and older forms) and complaints (RFC 5965). Pure.

Anyone can write such a mail. So it is believed only where it returns a signed link of ours, as in List-Unsubscribe;
what else names a mail or an address can be guessed, and counts only where the operator says that the mailbox is safe.
"""

from __future__ import annotations

import base64
import hashlib
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import policy
from email.message import Message
from email.parser import BytesParser

from clausewatch.errors import UsageError
from clausewatch.model import content_id
from notifier.answers import is_hard
from notifier.returns import Return, Verdict
from notifier.tokens import Purpose, read_token

LARGEST_REPORT = 500_000  # bytes that are read; our largest mail comes back in a third of that
_MOST_RECIPIENTS = 20  # of one report: ours go to one
_LONGEST_REASON = 200
_LONGEST_HEADER = 5000
_BEFORE_ALL = datetime.fromtimestamp(0, UTC)  # a link that has expired since proves as much

_PURPOSES = (Purpose.UNSUBSCRIBE, Purpose.MANAGE, Purpose.CONFIRM)
_LINK = re.compile(rf"/({'|'.join(_PURPOSES)})/([0-9a-f]{{16}}\.[0-9]{{1,12}}\.[A-Za-z0-9_-]{{43}})(?![A-Za-z0-9_-])")
_MESSAGE_ID = re.compile(r"<([0-9a-f]{16})@")
_KEY = re.compile(r"[0-9a-f]{16}")
_QMAIL = re.compile(r"\A\s*Hi\. This is the ")  # its own form, QSBMF: paragraphs that begin with <address>:
_QMAIL_PARAGRAPH = re.compile(r"^<([^>\s]+)>:\s*\n((?:.+\n?)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a report says of one address."""

    address: str | None
    verdict: Verdict
    reason: str


def read_bounce(raw: bytes, *, secret: bytes, is_trusted: bool = False) -> list[Return]:
    """What the mail reports, one Return for each address; nothing where it is no report.

    With ``is_trusted`` one without a signed link is believed too, for the mail or the address that it names.
    """
    try:
        message = _parsed(raw)
        parts = list(_parts(message))
        recipients = list(_recipients(message, parts))[:_MOST_RECIPIENTS]
    except RecursionError:  # parts in parts in parts: no mail server writes that
        return []
    if not recipients:
        return []
    known_by = content_id("bounce", hashlib.sha256(raw).hexdigest())
    about = _about(parts, secret)
    return [
        replace(
            about, id=f"{known_by}-{number}", verdict=found.verdict, reason=found.reason,
            mail=about.mail if about.subscription or is_trusted else None,
            email=found.address if is_trusted and not (about.mail or about.subscription) else None,
        )
        for number, found in enumerate(recipients)
    ]  # fmt: skip


def _parsed(raw: bytes) -> Message:
    """The mail, its headers cut to what ours have: Python takes minutes for one of a megabyte.

    By the old policy, which reads no header's value that is not asked for.
    """
    kept, length = [], 0
    for line in raw[:LARGEST_REPORT].splitlines(keepends=True):
        length = length + len(line) if line.startswith((b" ", b"\t")) else 0  # of a header that goes on, or of text
        if length < _LONGEST_HEADER:
            kept.append(line if len(line) <= _LONGEST_HEADER else line[:_LONGEST_HEADER] + b"\r\n")
    return BytesParser(policy=policy.compat32).parsebytes(b"".join(kept))


def _parts(message: Message) -> Iterator[Message]:
    """All parts, however deep; those that cannot be read are passed over."""
    stack: list[Message] = [message]
    seen = 0
    while stack and seen < 200:  # a mail of ours comes back in a few
        part = stack.pop()
        seen += 1
        yield part
        payload = part.get_payload()
        if isinstance(payload, list):
            stack += [each for each in payload[::-1] if isinstance(each, Message)]


# --- what is reported -----------------------------------------------------------------------------------------


def _recipients(message: Message, parts: list[Message]) -> Iterator[Recipient]:
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            yield from filter(None, map(_of_status, _blocks(part)))
            return
        if kind == "message/feedback-report":
            yield from filter(None, [_of_complaint(block) for block in _blocks(part)])
            return
    text = _text(parts)
    failed = _header(message, "X-Failed-Recipients")  # Exim before 4.94, and others still
    if failed:
        for address in failed.split(","):
            yield _judged(address.strip(), "failed", "", text)
    elif _QMAIL.match(text):
        for address, reason in _QMAIL_PARAGRAPH.findall(text):
            yield _judged(address, "failed", "", reason)


def _blocks(part: Message) -> list[Message]:
    """The groups of fields. Python reads them as messages; some servers send them in base64, or as text."""
    payload = part.get_payload()
    blocks = [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []
    encoding = _header(part, "Content-Transfer-Encoding").lower()
    if any(each.keys() for each in blocks) and encoding not in ("base64", "quoted-printable"):
        return blocks
    text = _undone("\n".join(map(_decoded, blocks)) if blocks else _decoded(part), encoding)
    return [_parsed(block.encode()) for block in re.split(r"\r?\n[ \t]*\r?\n", text) if block.strip()]


def _of_status(block: Message) -> Recipient | None:
    """A group of fields for one recipient (RFC 3464, 2.3); None for the group about the message."""
    action = _header(block, "Action").lower()
    address = _address(_header(block, "Original-Recipient") or _header(block, "Final-Recipient"))
    if not action or not (address or _header(block, "Final-Recipient")):
        return None
    status = _header(block, "Status")
    return _judged(address, action, status, _header(block, "Diagnostic-Code"))


def _of_complaint(block: Message) -> Recipient | None:
    kind = _header(block, "Feedback-Type").lower()
    if kind in ("abuse", "fraud", "opt-out", "opt-out-list"):
        return Recipient(_address(_header(block, "Original-Rcpt-To")), Verdict.STOP, f"complaint: {kind}")
    return None


def _judged(address: str | None, action: str, status: str, diagnosis: str) -> Recipient:
    reason = " ".join(f"{status} {diagnosis}".split())[:_LONGEST_REASON]
    if action != "failed":  # delayed, delivered, relayed, expanded: what ends it is told in another report
        return Recipient(address, Verdict.NOTHING, reason)
    verdict = Verdict.STOP if is_hard(status, diagnosis) else Verdict.SOFT
    return Recipient(address, verdict, f"bounced: {reason}" if verdict is Verdict.STOP else reason)


def _address(field: str) -> str | None:
    """The address of ``rfc822; name@example.com``, undone from RFC 3461's spelling of odd characters."""
    kind, separator, value = field.partition(";")
    text = (value if separator else kind).strip().strip("<>")
    decoded = re.sub(r"\+([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), text)
    return decoded if "@" in decoded and decoded.isprintable() else None


# --- what it is about -----------------------------------------------------------------------------------------


def _about(parts: list[Message], secret: bytes) -> Return:
    """The mail of ours that came back, by what it holds; the rest of the Return is left to fill in."""
    unknown = Return(id="", verdict=Verdict.NOTHING, reason="")
    texts = [text for part in parts for text in _texts_of(part)]
    for text in texts:
        for purpose, token in _LINK.findall(text):
            subscription = _subscription(secret, token, purpose=Purpose(purpose))
            if subscription:
                return replace(unknown, subscription=subscription, mail=_mail(parts, texts))
    return replace(unknown, mail=_mail(parts, texts))


def _subscription(secret: bytes, token: str, *, purpose: Purpose) -> str | None:
    try:
        return read_token(secret, token, purpose=purpose, now=_BEFORE_ALL)
    except UsageError:  # signed by nobody we know
        return None


def _mail(parts: list[Message], texts: list[str]) -> str | None:
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            for block in _blocks(part):
                envelope = _header(block, "Original-Envelope-Id").strip()
                if _KEY.fullmatch(envelope):
                    return envelope
    for part in parts[1:]:  # the first is the report itself
        found = _MESSAGE_ID.search(_header(part, "Message-ID"))
        if found:
            return found[1]
    for text in texts:
        found = re.search(r"^Message-ID:\s*<([0-9a-f]{16})@", text, re.MULTILINE | re.IGNORECASE)
        if found:
            return found[1]
    return None


def _texts_of(part: Message) -> Iterator[str]:
    """The headers of a returned mail, unfolded, and what text there is."""
    for name in ("List-Unsubscribe", "References", "In-Reply-To"):
        if value := _header(part, name):
            yield value
    if not part.is_multipart():
        text = _decoded(part)
        yield text
        yield re.sub(r"\r?\n[ \t]+", " ", text)  # headers that are returned as text are folded


def _text(parts: list[Message]) -> str:
    return next((_decoded(part) for part in parts if part.get_content_type() == "text/plain"), "")


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload.decode("utf-8", "replace")
    inner = part.get_payload()
    if isinstance(inner, list):
        return "\n\n".join(_decoded(each) for each in inner if isinstance(each, Message) and not each.is_multipart())
    return str(inner)


def _undone(text: str, encoding: str) -> str:
    """Python leaves the fields of a report encoded."""
    if encoding == "quoted-printable":
        return quopri.decodestring(text.encode()).decode("utf-8", "replace")
    try:
        return base64.b64decode(text).decode("utf-8", "replace") if encoding == "base64" else text
    except ValueError:  # broken on the way
        return text


def _header(part: Message, name: str) -> str:
    """The header on one line; empty where it is missing, or so odd that Python fails at it."""
    try:
        return " ".join(str(part.get(name) or "").split())
    except (ValueError, IndexError, AttributeError, TypeError):
        return ""
