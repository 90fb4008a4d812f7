"""What lies between two texts: edits, findings, and the facts that each states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from clausewatch.model.texts import Text


class Change(StrEnum):
    """What happened to a section."""

    ADDED = "added"
    REMOVED = "removed"
    EDITED = "edited"
    MOVED = "moved"
    RENAMED = "renamed"
    SPLIT = "split"  # a part of an old section, under a heading that came
    MERGED = "merged"  # a part of a new section, whose own heading went


class Form(StrEnum):
    """What changed of a section of which nothing but the form did."""

    NUMBERING = "numbering"  # numbers and letters before a line
    CASE = "case"
    PUNCTUATION = "punctuation"
    SPACING = "spacing"
    BREAKS = "breaks"  # where a paragraph ends


@dataclass(frozen=True, slots=True)
class Edit:
    """A run of text that stayed ("="), went ("-") or came ("+")."""

    op: str
    text: str
    moved: str | None = None  # the same id where a piece left and where it came


@dataclass(frozen=True, slots=True)
class BlockChange:
    """A block of the old text, of the new, or a pair of them. Edits cover the text and BLOCK_END of both."""

    before: int | None  # index into the old text's blocks
    after: int | None
    edits: tuple[Edit, ...]
    # Set where the block moved with its words unchanged, on both halves: the one that left and the one that came. An
    # edit inside may carry an id of its own: a piece of a paragraph that was split, merged or altered on its way.
    moved: str | None = None

    @property
    def is_unchanged(self) -> bool:
        edits = self.edits  # most have one, and this is asked of every block
        return edits[0].op == "=" if len(edits) == 1 else all(edit.op == "=" for edit in edits)


@dataclass(frozen=True, slots=True)
class SectionChange:
    """A section of the old text, of the new, or a pair of them."""

    change: tuple[Change, ...]  # empty: unchanged
    before: tuple[str, ...] | None  # headings from the top down to this one; () before the first heading
    after: tuple[str, ...] | None
    before_start: int | None  # offset of the heading line
    after_start: int | None
    edits: tuple[Edit, ...]  # "=" and "-" join to the old section, "=" and "+" to the new
    form: tuple[Form, ...] = ()  # of an edited section: what of its form changed, if nothing else did


@dataclass(frozen=True)
class Alignment:
    """Two texts, block by block and section by section. Every block of both stands in exactly one BlockChange,
    or in two where it moved."""

    before: Text
    after: Text
    blocks: tuple[BlockChange, ...]  # in the order of the new text, what left at the place that it left
    sections: tuple[SectionChange, ...]


class Kind(StrEnum):
    """What a material change is about; docs/findings.md tells each."""

    DATA = "data"
    PURPOSE = "purpose"
    RECIPIENT = "recipient"
    TRACKING = "tracking"
    RETENTION = "retention"
    TRANSFER = "transfer"
    RIGHTS = "rights"
    CHOICE = "choice"
    LEGAL_BASIS = "legal-basis"
    CHILDREN = "children"
    SECURITY = "security"
    AUTOMATION = "automation"
    CONTROLLER = "controller"
    NOTICE = "notice"
    SCOPE = "scope"
    TERMS = "terms"


class Direction(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Effect(StrEnum):
    """Who gains: ``expands`` lets the vendor do more or protects the reader less."""

    EXPANDS = "expands"
    LIMITS = "limits"
    UNCLEAR = "unclear"


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Quote:
    """An exact piece of a version's text: ``text[start:end] == quote``, in code points."""

    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One material change, with the words that prove it."""

    kind: Kind
    direction: Direction
    effect: Effect
    subject: str  # the thing in a few words: "Flurry", "18 months -> 24 months"
    severity: Severity
    confidence: float  # 0 to 1
    section: tuple[str, ...]
    sentence: str  # for people, built from the finding
    rule: str  # id, explained in docs/findings.md
    before: Quote | None
    after: Quote | None


class ComparisonState(StrEnum):
    HELD = "held"  # the new text was seen once
    CONFIRMED = "confirmed"
    UNSTABLE = "unstable"  # a return to an earlier text, or a variant
    UPGRADE = "upgrade"  # the normaliser changed, not the vendor
    HISTORY = "history"  # from a backfill or an import of the past


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two texts of a comparison, as people name it."""

    id: str | None  # of the version; None for one-off files
    label: str
    at: datetime | None
    language: str | None
    words: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StatedDays:
    """The days that both texts of a comparison state for themselves; None where one states nothing that can be read."""

    before_updated_on: date | None = None
    after_updated_on: date | None = None
    before_effective_on: date | None = None
    after_effective_on: date | None = None
    is_alone: bool = False  # nothing changed but the stated days

    @property
    def is_silent(self) -> bool:
        """Whether the text changed, and the day of its last update that it states did not."""
        return self.after_updated_on is not None and self.before_updated_on == self.after_updated_on

    @property
    def sentence(self) -> str | None:
        """What a reader should know of it; None where there is nothing odd."""
        if self.is_alone:
            return "Nothing changed but the day that the text states for itself."
        if self.is_silent and self.after_updated_on:
            day = f"{self.after_updated_on.day} {self.after_updated_on:%B %Y}"
            return f"The text still says that it was last updated on {day}."
        return None


@dataclass(frozen=True)
class Comparison:
    """Two texts and all that lies between them."""

    id: str
    before: Side
    after: Side
    sections: tuple[SectionChange, ...]
    findings: tuple[Finding, ...]
    summary: str
    artefact: bool = False  # the difference comes from the capture
    artefact_reason: str | None = None
    is_classified: bool = True  # False: findings cannot be told in its language
    vendor: str | None = None  # slugs; None for a one-off
    document: str | None = None
    state: ComparisonState | None = None
    state_reason: str | None = None
    notify: bool = False
    stated: StatedDays | None = None  # None for a one-off
    changed_words: int | None = None  # that came and went, of one that is stored

    @property
    def material(self) -> bool:
        return bool(self.findings)

    @property
    def is_news(self) -> bool:
        """Whether subscribers want to hear of it: material, or a change in a language that cannot be classified."""
        return self.material or not (self.is_classified or self.artefact)

    @cached_property  # lists ask for it again and again
    def severity(self) -> Severity | None:
        return max((finding.severity for finding in self.findings), key=lambda s: s.rank, default=None)


@dataclass(frozen=True, slots=True)
class Fact:
    """What one version states, with its quote. The facts of all versions make the ledger."""

    kind: str  # recipient, retention, transfer, age, contact, date
    value: str  # canonical: "Meta", "24 months", "DE"
    subject: str  # what it is about, as the text says it
    quote: Quote
