"""Mails of generated policy texts, with all that has ever broken a mail, a page or a template in them."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from lxml import html

from clausewatch.model import ComparisonState, Finding, Kind, Quote, Severity
from notifier.compose import LARGEST_MAIL, compose_notice
from notifier.entries import Entry
from tests.notifier.samples import ASKED, LINKS, SENDER, WATCHED, entry, part_of, received
from tests.notifier.scenario import NOW, comparison, finding

PIECES = [
    "\r\n", "\n", "\r", "\x00", "\x85", "\u2028", "\u202e", "\u2066", "\u200b", "\u00ad", "\ufeff", "\t", "  ", "<b>",
    "</p>", "</style>", "<!--", "&amp;", "{{", "}}", "{%", "%}", "{#", "=?utf-8?q?x?=", "--", "=_", "\nFrom ", "\n.\n",
    "Bcc: eve@example.com", "'", '"', "\\", "%s", "\U0001f600", "日本語", "ไทย", "العربية", "e\u0301", "\U0010ffff",
    "a" * 1200, "http://evil.example/", "[-", "{+", "some words that policies have ", "a ", "b ",
]  # fmt: skip


def text(chance: Random, most: int) -> str:
    return "".join(chance.choices(PIECES, k=chance.randint(0, most)))


def quote(chance: Random) -> Quote:
    words = text(chance, 60)
    return Quote(words, 0, len(words))


def a_finding(chance: Random) -> Finding:
    sides = chance.choice([(True, False), (False, True), (True, True)])
    before, after = (quote(chance) if side else None for side in sides)
    section = tuple(text(chance, 6) for _ in range(chance.randint(0, 3)))
    made = finding(
        sentence=text(chance, 40), subject=text(chance, 9), section=section, severity=chance.choice(list(Severity)),
        kind=chance.choice(list(Kind)),
    )  # fmt: skip
    return replace(made, before=before, after=after)


def an_entry(chance: Random, number: int) -> Entry:
    findings = [a_finding(chance) for _ in range(chance.choice([0, 1, 3, 25]))]
    state = chance.choice([ComparisonState.CONFIRMED, ComparisonState.UNSTABLE])
    told = comparison(*findings, name=str(number), summary=text(chance, 40))
    told = replace(told, is_classified=chance.random() < 0.5, state=state)
    return entry(told, vendor=text(chance, 8), type=text(chance, 8))


@pytest.mark.parametrize("seed", range(40))
def test_a_mail_of_any_text_is_a_mail(seed: int) -> None:
    chance = Random(seed)
    entries = [an_entry(chance, number) for number in range(chance.choice([1, 1, 2, 5, 20]))]
    raw = bytes(compose_notice(ASKED, entries, links=LINKS, sender=SENDER, now=NOW, watched=WATCHED))
    assert len(raw) < LARGEST_MAIL
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert not {b"\r"[0], b"\n"[0]} & set(raw.replace(b"\r\n", b""))


@pytest.mark.parametrize("seed", range(40, 80))
def test_a_mail_of_any_text_says_only_what_it_should(seed: int) -> None:
    chance = Random(seed)
    entries = [an_entry(chance, number) for number in range(chance.choice([1, 2, 5]))]
    mail = received(compose_notice(ASKED, entries, links=LINKS, sender=SENDER, now=NOW))
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert not any(part.defects for part in mail.walk())
    assert len({name.lower() for name in mail}) == len(list(mail))
    assert "Bcc" not in mail
    page: Any = html.document_fromstring(part_of(mail, "html"))
    assert all(link.startswith("https://watch.example/") for link in page.xpath("//@href"))
    assert page.xpath("//b | //script | //img | //comment()") == []
    assert len(page.xpath("//style")) == 1
