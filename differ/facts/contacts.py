"""Whom to write to, who answers for the data, and the days that a version states for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from clausewatch.model import Fact

from .lexicon import FactLexicon
from .passages import Passage

_MAILBOX = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}|[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,2} [A-Z][a-z]{2,8} \d{4}"
)
_DATE_FORMATS = ("%Y-%m-%d", "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y")
_LEGAL_FORM = re.compile(
    r"(?:Inc|LLC|Ltd|Limited|GmbH|Corp|Corporation|B\.?V|N\.?V|S\.?A|S\.?A\.?S|SAS|AG|AB|Oy|PLC|plc|LLP|Pte|SARL|Company"
    r"|University|Foundation|Association|A/S|ApS)\b"
)


def contacts_in(passage: Passage) -> Iterator[Fact]:
    """Mail addresses."""
    if "@" not in passage.text:
        return
    for match in _MAILBOX.finditer(passage.text):
        yield passage.fact("contact", match[0].lower(), passage.last_heading, start=match.start(), end=match.end())


def controllers_in(passage: Passage, *, lexicon: FactLexicon) -> Iterator[Fact]:
    """Entities that the version calls the controller, by their legal form."""
    if "controller" not in passage.text.lower():
        return
    for match in lexicon.patterns["controller"].finditer(passage.text):
        part = "name" if match["name"] else "other"
        form = _LEGAL_FORM.search(match[part])
        if form:
            name = match[part][: form.end()].split(", ")[-1 if form.start() == 0 else 0]
            value = name if _LEGAL_FORM.search(name) else match[part][: form.end()]
            yield passage.fact("controller", value.strip(" ,"), "", start=match.start(part), end=match.end(part))


def dates_in(passage: Passage, *, lexicon: FactLexicon) -> Iterator[Fact]:
    """Days in a line that says from when the version is."""
    if not lexicon.words.is_date_line(passage.text):  # nearly all are too long
        return
    word = lexicon.patterns["date_word"].search(passage.text)
    if not word:
        return
    for match in _DATE.finditer(passage.text):
        day = _day(match[0])
        if day:
            yield passage.fact("date", day, word[0].lower(), start=match.start(), end=match.end())


def _day(words: str) -> str | None:
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)|[,.]", "", words)
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(plain, form).date().isoformat()  # noqa: DTZ007  # a day, no instant
        except ValueError:
            continue
    return None
