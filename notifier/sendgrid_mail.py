"""Mails as SendGrid's requests: one for a mail, or one for many that say the same but for their personal links. Pure.

The limits are those of SendGrid's description of ``/v3/mail/send`` as of 2026.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from clausewatch.model import content_id

if TYPE_CHECKING:
    from sendgrid.helpers.mail import Mail, Personalization

CATEGORY = "clausewatch"
DELIVERY = "delivery"  # the custom argument that names the mail in events
MOST_AT_ONCE = 100  # SendGrid takes 1,000; but where no answer comes, all of a request may come twice
_CARRIED = ("Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "Feedback-ID")
_LINK = re.compile(r"https?://[^\s<>\"']{1,900}/[0-9a-f]{16}\.[0-9]{1,12}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")

Keyed = tuple[EmailMessage, str]  # a mail, and the key that names it


@dataclass(frozen=True, slots=True)
class Shared:
    """A mail in pieces: what it has in common with others, and its own links by the marks that stand for them."""

    sender: str
    subject: str
    text: str
    html: str
    category: str
    links: tuple[tuple[str, str], ...]  # mark and link

    @property
    def common(self) -> tuple[str, ...]:
        return self.sender, self.subject, self.text, self.html, self.category


def requests(mails: Sequence[Keyed], *, is_sandbox: bool) -> Iterator[tuple[list[Keyed], dict[str, Any]]]:
    """The requests that carry these mails, each with the mails in it; at most MOST_AT_ONCE to a request."""
    alike: defaultdict[tuple[str, ...], list[tuple[Keyed, Shared]]] = defaultdict(list)
    for keyed in mails:
        shared = _shared(keyed[0])
        alike[shared.common].append((keyed, shared))
    for group in alike.values():
        for at in range(0, len(group), MOST_AT_ONCE):
            some = group[at : at + MOST_AT_ONCE]
            yield [keyed for keyed, _ in some], _request(some, is_sandbox=is_sandbox)


def _request(group: Sequence[tuple[Keyed, Shared]], *, is_sandbox: bool) -> dict[str, Any]:
    from sendgrid.helpers.mail import Category, Content, Email, Mail, MailSettings, SandBoxMode

    ((message, _), shared), is_alone = group[0], len(group) == 1
    sender = message["From"].addresses[0]
    mail = Mail(from_email=Email(sender.addr_spec, sender.display_name or None), subject=str(message["Subject"]))
    contents = _contents(message) if is_alone else (shared.text, shared.html)
    for subtype, content in zip(("plain", "html"), contents, strict=True):  # SendGrid wants the plain text first
        if content:
            mail.add_content(Content(f"text/{subtype}", content))
    for (each, key), its in group:
        mail.add_personalization(_person(each, key, links=() if is_alone else its.links))
    for category in filter(None, (CATEGORY, shared.category)):  # kept for long at SendGrid: nothing personal
        mail.add_category(Category(category))
    if is_sandbox:
        mail.mail_settings = MailSettings(sandbox_mode=SandBoxMode(True))
    _switch_off_tracking(mail)
    body: dict[str, Any] = mail.get()
    return body


def _person(message: EmailMessage, key: str, *, links: Sequence[tuple[str, str]]) -> Personalization:
    from sendgrid.helpers.mail import CustomArg, Email, Header, Personalization, Substitution

    person = Personalization()
    person.add_to(Email(message["To"].addresses[0].addr_spec))
    for name in _CARRIED:
        if message[name]:
            person.add_header(Header(name, str(message[name])))
    for mark, link in links:
        person.add_substitution(Substitution(mark, link))
    person.add_custom_arg(CustomArg(DELIVERY, key))
    return person


def _switch_off_tracking(mail: Mail) -> None:
    from sendgrid.helpers.mail import ClickTracking, OpenTracking, SubscriptionTracking, TrackingSettings

    tracking = TrackingSettings()
    tracking.click_tracking = ClickTracking(enable=False, enable_text=False)  # it rewrites links
    tracking.open_tracking = OpenTracking(enable=False)
    tracking.subscription_tracking = SubscriptionTracking(enable=False)  # it adds a link beside ours
    mail.tracking_settings = tracking


# --- what mails have in common --------------------------------------------------------------------------------


def _shared(message: EmailMessage) -> Shared:
    text, html = _contents(message)
    links = list(dict.fromkeys(_LINK.findall(text) + _LINK.findall(html)))
    for number, link in enumerate(links):
        text, html = text.replace(link, _placeholder(number)), html.replace(link, _placeholder(number))
    # no text can hold the marks by chance or intent: they are made of the text itself
    salt = content_id("marks", text, html)
    marks = [f"[{salt}-{number}]" for number in range(len(links))]
    for number, mark in enumerate(marks):
        text, html = text.replace(_placeholder(number), mark), html.replace(_placeholder(number), mark)
    feedback = str(message["Feedback-ID"] or "").partition(":")[0]
    return Shared(
        sender=str(message["From"]), subject=str(message["Subject"]), text=text, html=html,
        category=f"{CATEGORY}-{feedback}" if feedback else "", links=tuple(zip(marks, links, strict=True)),
    )  # fmt: skip


def _placeholder(number: int) -> str:
    return f"\0{number}\0"  # a mail holds no such character


def _contents(message: EmailMessage) -> tuple[str, str]:
    parts = [message.get_body((subtype,)) for subtype in ("plain", "html")]
    plain, html = ("" if part is None else str(part.get_content()) for part in parts)
    return plain, html
