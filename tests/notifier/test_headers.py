"""Every mail, parsed back from what a real SMTP server got, by the rules of RFC 2369, 2919, 3834, 5322 and 8058."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from clausewatch.model import Document
from notifier.compose import (
    compose_alarm,
    compose_confirmation,
    compose_goodbye,
    compose_notice,
    compose_quiet,
)
from notifier.entries import Entry
from notifier.letter import Watched
from notifier.smtp_mailer import SmtpMailer, SmtpServer
from notifier.tokens import Links, links_for
from tests.notifier.scenario import DAY, NOW, comparison, document, finding, subscription
from tests.notifier.servers import smtp_server
from tests.notifier.test_mailer import SENDER

LINKS: Links = links_for(b"x", "0123456789abcdef", public_url="https://watch.example/policies", now=NOW)


def notice(count: int = 1, *, about: Document | None = None) -> EmailMessage:
    entries = [
        Entry(f"n{number}", comparison(finding(), name=str(number)), about or document()) for number in range(count)
    ]
    return compose_notice(subscription(every="daily"), entries, links=LINKS, sender=SENDER, now=NOW)


def quiet() -> EmailMessage:
    watched = Watched(documents=42, gaps=1, from_on=(NOW - 7 * DAY).date(), to_on=NOW.date())
    asked = subscription(every="weekly")
    return compose_quiet(asked, watched, key="feedfacefeedface", links=LINKS, sender=SENDER, now=NOW)


def confirmation() -> EmailMessage:
    link = "https://watch.example/confirm/x"
    return compose_confirmation(subscription(), link=link, until_at=NOW, sender=SENDER, now=NOW)


def goodbye() -> EmailMessage:
    return compose_goodbye(subscription(), link="https://watch.example/subscribe", sender=SENDER, now=NOW)


def alarm() -> EmailMessage:
    return compose_alarm("ada@example.com", [], key="feedfacefeedface", sender=SENDER, now=NOW)


LISTED: dict[str, Callable[[], EmailMessage]] = {"notice": notice, "digest": lambda: notice(3), "quiet": quiet}
SINGLE: dict[str, Callable[[], EmailMessage]] = {"confirmation": confirmation, "goodbye": goodbye, "alarm": alarm}


def received(message: EmailMessage) -> EmailMessage:
    """The mail as it came out of a real server."""
    with smtp_server() as postbox, SmtpMailer(SmtpServer(postbox.host, postbox.port, False)) as mailer:
        mailer.send(message, key="k")
        (raw,) = postbox.mails
    head = raw.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= 998 for line in raw.splitlines()), "RFC 5322, 2.1.1"
    names = [line.partition(b":")[0].lower() for line in head.splitlines() if not line.startswith((b" ", b"\t"))]
    assert len(set(names)) == len(names), "no header stands twice"
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


@pytest.mark.parametrize("name", [*LISTED, *SINGLE])
def test_every_mail_says_that_no_person_wrote_it_and_who_did(name: str) -> None:
    mail = received((LISTED | SINGLE)[name]())
    assert mail["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<[0-9a-f]{16}@watch\.example>", mail["Message-ID"])
    assert parsedate_to_datetime(mail["Date"]) == NOW
    assert mail["From"].addresses[0].addr_spec == "notices@watch.example"
    assert [each.addr_spec for each in mail["To"].addresses] == ["ada@example.com"]
    assert mail["MIME-Version"] == "1.0"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["Precedence"] is None
    assert mail["Reply-To"] is None


@pytest.mark.parametrize("name", LISTED)
def test_who_is_told_can_leave_with_one_click_of_the_mail_program(name: str) -> None:
    mail = received(LISTED[name]())
    assert mail["List-Unsubscribe"] == f"<{LINKS.unsubscribe}>"
    assert urlsplit(LINKS.unsubscribe).scheme == "https", "RFC 8058, 3.1"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = mail.get_body(("plain",))
    assert text is not None
    assert LINKS.unsubscribe in text.get_content()
    assert re.fullmatch(r"[A-Za-z ]+ <[a-z0-9-]+(\.[a-z0-9-]+)+>", mail["List-Id"]), "RFC 2919, 3"


@pytest.mark.parametrize("name", LISTED)
def test_feedback_is_by_kind_of_mail_and_names_nobody(name: str) -> None:
    fields = LISTED[name]()["Feedback-ID"].split(":")
    assert len(fields) == 4
    assert fields[0] == name
    assert 5 <= len(fields[3]) <= 15, "the sender's name, as Gmail wants it"
    assert "ada" not in ":".join(fields)


@pytest.mark.parametrize("name", SINGLE)
def test_what_is_no_list_has_no_headers_of_one(name: str) -> None:
    mail = received(SINGLE[name]())
    assert not [header for header in mail if header.lower().startswith("list-")]


@pytest.mark.parametrize("name", [*LISTED, *SINGLE])
def test_a_mail_that_is_made_again_is_the_same_mail(name: str) -> None:
    make = (LISTED | SINGLE)[name]
    assert bytes(make()) == bytes(make())


def test_the_same_notices_have_one_message_id_in_whatever_order_and_others_another() -> None:
    assert notice(2)["Message-ID"] == notice(2)["Message-ID"]
    assert len({notice(count)["Message-ID"] for count in (1, 2, 3)}) == 3


def test_no_name_of_a_vendor_makes_a_header() -> None:
    evil = "Lamps\r\nBcc: eve@example.com\r\n\r\n<script>"
    mail = received(notice(about=Document(id="d", vendor="v", vendor_name=evil, slug="p", type=evil)))
    assert mail["Bcc"] is None
    assert "Bcc: eve@example.com" in mail["Subject"]
