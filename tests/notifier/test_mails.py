"""What holds for every mail that is sent, each parsed back by the standard library."""

from __future__ import annotations

import re
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from lxml import html

from notifier.alarm import Alarm, Flood, FloodedDocument
from notifier.compose import LARGEST_MAIL, compose_alarm, compose_goodbye, compose_question
from tests.notifier.samples import ASKED, LINKS, SENDER, mails, part_of, received
from tests.notifier.scenario import NOW

MAILS = {name: received(message) for name, message in mails().items()}
TO_SUBSCRIBERS = ("notice", "digest", "common cause", "quiet digest")
LONGEST_LINE = 998  # RFC 5322, 2.1.1
ADDRESS = re.compile(r"https://watch\.example/[^\s)]*")


def page_of(mail: EmailMessage) -> Any:
    return html.document_fromstring(part_of(mail, "html"))


every_mail = pytest.mark.parametrize("mail", MAILS.values(), ids=MAILS)


@every_mail
def test_it_is_text_and_html_without_a_defect(mail: EmailMessage) -> None:
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in mail.iter_parts()} == {"utf-8"}
    assert not any(part.defects for part in mail.walk())
    assert not any(getattr(value, "defects", ()) for value in mail.values())


@every_mail
def test_it_is_small_in_short_lines_of_ascii(mail: EmailMessage) -> None:
    raw = bytes(mail)
    assert len(raw) < LARGEST_MAIL
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= LONGEST_LINE
    assert b"\n" not in raw.replace(b"\r\n", b"") or b"\r\n" not in raw


@every_mail
def test_its_headers_say_from_whom_and_that_no_person_wrote_it(mail: EmailMessage) -> None:
    assert mail["From"] == SENDER
    assert len(mail["To"].addresses) == 1
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@watch.example>")
    assert mail["Date"].datetime.utcoffset() is not None
    assert 0 < len(mail["Subject"]) <= 150
    assert [name for name in set(mail) if len(mail.get_all(name, [])) > 1] == []


@every_mail
def test_only_mails_of_the_list_offer_one_click_to_leave_it(mail: EmailMessage, request: pytest.FixtureRequest) -> None:
    is_of_list = any(f"[{name}]" in request.node.name for name in TO_SUBSCRIBERS)
    names = ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID")
    assert [name in mail for name in names] == [is_of_list] * 4
    if is_of_list:
        assert mail["List-Unsubscribe"] == f"<{LINKS.unsubscribe}>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        for subtype in ("plain", "html"):
            assert LINKS.unsubscribe in part_of(mail, subtype)
            assert LINKS.manage in part_of(mail, subtype)


@every_mail
def test_its_text_is_complete_by_itself(mail: EmailMessage) -> None:
    text, page = part_of(mail, "plain"), page_of(mail)
    linked = {link for link in page.xpath("//a/@href") if not link.endswith(".example/")}
    assert linked <= set(ADDRESS.findall(text))
    plain = " ".join(re.sub(r"[^\w]+", " ", text.replace("[-", "").replace("{+", "")).split())
    for element in page.xpath("//p[@class='what'] | //h2 | //blockquote"):
        words = [word for word in re.findall(r"\w+", element.text_content()) if len(word) > 3]
        assert all(word in plain for word in words), element.text_content()
    assert all(len(line) <= 72 or ADDRESS.search(line) or "https://" in line for line in text.splitlines())
    assert not re.search(r"</?(p|div|span|a|li|ul)\b", text)


@every_mail
def test_its_page_needs_nothing_from_elsewhere_and_carries_its_style(mail: EmailMessage) -> None:
    page = page_of(mail)
    assert page.xpath("//img | //script | //link | //iframe | //form | //*[@src] | //*[@background]") == []
    assert "url(" not in part_of(mail, "html")
    assert all(link.startswith("https://watch.example/") for link in page.xpath("//@href"))
    # what a program that drops <style> shows is readable all the same
    assert page.xpath("//body/@style")
    assert page.xpath("//a[not(@style)] | //h1[not(@style)] | //p[not(@style)] | //blockquote[not(@style)]") == []
    assert page.xpath("//*[@class][not(@style)]") == []
    (style,) = page.xpath("//style/text()")
    assert style.strip().startswith("@media (prefers-color-scheme: dark)")
    assert page.xpath("//meta[@name='color-scheme']/@content") == ["light dark"]
    assert page.get("lang") == "en"


@pytest.mark.parametrize(
    "address",
    ["ada@example.com", '"ada lovelace"@example.com', '"a\\"b@c"@example.com', "ada+policies@xn--bcher-kva.example",
     f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example"],
)  # fmt: skip
def test_it_reaches_addresses_of_every_form(address: str) -> None:
    asked = replace(ASKED, email=address)
    mail = received(compose_goodbye(asked, link="https://watch.example/subscribe", sender=SENDER, now=NOW))
    (recipient,) = mail["To"].addresses
    assert recipient.addr_spec == address
    assert mail["To"].defects == ()


HOSTILE = "<img src=x onerror=y> {{ 7*7 }} {% raw %}\r\nBcc: eve@example.com\r\n\r\n\u202e&amp;"


def test_what_the_operator_is_told_of_others_stays_text() -> None:
    alarm = Alarm(
        document=HOSTILE, url=HOSTILE, why=HOSTILE, reason=HOSTILE, since_at=NOW, last_good_at=None, looks=2,
        what_to_do=(HOSTILE,),
    )  # fmt: skip
    flood = Flood(subscribers=9, of=9, share=0.5, documents=(FloodedDocument(HOSTILE, HOSTILE, 9),), more_documents=0)
    for message in (
        compose_alarm("op@watch.example", [alarm], key="a", sender=SENDER, now=NOW),
        compose_question("op@watch.example", flood, key="b", sender=SENDER, now=NOW),
    ):
        mail = received(message)
        assert mail["Bcc"] is None
        assert len(list(mail.iter_parts())) == 2
        assert page_of(mail).xpath("//img") == []
        assert "{{ 7*7 }} {% raw %}" in page_of(mail).text_content()
        assert "49" not in part_of(mail, "plain")


def test_no_two_mails_are_taken_for_one() -> None:
    assert len({mail["Message-ID"] for mail in MAILS.values()}) == len(MAILS)


def test_a_quiet_digest_proves_that_someone_watches() -> None:
    mail = MAILS["quiet digest"]
    assert mail["Subject"] == "Nothing changed: 42 documents watched, 1 gap"
    text = " ".join(part_of(mail, "plain").split())
    assert "From 26 February 2025 to 5 March 2025 Clausewatch watched 42 documents for you, with 1 gap" in text
    assert "severity: high or higher" in text
    assert mail["Feedback-ID"] == "quiet:weekly:notices:clausewatch"


def test_a_question_tells_the_operator_what_would_go_out_and_how_to_answer() -> None:
    mail = MAILS["question"]
    assert mail["Subject"] == "Held back: mail to 812 of 900 subscribers. Is it meant?"
    for subtype in ("plain", "html"):
        said = " ".join(part_of(mail, subtype).split())
        for words in ("skyforge/privacy-policy", "Flight logs are kept for longer.", "And 4 more.", "deliver --anyway"):
            assert words in said
