"""Mails: a letter through three templates (subject, text, HTML) into one message. Same input, same bytes."""

from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address, AddressHeader, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from functools import lru_cache
from urllib.parse import urlsplit

from clausewatch.errors import SettingsError
from clausewatch.model import Subscription, content_id
from notifier.alarm import Alarm, Flood
from notifier.letter import MEASURES, Entry, Letter, Watched, described, letter
from notifier.lines import one_line, shortened
from notifier.templating import rendered
from notifier.tokens import Links

__all__ = [
    "LARGEST_MAIL",
    "MOST_ALARMS",
    "Alarm",
    "Flood",
    "compose_alarm",
    "compose_confirmation",
    "compose_goodbye",
    "compose_notice",
    "compose_question",
    "compose_quiet",
    "mail_key",
    "read_sender",
]

LARGEST_MAIL = 100_000  # bytes; Gmail cuts what is over 102 kB and hides the link to leave with it
MOST_ALARMS = 50  # keeps the mail well below that; where more fail at once, the fault is seldom theirs
_LONGEST_SUBJECT = 150
_HEADERS_AT_MOST = 5_000  # bytes: the subject encoded, the address to leave with, and a dozen short ones


class _Unfolded(UnstructuredHeader, BaseHeader):
    """A header on one line. Folded, Python would write a long address as an encoded word, which no reader decodes."""

    max_count = 1

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Unfolded)
_POLICY = SMTP.clone(header_factory=_HEADERS, cte_type="7bit")


def mail_key(notices: Sequence[str]) -> str:
    """What names the mail that carries these notices: the same for the same notices, in any order."""
    return content_id("mail", *sorted(notices))


def compose_notice(
    subscription: Subscription,
    entries: Sequence[Entry],
    *,
    links: Links,
    sender: str,
    now: datetime,
    watched: Watched | None = None,
) -> EmailMessage:
    """The mail that tells the subscription of these comparisons, one or more, in under LARGEST_MAIL bytes.

    A digest says too what was ``watched``.
    """
    template = "notice" if len(entries) == 1 else "digest"
    for measure in MEASURES:
        shown = letter(subscription, entries, links=links, measure=measure, watched=watched)
        message = _notice(subscription, entries, template=template, shown=shown, sender=sender, now=now)
        if _size(message) < LARGEST_MAIL:
            break
    return message


def compose_quiet(
    subscription: Subscription,
    watched: Watched,
    *,
    key: str,
    links: Links,
    sender: str,
    now: datetime,
    vendor_names: Mapping[str, str] | None = None,
) -> EmailMessage:
    """The digest of a time in which nothing happened that the subscription asks for: proof that someone watches."""
    message = _envelope(subscription.email, key=key, sender=sender, now=now)
    _add_list_headers(message, links, kind=f"quiet:{subscription.every}")
    return _filled(
        message, "quiet", {"watched": watched, "links": links, "asked_for": described(subscription, vendor_names)}
    )


def compose_confirmation(
    subscription: Subscription,
    *,
    link: str,
    until_at: datetime,
    sender: str,
    now: datetime,
    vendor_names: Mapping[str, str] | None = None,
) -> EmailMessage:
    """The mail that asks whether the address wants this; the only one that an unconfirmed address gets."""
    message = _envelope(subscription.email, key=content_id("confirm", subscription.id, now), sender=sender, now=now)
    return _filled(
        message, "confirm", {"asked_for": described(subscription, vendor_names), "link": link, "until_at": until_at}
    )


def compose_goodbye(
    subscription: Subscription, *, link: str, sender: str, now: datetime, vendor_names: Mapping[str, str] | None = None
) -> EmailMessage:
    """The mail that says that no more will come; ``link`` is where to subscribe again."""
    message = _envelope(subscription.email, key=content_id("goodbye", subscription.id, now), sender=sender, now=now)
    return _filled(message, "goodbye", {"asked_for": described(subscription, vendor_names), "link": link})


def compose_alarm(email: str, alarms: Sequence[Alarm], *, key: str, sender: str, now: datetime) -> EmailMessage:
    """The mail that tells the operator which documents are not seen; the first MOST_ALARMS are named."""
    message = _envelope(email, key=key, sender=sender, now=now)
    shown = alarms[:MOST_ALARMS]
    return _filled(message, "alarm", {"alarms": shown, "count": len(alarms), "left": len(alarms) - len(shown)})


