"""What a mail says of a comparison, or of several with one cause: who changed what, findings, days, links. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from clausewatch.model import Comparison, ComparisonState, Document, Finding, Severity, StatedDays
from notifier.lines import in_days, shortened
from notifier.passages import Passage, passages
from notifier.tokens import Links

LONGEST_NAME = 100
_MOST_DOCUMENTS = 20  # named of those that one cause touched
_NUMBERED = re.compile(r"-\d+$", re.ASCII)
_MOST_KEPT = 2_000  # findings made ready, for the next subscriber; a few kB each

Rank = Callable[[Finding], Severity]
"""How severe a finding is to the subscriber who is told of it."""


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


@dataclass(frozen=True, slots=True)
class ShownFinding:
    severity: str
    kind: str
    sentence: str
    section: str  # headings from the top down; empty before the first heading
    before: Passage | None
    after: Passage | None


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document that changed, its two versions and where to read more."""

    vendor: str
    name: str  # its type; where the vendor has several of that type, which of them
    url: str  # of the comparison
    before_at: datetime | None
    after_at: datetime | None
    before_url: str  # of the version; empty where there is none
    after_url: str


@dataclass(frozen=True, slots=True)
class ShownEntry:
    title: str
    documents: tuple[ShownDocument, ...]  # several where one cause touched them; then what follows holds for all
    more_documents: int  # that are not shown
    severity: str  # empty where nothing could be classified
    summary: str
    findings: tuple[ShownFinding, ...]
    left_out: int  # findings that are not shown
    stated: tuple[str, ...]  # what the text states for itself, and what is odd about it

    @property
    def document(self) -> ShownDocument:
        """The first: the only one, where there is one."""
        return self.documents[0]


def shown_entry(entries: Sequence[Entry], *, links: Links, measure: Measure, rank: Rank) -> ShownEntry:
    """The entries, which have one cause, as a mail shows them once; findings by their rank, then in reading order."""
    comparison = entries[0].comparison
    findings = sorted(comparison.findings, key=lambda finding: -rank(finding).rank)
    documents = [_shown_document(entry, links) for entry in entries]
    return ShownEntry(
        title=_title(entries),
        documents=tuple(documents[:_MOST_DOCUMENTS]),
        more_documents=max(0, len(documents) - _MOST_DOCUMENTS),
        severity=rank(findings[0]).value if findings else "",
        summary=shortened(comparison.summary, measure.characters) or _without_findings(comparison),
        findings=tuple(
            _shown_finding(finding, rank(finding), characters=measure.characters)
            for finding in findings[: measure.findings]
        ),
        left_out=max(0, len(findings) - measure.findings),
        stated=tuple(_stated(comparison.stated)) if comparison.stated else (),
    )


def by_cause(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The entries grouped by what changed: one template that touches twenty documents is one cause.

    In the order given, by the first of each group. What cannot be classified, and what returned, stands alone.
    """
    groups: dict[object, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(_cause(entry), []).append(entry)
    return list(groups.values())


def _cause(entry: Entry) -> object:
    comparison = entry.comparison
    if not comparison.findings or comparison.state is ComparisonState.UNSTABLE:
        return entry.notice
    return frozenset(_words(finding, entry.document.vendor_name) for finding in comparison.findings)


def _words(finding: Finding, vendor: str) -> tuple[str, ...]:
    """What was said of it, but for the vendor's name: a template has each one's own in its place."""
    said = [side.quote if side else "" for side in (finding.before, finding.after)]
    return finding.kind.value, *(text.replace(vendor, "\0") for text in (finding.sentence, *said))


def _title(entries: Sequence[Entry]) -> str:
    vendors = {entry.document.vendor_name for entry in entries}
    vendor = shortened(entries[0].document.vendor_name, LONGEST_NAME)
    document = _name(entries[0].document)
    if len(entries) == 1 and entries[0].comparison.state is ComparisonState.UNSTABLE:
        return f"{vendor} went back to an earlier {document}"
    if len(entries) == 1:
        return f"{vendor} changed its {document}"
    if len(vendors) == 1:
        return f"{vendor} changed {len(entries)} documents in the same way"
    return f"{len(entries)} documents of {len(vendors)} vendors changed in the same way"


def _name(document: Document) -> str:
    """What people call it. A second one of a type is told from the first by its slug."""
    name = shortened(document.type, LONGEST_NAME)
    return f"{name} ({document.slug})" if _NUMBERED.search(document.slug) else name


def _shown_document(entry: Entry, links: Links) -> ShownDocument:
    before, after = entry.comparison.before, entry.comparison.after
    return ShownDocument(
        vendor=shortened(entry.document.vendor_name, LONGEST_NAME),
        name=_name(entry.document),
        url=links.comparison(entry.comparison.id),
        before_at=before.at,
        after_at=after.at,
        before_url=links.version(before.id) if before.id else "",
        after_url=links.version(after.id) if after.id else "",
    )


@lru_cache(maxsize=_MOST_KEPT)
def _shown_finding(finding: Finding, severity: Severity, *, characters: int) -> ShownFinding:
    before, after = passages(finding.before, finding.after, longest=characters)
    return ShownFinding(
        severity=severity.value,
        kind=finding.kind.value,
        sentence=shortened(finding.sentence, characters),
        section=shortened(" › ".join(finding.section), characters),
        before=before,
        after=after,
    )


def _without_findings(comparison: Comparison) -> str:
    if comparison.is_classified:
        return "The text changed, and nothing was found in it that matters; the comparison shows every word."
    return "The text changed. What that means could not be told by itself; the comparison shows every word."


def _stated(stated: StatedDays) -> Iterable[str]:
    if stated.sentence:
        yield stated.sentence
    if stated.after_effective_on and stated.after_effective_on != stated.before_effective_on:
        yield f"The new text says that it applies from {in_days(stated.after_effective_on)}."
