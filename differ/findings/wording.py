"""Every sentence that is told to people: one for a finding, one to four for a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from clausewatch.model import Direction, Finding, Kind

DOUBT_UNDER = 0.62
"""Confidence under which a sentence says "appears to"."""

SUMMARY_SENTENCES = 4
ARROW = " -> "  # between the two halves of a subject

_THINGS = {
    Kind.DATA: "the data that is collected", Kind.PURPOSE: "what data is used for",
    Kind.RECIPIENT: "who gets your data", Kind.TRACKING: "cookies and tracking",
    Kind.RETENTION: "how long data is kept", Kind.TRANSFER: "where data goes",
    Kind.RIGHTS: "your rights", Kind.CHOICE: "what you can choose", Kind.LEGAL_BASIS: "the legal basis",
    Kind.CHILDREN: "children", Kind.SECURITY: "how data is kept safe",
    Kind.AUTOMATION: "automated decisions and the training of models", Kind.CONTROLLER: "who answers for your data",
    Kind.NOTICE: "how changes are announced", Kind.SCOPE: "what the document covers", Kind.TERMS: "the contract",
}  # fmt: skip

_SAYS = {
    Direction.ADDED: ("now says", "appears to say now"),
    Direction.REMOVED: ("no longer says", "appears to say no longer"),
    Direction.CHANGED: ("changed what it says", "appears to have changed what it says"),
}
_NAMES = {
    Direction.ADDED: ("now names", "appears to name now"),
    Direction.REMOVED: ("no longer names", "appears to name no longer"),
}


def sentence_of(*, kind: Kind, direction: Direction, subject: str, confidence: float, vendor_name: str | None) -> str:
    """One plain sentence about one finding; the words of the policy stand in quotation marks."""
    who = vendor_name or "The policy"
    doubts = confidence < DOUBT_UNDER
    if ARROW in subject:
        old, _, new = subject.partition(ARROW)
        return _replaced(who, kind, old, new, doubts=doubts)
    if kind is Kind.RECIPIENT and direction in _NAMES and _is_name(subject):
        return f"{who} {_NAMES[direction][doubts]} {subject} as a recipient of your data."
    return f"{who} {_SAYS[direction][doubts]} about {_THINGS[kind]}: “{subject}”."


def _replaced(who: str, kind: Kind, old: str, new: str, *, doubts: bool) -> str:
    if old[:1].isdigit() and new[:1].isdigit():
        if kind is Kind.RETENTION:
            return f"{who} {'appears to keep' if doubts else 'keeps'} data {new} instead of {old}."
        if kind is Kind.CHILDREN:
            return f"{who} {'appears to set' if doubts else 'sets'} the age at {new} instead of {old}."
    if kind is Kind.RECIPIENT and _is_name(old) and _is_name(new):
        verb = "appears to name" if doubts else "names"
        return f"{who} {verb} {new} instead of {old} as a recipient of your data."
    return f"{who} {_SAYS[Direction.CHANGED][doubts]} about {_THINGS[kind]}: “{new}” instead of “{old}”."


def _is_name(words: str) -> bool:
    """One to four words, all of them capitalised: Flurry, Larkspur Metrics."""
    return 1 <= len(words.split()) <= 4 and all(word[0].isupper() for word in words.split())


def summary_of(findings: Sequence[Finding]) -> str:
    """One to four sentences, the gravest first; findings of one kind and direction share one."""
    if not findings:
        return "No change that matters was found."
    groups: dict[tuple[Kind, Direction], list[Finding]] = {}
    for finding in sorted(findings, key=lambda finding: (-finding.severity.rank, -finding.confidence)):
        groups.setdefault((finding.kind, finding.direction), []).append(finding)
    told = list(groups.values())[:SUMMARY_SENTENCES]
    return " ".join(_group_sentence(group) for group in told)


def _group_sentence(group: Sequence[Finding]) -> str:
    first, more = group[0].sentence, len({finding.sentence for finding in group}) - 1
    return f"{first.removesuffix('.')} (and {more} more)." if more else first
