from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

import pytest

from clausewatch.errors import SettingsError
from clausewatch.model import Comparison, Finding, Kind, Rule, Severity, StatedDays
from notifier.compose import LARGEST_MAIL, compose_confirmation, compose_goodbye, compose_notice
from notifier.letter import Entry
from notifier.tokens import Links, links_for
from tests.notifier.scenario import NOW, comparison, document, finding, subscription

pytestmark = pytest.mark.once
SENDER = "Clausewatch <notices@watch.example>"
SUBSCRIPTION = subscription()
LINKS = links_for(b"for tests", SUBSCRIPTION.id, public_url="https://watch.example", now=NOW)
HOSTILE = (
    "<script>alert(1)</script> {{ 7*7 }} {% raw %} \"quoted\" 'single' &amp; <img src=x onerror=y> https://evil.example"
)


def entry(told: Comparison, *, vendor: str = "Skyforge Drones", type: str = "Privacy Policy") -> Entry:
    return Entry(notice=f"notice-{told.id}-{vendor}", comparison=told, document=document(vendor, type=type))


def mailed(*entries: Entry, links: Links = LINKS, sender: str = SENDER) -> EmailMessage:
    """The mail as its reader's program has it."""
    message = compose_notice(SUBSCRIPTION, entries, links=links, sender=sender, now=NOW)
    return received(message)


def received(message: EmailMessage) -> EmailMessage:
    parsed = message_from_bytes(bytes(message), policy=default)
    assert isinstance(parsed, EmailMessage)
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert not any(part.defects for part in parsed.walk())
    return parsed


def text_of(message: EmailMessage) -> str:
    return _part(message, "plain")


def html_of(message: EmailMessage) -> str:
    return _part(message, "html")


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