def compose_question(email: str, flood: Flood, *, key: str, sender: str, now: datetime) -> EmailMessage:
    """The mail that asks the operator whether a delivery that would reach so many subscribers is meant."""
    return _filled(_envelope(email, key=key, sender=sender, now=now), "flood", {"flood": flood})


def _notice(
    subscription: Subscription,
    entries: Sequence[Entry],
    *,
    template: str,
    shown: Letter,
    sender: str,
    now: datetime,
) -> EmailMessage:
    key = mail_key([entry.notice for entry in entries])
    message = _envelope(subscription.email, key=key, sender=sender, now=now)
    _add_list_headers(message, shown.links, kind=f"{template}:{subscription.every}")
    return _filled(message, template, {"letter": shown})


def _add_list_headers(message: EmailMessage, links: Links, *, kind: str) -> None:
    host = urlsplit(links.public_url).hostname or "localhost"
    message["List-Id"] = _usual("List-Id", f"Clausewatch notices <notices.clausewatch.{host}>")
    message["List-Unsubscribe"] = f"<{_on_one_line(links.unsubscribe)}>"
    message["List-Unsubscribe-Post"] = _usual("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")  # RFC 8058
    message["Feedback-ID"] = _usual("Feedback-ID", f"{kind}:notices:clausewatch")


def _envelope(email: str, *, key: str, sender: str, now: datetime) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    message["From"] = _usual("From", str(read_sender(sender)))
    message["To"] = Address(addr_spec=email)
    message["Date"] = now
    message["Message-ID"] = f"<{key}@{read_sender(sender).domain}>"
    # RFC 3834: out-of-office replies stay away
    message["Auto-Submitted"] = _usual("Auto-Submitted", "auto-generated")
    return message


def _filled(message: EmailMessage, template: str, values: Mapping[str, object]) -> EmailMessage:
    message["Subject"] = shortened(rendered(f"{template}.subject.txt", values), _LONGEST_SUBJECT)
    # "=" at its head stands in no quoted-printable line, so that no text can end a part
    boundary = f"=_{content_id('boundary', message['Message-ID'])}"
    message["MIME-Version"] = _usual("MIME-Version", "1.0")
    message["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    for subtype, name in (("plain", f"{template}.txt"), ("html", f"{template}.html")):
        message.attach(_part(rendered(name, values), subtype))
    return message


def _part(text: str, subtype: str) -> EmailMessage:
    """A part in quoted-printable, as ``set_content`` makes it, in a tenth of its time: binascii is written in C."""
    part = EmailMessage(policy=_POLICY)
    part["Content-Type"] = _usual("Content-Type", f'text/{subtype}; charset="utf-8"')
    part["Content-Transfer-Encoding"] = _usual("Content-Transfer-Encoding", "quoted-printable")
    part.set_payload(binascii.b2a_qp("\n".join(text.splitlines()).encode() + b"\n", istext=True).decode("ascii"))
    return part


@lru_cache(maxsize=64)
def _usual(name: str, value: str) -> BaseHeader:
    """A header that many mails share: Python takes longer to read one than to write it."""
    return _HEADERS(name, value)


def _size(message: EmailMessage) -> int:
    """How many bytes it has at most, told without writing it out. Lines end in two bytes on their way."""
    payloads = [str(part.get_payload()) for part in message.iter_parts()]
    return sum(len(payload) + payload.count("\n") for payload in payloads) + _HEADERS_AT_MOST


@lru_cache(maxsize=8)
def read_sender(text: str) -> Address:
    """The sender as an address with its name. Raises SettingsError where the setting holds none."""
    try:
        header = HeaderRegistry()("From", text if one_line(text) == text else "")
        addresses = header.addresses if isinstance(header, AddressHeader) else ()
    except IndexError:  # Python's parser runs off the end of some that are cut short
        addresses = ()
    first = addresses[0] if len(addresses) == 1 else None
    if first is None or not first.username or not first.domain or not first.addr_spec.isascii():
        shown = shortened(text, 80)
        raise SettingsError(f"CLAUSEWATCH_FROM: {shown!r} is no mail address; write Name <name@example.com>")
    return first


def _on_one_line(url: str) -> str:
    if not url.isascii() or not url.isprintable() or len(url) > 900:  # a header's line ends before 998
        raise SettingsError(f"CLAUSEWATCH_PUBLIC_URL: {shortened(url, 80)!r} cannot stand in a mail; use ASCII")
    return url
