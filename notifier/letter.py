"""What a mail says, before it is words and markup: entries cut to a measure, and rules in sentences. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from clausewatch.model import Effect, Kind, Rule, Subscription
from notifier.entries import LONGEST_NAME, Entry, Measure, Rank, ShownEntry, by_cause, shown_entry
from notifier.lines import one_line, shortened
from notifier.tokens import Links

__all__ = ["Entry", "Letter", "Watched", "described", "letter", "one_line", "shortened"]

MEASURES = (
    Measure(entries=40, findings=25, characters=600),
    Measure(entries=30, findings=12, characters=400),
    Measure(entries=20, findings=6, characters=300),
    Measure(entries=12, findings=3, characters=200),
    Measure(entries=6, findings=2, characters=120),
    Measure(entries=3, findings=1, characters=80),
)
"""From generous to scant: a mail takes the first that keeps it small enough."""
EFFECT_WORDS = {
    Effect.EXPANDS: "lets the vendor do more",
    Effect.LIMITS: "lets the vendor do less",
    Effect.UNCLEAR: "may be either",
}


@dataclass(frozen=True, slots=True)
class Watched:
    """That someone watches: what a digest says of the documents that its subscription is about."""

    documents: int
    gaps: int  # times when one of them could not be seen
    from_on: date  # where the subscriber lives
    to_on: date


@dataclass(frozen=True, slots=True)
class Letter:
    """All that a template for a notice or a digest may name."""

    entries: tuple[ShownEntry, ...]
    total: int  # documents that changed, shown or not
    vendors: tuple[str, ...]
    every: str
    links: Links
    marks_words: bool  # some quote has changed words marked
    watched: Watched | None

    @property
    def left_out(self) -> int:
        """Documents whose changes the mail does not tell."""
        return self.total - sum(len(entry.documents) + entry.more_documents for entry in self.entries)


def letter(
    subscription: Subscription,
    entries: Sequence[Entry],
    *,
    links: Links,
    measure: Measure,
    watched: Watched | None = None,
) -> Letter:
    """The entries as a mail shows them: one for each cause, the most severe to this subscriber first, then by name."""
    rank = subscription.rule.severity_of
    groups = by_cause(sorted(entries, key=lambda entry: _weight(entry, rank)))
    shown = tuple(shown_entry(group, links=links, measure=measure, rank=rank) for group in groups[: measure.entries])
    sides = [side for entry in shown for found in entry.findings for side in (found.before, found.after) if side]
    return Letter(
        entries=shown,
        total=len(entries),
        vendors=tuple(sorted({shortened(entry.document.vendor_name, LONGEST_NAME) for entry in entries})),
        every=subscription.every,
        links=links,
        marks_words=any(piece.is_changed for side in sides for piece in side.pieces),
        watched=watched,
    )


def _weight(entry: Entry, rank: Rank) -> tuple[int, str, str, str]:
    gravest = max((rank(finding).rank for finding in entry.comparison.findings), default=-1)
    return -gravest, entry.document.vendor_name.casefold(), entry.document.slug, entry.notice


def described(subscription: Subscription, vendor_names: Mapping[str, str] | None = None) -> list[str]:
    """What the subscription asks for, a line for each constraint. A vendor without a name is called by its slug."""
    rule: Rule = subscription.rule
    names = vendor_names or {}
    fields: list[tuple[str, Sequence[str]]] = [
        ("vendors", [names.get(slug, slug) for slug in rule.vendors]),
        ("documents", rule.documents),
        ("kinds of change", [_words(kind) for kind in rule.kinds]),
        ("what was", rule.directions),
        ("effect", [EFFECT_WORDS[effect] for effect in rule.effects]),
        ("severity", [f"{rule.min_severity} or higher"] if rule.min_severity else []),
        ("as severe as", [f"{_words(kind)}: {severity}" for kind, severity in rule.severities]),
        ("companies named", rule.companies),
        ("words", rule.keywords),
        ("languages", rule.languages),
    ]
    lines = [f"{name}: {shortened(', '.join(values), 300)}" for name, values in fields if values]
    if rule.everything:
        lines.append("all changes, also those of wording alone")
    return [*(lines or ["all changes that matter, of every vendor"]), *_delivered(subscription)]


def _words(kind: Kind) -> str:
    return kind.replace("-", " ")


def _delivered(subscription: Subscription) -> list[str]:
    hour = f"at {subscription.hour}:00 ({subscription.zone})"
    when = {
        "instant": "as soon as it is sure",
        "daily": f"once a day, {hour}",
        "weekly": f"once a week, on Monday {hour}",
    }
    lines = [f"when: {when[subscription.every]}"]
    if subscription.is_quiet_told:
        often = {"instant": f", once a week, on Monday {hour}"}.get(subscription.every, "")
        lines.append(f"also when nothing changed{often}")
    if subscription.webhook:
        # the whole address may hold a secret, and a stranger's advertisement
        lines.append(f"sent to: a program at {urlsplit(subscription.webhook).hostname}")
    return lines
