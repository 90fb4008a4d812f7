"""Every sentence that is told to people: one for a finding, one to four for a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from clausewatch.model import Direction, Finding, Kind

DOUBT_UNDER = 0.6
"""Confidence under which a sentence says "appears to"."""

SUMMARY_SENTENCES = 4

_THINGS = {
    Kind.DATA: "data that is collected", Kind.PURPOSE: "purposes that data is used for",
    Kind.RECIPIENT: "recipients of your data", Kind.TRACKING: "cookies and tracking",
    Kind.RETENTION: "how long data is kept", Kind.TRANSFER: "countries that data goes to, and on what terms",
    Kind.RIGHTS: "your rights", Kind.CHOICE: "your choices", Kind.LEGAL_BASIS: "legal bases",
    Kind.CHILDREN: "children and age limits", Kind.SECURITY: "security",
    Kind.AUTOMATION: "automated decisions and training of models", Kind.CONTROLLER: "who answers for your data",
    Kind.NOTICE: "how changes are announced", Kind.SCOPE: "what the document covers",
    Kind.TERMS: "terms of the contract",
}  # fmt: skip

_VERBS = {
    Direction.ADDED: ("now says", "appears to say now"),
    Direction.REMOVED: ("no longer says", "appears to say no longer"),
    Direction.CHANGED: ("changed what it says", "appears to have changed what it says"),
}


def sentence_of(*, kind: Kind, direction: Direction, subject: str, confidence: float, vendor_name: str | None) -> str:
    """One plain sentence about one finding."""
    who = vendor_name or "The policy"
    doubts = confidence < DOUBT_UNDER
    if " -> " in subject and direction is Direction.CHANGED:
        old, _, new = subject.partition(" -> ")
        return _replaced(who, kind, old, new, doubts=doubts)
    verb = _VERBS[direction][doubts]
    return f"{who} {verb} about {_THINGS[kind]}: {subject}."


def _replaced(who: str, kind: Kind, old: str, new: str, *, doubts: bool) -> str:
    if kind is Kind.RETENTION and old[:1].isdigit() and new[:1].isdigit():
        return f"{who} {'appears to keep' if doubts else 'keeps'} data {new} instead of {old}."
    return f"{who} {_VERBS[Direction.CHANGED][doubts]} about {_THINGS[kind]}: {new}, was {old}."


def summary_of(findings: Sequence[Finding]) -> str:
    """One to four sentences, the gravest first."""
    if not findings:
        return "No change that matters was found."
    ranked = sorted(findings, key=lambda finding: (-finding.severity.rank, -finding.confidence))
    told = [finding.sentence for finding in ranked[:SUMMARY_SENTENCES]]
    return " ".join(dict.fromkeys(told))
