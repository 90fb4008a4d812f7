"""One of each mail that is sent, with all that it can hold, by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from clausewatch.model import Comparison, ComparisonState, Finding, Kind, Rule, Severity, StatedDays
from notifier.alarm import Alarm, Flood, FloodedDocument
from notifier.compose import (
    compose_alarm,
    compose_confirmation,
    compose_goodbye,
    compose_notice,
    compose_question,
    compose_quiet,
)
from notifier.entries import Entry
from notifier.letter import Watched
from notifier.tokens import links_for
from tests.notifier.scenario import DAY, NOW, comparison, document, finding, subscription

SENDER = "Clausewatch <notices@watch.example>"
ASKED = subscription(
    Rule(
        vendors=("skyforge", "pacekeeper"), documents=("Privacy Policy",), kinds=(Kind.CHILDREN,), keywords=("bio*",),
        min_severity=Severity.HIGH, companies=("Meta",), languages=("en",), severities=((Kind.DATA, Severity.LOW),),
    ),
    every="weekly",
)  # fmt: skip
LINKS = links_for(b"for tests", ASKED.id, public_url="https://watch.example", now=NOW)
WATCHED = Watched(documents=42, gaps=1, from_on=(NOW - 7 * DAY).date(), to_on=NOW.date())
CONFIRM = LINKS.manage.replace("manage", "confirm")
FLURRY = finding(None, "We share usage data with Flurry, Inc.", kind=Kind.RECIPIENT, severity=Severity.CRITICAL,
                 sentence="Flurry, Inc. may receive usage data.", section=("Partners", "Analytics"))  # fmt: skip
PARTNERS = finding(
    "We share your address with the carrier that brings your parcel, and with nobody else, unless a court orders it.",
    "We share your address with the carrier that brings your parcel, with our advertising partners, and with nobody "
    "else, unless a court orders it.",
    kind=Kind.RECIPIENT, severity=Severity.MEDIUM, sentence="Advertising partners may receive the address.",
    section=("Who receives data",),
)  # fmt: skip
CONTACT = finding("You may write to us at any time.", None, kind=Kind.RIGHTS, severity=Severity.LOW,
                  sentence="The address for questions is gone.", section=("Contact",))  # fmt: skip
DAYS = StatedDays(
    before_updated_on=date(2024, 5, 3), after_updated_on=date(2024, 5, 3), after_effective_on=date(2025, 6, 1)
)


def entry(told: Comparison, *, vendor: str = "Skyforge Drones", type: str = "Privacy Policy") -> Entry:
    return Entry(notice=f"notice-{told.id}-{vendor}-{type}", comparison=told, document=document(vendor, type=type))


def notice_of(*findings: Finding, vendor: str = "Skyforge Drones") -> Entry:
    return entry(replace(comparison(*findings), stated=DAYS), vendor=vendor)


def alike(*types: str, vendor: str = "Skyforge Drones") -> list[Entry]:
    """One change in documents of these types."""
    return [entry(comparison(FLURRY, name=type), vendor=vendor, type=type) for type in types]


def _digest() -> EmailMessage:
    entries = [
        notice_of(finding(), FLURRY, PARTNERS, CONTACT),
        *alike("Privacy Policy", "Cookie Policy", "Terms of Service", vendor="Pacekeeper"),
        entry(replace(comparison(name="x", summary=""), is_classified=False), vendor="Zebra Web Shop"),
        entry(replace(comparison(name="wording", summary="")), vendor="Zebra Web Shop", type="Imprint"),
        entry(
            replace(comparison(finding(), name="y"), state=ComparisonState.UNSTABLE),
            vendor="Müller & Söhne GmbH, a vendor with quite a long name",
        ),
    ]
    return compose_notice(ASKED, entries, links=LINKS, sender=SENDER, now=NOW, watched=WATCHED)


def _alarm() -> EmailMessage:
    alarms = [
        Alarm(
            document="skyforge/privacy-policy", url="https://skyforge.example/legal/privacy?lang=en&region=" + "x" * 60,
            why="bot-wall", reason="The page says that it checks the browser before it lets anyone in.",
            since_at=NOW - 9 * DAY, last_good_at=NOW - 10 * DAY, looks=7,
            what_to_do=("Open the page in a browser.", "clausewatch show skyforge/privacy-policy --why"),
        ),
        Alarm(
            document="pacekeeper/terms", url=None, why="dns", reason="no host", since_at=NOW - 3 * DAY,
            last_good_at=None, looks=3, what_to_do=(),
        ),
    ]  # fmt: skip
    return compose_alarm("op@watch.example", alarms, key="alarm", sender=SENDER, now=NOW)


def _question() -> EmailMessage:
    documents = (
        FloodedDocument("skyforge/privacy-policy", "Flight logs are kept for longer.", 800),
        FloodedDocument("pacekeeper/terms", "Flurry, Inc. may receive usage data.", 430),
    )
    flood = Flood(subscribers=812, of=900, share=0.3, documents=documents, more_documents=4)
    return compose_question("op@watch.example", flood, key="flood", sender=SENDER, now=NOW)


def mails() -> dict[str, EmailMessage]:
    """Each as it is handed over."""
    notice = [notice_of(finding(), FLURRY, PARTNERS, CONTACT)]
    common = alike("Privacy Policy", "Cookie Policy")
    return {
        "notice": compose_notice(ASKED, notice, links=LINKS, sender=SENDER, now=NOW),
        "digest": _digest(),
        "common cause": compose_notice(ASKED, common, links=LINKS, sender=SENDER, now=NOW),
        "quiet digest": compose_quiet(ASKED, WATCHED, key="quiet", links=LINKS, sender=SENDER, now=NOW),
        "confirmation": compose_confirmation(
            ASKED, link=CONFIRM, until_at=NOW + timedelta(days=3), sender=SENDER, now=NOW
        ),
        "goodbye": compose_goodbye(ASKED, link="https://watch.example/subscribe", sender=SENDER, now=NOW),
        "alarm": _alarm(),
        "question": _question(),
    }


def received(message: EmailMessage) -> EmailMessage:
    """The mail as its reader's program has it."""
    parsed = message_from_bytes(bytes(message), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part_of(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