class _Reader(HTMLParser):
    """What a page shows, and its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


FLURRY = finding(None, "We share usage data with Flurry, Inc.", kind=Kind.RECIPIENT, severity=Severity.CRITICAL,
                 sentence="Flurry, Inc. may receive usage data.", section=("Partners", "Analytics"))  # fmt: skip


def test_a_notice_says_which_document_what_changed_and_since_when() -> None:
    message = mailed(entry(comparison(finding(), FLURRY)))
    text = text_of(message)
    assert message["Subject"] == "[critical] Skyforge Drones changed its Privacy Policy"
    assert text.startswith("Skyforge Drones changed its Privacy Policy\n")
    assert text.index("Flurry, Inc. may receive") < text.index("24 months instead of 18")  # by severity
    assert "Section: Partners › Analytics" in text
    assert 'Before: "We keep your flight logs for [-18-] months."' in text
    assert 'Now: "We keep your flight logs for {+24+} months."' in text
    assert 'New: "We share usage data with Flurry, Inc."' in text
    assert "on 5 December 2024, the new one on 5 March 2025." in " ".join(text.split())
    for link in (LINKS.comparison(comparison().id), LINKS.manage, LINKS.unsubscribe):
        assert f"\n{link}\n" in text
        assert f'href="{link}"' in html_of(message)


def test_the_page_repeats_the_text_with_the_changed_words_marked() -> None:
    html = html_of(mailed(entry(comparison(finding(), FLURRY))))
    assert ">18</del>" in html
    assert ">24</ins>" in html
    assert "prefers-color-scheme: dark" in html
    page = _Reader(html)
    assert not {"img", "script", "link", "iframe"} & {tag for tag, _ in page.elements}
    assert "class" not in {tag for tag, attributes in page.elements if "style" not in attributes and tag == "del"}


def test_the_headers_say_what_it_is_and_how_to_leave() -> None:
    message = mailed(entry(comparison(finding())))
    assert message["From"] == SENDER
    assert message["To"] == "ada@example.com"
    assert message["Date"].datetime == NOW
    assert message["List-Unsubscribe"] == f"<{LINKS.unsubscribe}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "Clausewatch notices <notices.clausewatch.watch.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Feedback-ID"] == "notice:instant:notices:clausewatch"
    assert message["Message-ID"].endswith("@watch.example>")


def test_the_link_to_leave_stands_on_one_line_as_it_is() -> None:
    links = links_for(b"x", SUBSCRIPTION.id, public_url="https://a-long-name-of-a-host.example/below/a/path", now=NOW)
    message = compose_notice(SUBSCRIPTION, [entry(comparison())], links=links, sender=SENDER, now=NOW)
    assert f"List-Unsubscribe: <{links.unsubscribe}>\r\n".encode() in bytes(message)


def test_same_input_same_bytes_and_another_notice_another_id() -> None:
    first, second = (bytes(mailed(entry(comparison(finding())))) for _ in range(2))
    assert first == second
    other = mailed(entry(comparison(finding(), name="another")))
    assert other["Message-ID"] != message_from_bytes(first)["Message-ID"]
    pair = [entry(comparison(finding(), name=name)) for name in ("a", "b")]
    assert mailed(*pair)["Message-ID"] == mailed(*reversed(pair))["Message-ID"]
    assert bytes(mailed(*pair)) == bytes(mailed(*reversed(pair)))


def test_several_comparisons_are_one_mail_that_says_how_many() -> None:
    message = mailed(
        entry(comparison(finding(), name="a")),
        entry(comparison(FLURRY, name="b"), vendor="Pacekeeper", type="Cookie Policy"),
        entry(replace(comparison(name="c", summary=""), is_classified=False), vendor="Zebra Web Shop"),
    )
    text = text_of(message)
    assert message["Subject"] == "3 policy changes: Pacekeeper, Skyforge Drones, Zebra Web Shop"
    first, second = (
        "* Pacekeeper changed its Cookie Policy: critical",
        "* Skyforge Drones changed its Privacy Policy: high",
    )
    assert text.index(first) < text.index(second)
    assert "What that means could not be told by itself" in text
    assert message["Feedback-ID"] == "digest:instant:notices:clausewatch"


def longest_comparison(letters: str, number: int, *, findings: int) -> Comparison:
    long = f"{number} " + (letters + " ") * (20_000 // len(letters))
    found = finding(long + "one", long + "two", sentence=long, subject=long, section=(long, long))
    return comparison(*[found] * findings, name=str(number), summary=long)


@pytest.mark.parametrize("letters", ["word", "слово", "広告", "<&>\"'", "x" * 300])
@pytest.mark.parametrize(("entries", "findings"), [(1, 40), (45, 2), (200, 1)])
def test_the_longest_mail_is_cut_and_says_where_the_rest_stands(letters: str, entries: int, findings: int) -> None:
    many = [entry(longest_comparison(letters, number, findings=findings), vendor=letters * 50)
            for number in range(entries)]  # fmt: skip
    message = compose_notice(SUBSCRIPTION, many, links=LINKS, sender=SENDER, now=NOW)
    assert len(bytes(message)) < LARGEST_MAIL
    text, html = text_of(received(message)), html_of(received(message))
    assert " more, see" in text
    assert " more" in html
    assert LINKS.unsubscribe in text
    assert LINKS.unsubscribe in html
    assert len(str(message["Subject"])) <= 150


def test_the_emptiest_mail_still_says_what_it_is() -> None:
    message = mailed(entry(comparison(summary="", before_at=None, after_at=None), vendor="V", type="T"))
    assert message["Subject"] == "V changed its T"
    assert "shows every word" in text_of(message)
    assert "first seen" not in text_of(message)
    assert "In the quotes" not in text_of(message)


def test_text_lines_end_within_72_columns_but_for_addresses() -> None:
    told = comparison(*[finding("one two " * 60, "one three " * 60, sentence="A long sentence. " * 20)] * 3)
    text = text_of(mailed(entry(told), entry(replace(told, id="other"))))
    assert all(len(line) <= 72 or line.startswith("https://") for line in text.splitlines())


def hostile_finding(text: str) -> Finding:
    return finding(text, text + " more", sentence=text, subject=text, section=(text, text))


def test_policy_text_that_is_markup_or_a_template_stays_text() -> None:
    message = mailed(
        entry(comparison(hostile_finding(HOSTILE), summary=HOSTILE), vendor=HOSTILE, type=HOSTILE),
        entry(comparison(name="b", summary=HOSTILE), vendor=HOSTILE, type=HOSTILE),
    )
    text, page = text_of(message), _Reader(html_of(message))
    assert "<script>alert(1)</script> {{ 7*7 }}" in text.replace("\n", " ")
    assert "<script>alert(1)</script> {{ 7*7 }} {% raw %}" in "".join(page.shown)
    assert not {"script", "img"} & {tag for tag, _ in page.elements}
    assert all(
        str(attributes["href"]).startswith("https://watch.example/") for _, attributes in page.elements
        if "href" in attributes
    )  # fmt: skip


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x00", "\u2028", "\x85", "\x0b"])
def test_policy_text_cannot_begin_a_header_or_end_a_part(break_: str) -> None:
    key = compose_notice(SUBSCRIPTION, [entry(comparison())], links=LINKS, sender=SENDER, now=NOW).get_boundary()
    hostile = f"a{break_}Bcc: eve@example.com{break_}{break_}--{key}{break_}Content-Type: text/html{break_}{break_}x"
    message = mailed(entry(comparison(hostile_finding(hostile), summary=hostile), vendor=hostile, type=hostile))
    assert message["Bcc"] is None
    assert len(list(message.iter_parts())) == 2
    assert str(message["Subject"]).startswith("[high] a Bcc: eve@example.com")


def test_text_in_another_direction_cannot_turn_the_line_around() -> None:
    message = mailed(entry(comparison(finding(), summary="x"), vendor="safe\u202eelpmaxe"))
    assert "\u202e" not in str(message["Subject"])


def test_a_recipient_with_a_line_break_is_never_mailed() -> None:
    forged = replace(SUBSCRIPTION, email="ada@example.com\r\nBcc: eve@example.com")
    with pytest.raises(ValueError):
        compose_notice(forged, [entry(comparison())], links=LINKS, sender=SENDER, now=NOW)


@pytest.mark.parametrize("sender", ["", "nobody", "a@b, c@d", "a@b\r\nBcc: c@d", "Clausewatch <>", "ä@example.com"])
def test_a_sender_that_is_no_address_is_a_wrong_setting(sender: str) -> None:
    with pytest.raises(SettingsError, match="CLAUSEWATCH_FROM") as refused:
        mailed(entry(comparison()), sender=sender)
    assert len(str(refused.value).splitlines()) == 1


def test_a_public_address_that_no_header_can_hold_is_a_wrong_setting() -> None:
    links = replace(LINKS, unsubscribe="https://wätch.example/unsubscribe/x")
    with pytest.raises(SettingsError, match="CLAUSEWATCH_PUBLIC_URL"):
        mailed(entry(comparison()), links=links)


FULL_RULE = Rule(
    vendors=("skyforge", "pacekeeper"), documents=("Privacy Policy",), kinds=(Kind.CHILDREN,),
    min_severity=Severity.HIGH, companies=("Meta",), keywords=(HOSTILE,), languages=("en",),
)  # fmt: skip


def test_a_confirmation_says_what_was_asked_for_and_how_to_confirm() -> None:
    asked = subscription(FULL_RULE, every="weekly")
    message = received(
        compose_confirmation(
            asked, link=LINKS.manage, until_at=NOW + timedelta(days=3), sender=SENDER, now=NOW,
            vendor_names={"skyforge": "Skyforge Robotics"},
        )
    )  # fmt: skip
    text = text_of(message)
    assert message["Subject"] == "Please confirm: mail about changes to policies"
    assert message["List-Unsubscribe"] is None
    for said in (
        "Skyforge Robotics, pacekeeper",
        "severity: high or higher",
        "once a week",
        LINKS.manage,
        "8 March 2025",
    ):
        assert said in text
    assert "script" not in {tag for tag, _ in _Reader(html_of(message)).elements}
    plain = compose_confirmation(SUBSCRIPTION, link=LINKS.manage, until_at=NOW, sender=SENDER, now=NOW)
    assert "* all changes that matter, of every vendor" in text_of(received(plain))


def test_a_goodbye_says_what_ended_and_how_to_come_back() -> None:
    link = "https://watch.example/subscribe"
    message = received(compose_goodbye(subscription(FULL_RULE), link=link, sender=SENDER, now=NOW))
    assert message["Subject"] == "You are unsubscribed"
    assert link in text_of(message)
    assert f'href="{link}"' in html_of(message)


def test_a_silent_edit_is_said_in_one_sentence() -> None:
    days = StatedDays(before_updated_on=date(2024, 5, 3), after_updated_on=date(2024, 5, 3))
    mail = mailed(entry(replace(comparison(FLURRY), stated=days)))
    sentence = "The text still says that it was last updated on 3 May 2024."
    assert sentence in text_of(mail)
    assert sentence in " ".join(_Reader(html_of(mail)).shown)
    assert "last updated" not in text_of(mailed(entry(comparison(FLURRY))))
