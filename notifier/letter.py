"""What a mail says, before it is words and markup: entries cut to a measure, and rules in sentences. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clausewatch.model import Comparison, Document, Finding, Rule, Severity, Subscription
from notifier.passages import ELLIPSIS, Passage, passages
from notifier.tokens import Links

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LONGEST_NAME = 100
_ENOUGH = 10_000  # characters looked at to get a line that is shorter by far
_RHYTHM_WORDS = {"instant": "as soon as it is sure", "daily": "once a day", "weekly": "once a week, on Monday"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One notice of a mail: a comparison, and the document by the names that people know it by."""

    notice: str  # id
    comparison: Comparison
    document: Document


@dataclass(frozen=True, slots=True)
class Measure:
    """How much of it a mail shows."""

    entries: int
    findings: int  # of an entry
    characters: int  # of a quote, and of a sentence


MEASURES = (
    Measure(entries=40, findings=25, characters=600),
    Measure(entries=30, findings=12, characters=400),
    Measure(entries=20, findings=6, characters=300),
    Measure(entries=12, findings=3, characters=200),
    Measure(entries=6, findings=2, characters=120),
    Measure(entries=3, findings=1, characters=80),
)
"""From generous to scant: a mail takes the first that keeps it small enough."""


@dataclass(frozen=True, slots=True)
class ShownFinding:
    severity: str
    kind: str
    sentence: str
    section: str  # headings from the top down; empty before the first heading
    before: Passage | None
    after: Passage | None


@dataclass(frozen=True, slots=True)
class ShownEntry:
    vendor: str
    document: str  # its type
    severity: str  # empty where nothing could be classified
    summary: str
    findings: tuple[ShownFinding, ...]
    left_out: int  # findings that are not shown
    before_at: datetime | None
    after_at: datetime | None
    stated: str  # what is odd about the days that the text states; empty where nothing is
    url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """All that a template for a notice or a digest may name."""

    entries: tuple[ShownEntry, ...]
    total: int
    vendors: tuple[str, ...]
    every: str
    links: Links
    marks_words: bool  # some quote has changed words marked

    @property
    def left_out(self) -> int:
        return self.total - len(self.entries)


def letter(entries: Sequence[Entry], *, every: str, links: Links, measure: Measure) -> Letter:
    """The entries as a mail shows them: the most severe first, then by vendor and document."""
    ordered = sorted(entries, key=_weight)
    shown = tuple(_shown_entry(entry, links=links, measure=measure) for entry in ordered[: measure.entries])
    sides = [side for entry in shown for found in entry.findings for side in (found.before, found.after) if side]
    return Letter(
        entries=shown,
        total=len(entries),
        vendors=tuple(sorted({shortened(entry.document.vendor_name, _LONGEST_NAME) for entry in entries})),
        every=every,
        links=links,
        marks_words=any(piece.is_changed for side in sides for piece in side.pieces),
    )


def _weight(entry: Entry) -> tuple[int, str, str, str]:
    severity = entry.comparison.severity
    return -_rank(severity), entry.document.vendor_name.casefold(), entry.document.slug, entry.notice


def _rank(severity: Severity | None) -> int:
    return -1 if severity is None else severity.rank


def _shown_entry(entry: Entry, *, links: Links, measure: Measure) -> ShownEntry:
    comparison = entry.comparison
    findings = sorted(comparison.findings, key=lambda finding: -finding.severity.rank)  # stable: then reading order
    return ShownEntry(
        vendor=shortened(entry.document.vendor_name, _LONGEST_NAME),
        document=shortened(entry.document.type, _LONGEST_NAME),
        severity=comparison.severity.value if comparison.severity else "",
        summary=shortened(comparison.summary, measure.characters),
        findings=tuple(_shown_finding(finding, measure.characters) for finding in findings[: measure.findings]),
        left_out=max(0, len(findings) - measure.findings),
        before_at=comparison.before.at,
        after_at=comparison.after.at,
        stated=(comparison.stated.sentence or "") if comparison.stated else "",
        url=links.comparison(comparison.id),
    )


def _shown_finding(finding: Finding, characters: int) -> ShownFinding:
    before, after = passages(finding.before, finding.after, longest=characters)
    return ShownFinding(
        severity=finding.severity.value,
        kind=finding.kind.value,
        sentence=shortened(finding.sentence, characters),
        section=shortened(" › ".join(finding.section), characters),
        before=before,
        after=after,
    )


def one_line(text: str) -> str:
    """The text without line breaks, control characters and bidi overrides, its spaces single: fit for a header."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def shortened(text: str, longest: int) -> str:
    """One line of at most ``longest`` characters, an ellipsis among them where it was cut."""
    line = one_line(text[:_ENOUGH])
    return line if len(line) <= longest and len(text) <= _ENOUGH else line[: longest - 1].rstrip() + ELLIPSIS


def described(subscription: Subscription) -> list[str]:
    """What the subscription asks for, a line for each constraint."""
    rule: Rule = subscription.rule
    fields: list[tuple[str, Sequence[str]]] = [
        ("vendors", rule.vendors),
        ("documents", rule.documents),
        ("kinds of change", rule.kinds),
        ("severity", [f"{rule.min_severity} or higher"] if rule.min_severity else []),
        ("companies named", rule.companies),
        ("words", rule.keywords),
        ("languages", rule.languages),
    ]
    lines = [f"{name}: {shortened(', '.join(values), 300)}" for name, values in fields if values]
    return [*(lines or ["all changes that matter, of every vendor"]), f"when: {_RHYTHM_WORDS[subscription.every]}"]
