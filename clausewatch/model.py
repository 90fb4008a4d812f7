"""Every noun of the domain. Start reading here.

A page is fetched: a *snapshot* (bytes). The differ reads it: a *text* of blocks, or a *fault*. Runs of equal
text over time are *versions*. Two versions and all that lies between them are a *comparison*, whose material
changes are *findings*. A *subscription* is owed a *notice* of a comparison.

Standard library only; nothing here does input or output. Instants end in ``_at`` and are aware UTC.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

BLOCK_END = "\n\n"
"""What follows every block in the text of a version, the last one too: texts are joined without special cases."""

_WORD = re.compile(r"[^\W_]+")
_BLANKED = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(128)  # ASCII, words kept


def count_words(text: str) -> int:
    """The number of words as DESIGN section 5 counts them: runs of letters and digits."""
    return len(text.encode().translate(_BLANKED).split()) if text.isascii() else len(_WORD.findall(text))


def content_id(*parts: object) -> str:
    """Sixteen hexadecimal digits made from what a thing is, so that any order of arrival gives the same id."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


# --- what is watched ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who publishes policies."""

    slug: str  # lower case, ASCII, hyphens
    name: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where a document was found, and from when on. A document keeps its history when its address moves."""

    url: str
    since_at: datetime | None  # None: as far back as anything is known
    until_at: datetime | None  # None: still


@dataclass(frozen=True, slots=True)
class Document:
    """One policy of one vendor."""

    id: str
    vendor: str  # slug
    vendor_name: str
    slug: str
    type: str  # "Privacy Policy", "Terms of Service", ...; unknown types are allowed
    url: str | None = None  # the current address; None for what was imported without one
    render: str = "auto"  # auto, never, always: whether a browser is used
    include: str | None = None  # CSS selectors, optional, never needed
    exclude: str | None = None
    interval_hours: int = 12
    due_at: datetime | None = None  # next crawl; None: never crawled
    etag: str | None = None  # validators of the newest live answer, for conditional requests
    last_modified: str | None = None

    @property
    def name(self) -> str:
        """``vendor/document``, as the command line takes it."""
        return f"{self.vendor}/{self.slug}"


# --- snapshots ------------------------------------------------------------------------------------------------


class Source(StrEnum):
    """Where a snapshot came from."""

    LIVE = "live"
    WAYBACK = "wayback"
    WARC = "warc"
    OTA = "ota"
    FILE = "file"


class Fault(StrEnum):
    """Why a snapshot is not the document."""

    BOT_WALL = "bot-wall"
    LOGIN = "login"
    CONSENT_WALL = "consent-wall"
    ERROR_PAGE = "error-page"
    NOT_FOUND = "not-found"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    OTHER_LANGUAGE = "other-language"
    OTHER_REGION = "other-region"
    OTHER_DOCUMENT = "other-document"
    UNREADABLE = "unreadable"
    ARCHIVE_ERROR = "archive-error"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The bytes of a document at a moment; never changed, never lost. The body lies in the blob named ``sha256``."""

    id: str
    document: str  # id of the document
    captured_at: datetime  # when the page looked so
    fetched_at: datetime  # when we got it
    seen_at: datetime  # the last look that found the same bytes; captured_at after the first look
    sightings: int  # looks that found these bytes in a row, a 304 among them
    source: Source
    is_live: bool  # a look of a live crawl, or of an import that was told to act as one
    is_upgrade: bool  # a peer's record made by new extraction rules: no change of the vendor's
    url: str
    status: int | None
    content_type: str | None
    headers: Mapping[str, str]
    sha256: str  # of the body after content-encoding is undone
    size: int  # bytes of that body
    fault: Fault | None = None  # None also where it has not been read yet
    fault_reason: str | None = None
    version: str | None = None  # id of the version that it belongs to


# --- text -----------------------------------------------------------------------------------------------------


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"  # of a list
    ROW = "row"  # of a table; cells joined by " | "


@dataclass(frozen=True, slots=True)
class Block:
    """The smallest piece of a text that has a kind: one line, NFC, single spaces, never empty."""

    kind: BlockKind
    text: str
    level: int = 0  # heading: 1 to 6; item: depth from 1; otherwise 0
    header: tuple[str, ...] = ()  # of a row: the table's header cells
    links: tuple[str, ...] = ()  # canonical targets in order of appearance; no part of the text
    breaks: tuple[int, ...] = ()  # offsets of the blanks that were line breaks: no quote runs over one


@dataclass(frozen=True)
class Text:
    """What a snapshot says: its blocks in reading order, chrome and volatile fragments left out."""

    blocks: tuple[Block, ...]
    title: str | None = None
    language: str | None = None  # ISO 639-1
    normaliser: int = 0  # revision that made it
    notes: tuple[str, ...] = ()  # what the normaliser decided, for `show --why`

    @cached_property
    def text(self) -> str:
        """The blocks, each followed by BLOCK_END. Offsets of quotes count its code points."""
        return "".join(block.text + BLOCK_END for block in self.blocks)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """For each block the offset of its first character in ``text``."""
        starts, at = [], 0
        for block in self.blocks:
            starts.append(at)
            at += len(block.text) + len(BLOCK_END)
        return tuple(starts)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def key(self) -> str:
        """Equal for texts that differ only in where blocks begin and end: one text in two markups is one version."""
        # blocks are single lines with single spaces
        return hashlib.sha256(" ".join([block.text for block in self.blocks]).encode()).hexdigest()

    @cached_property
    def words(self) -> int:
        return sum(count_words(block.text) for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the normaliser made of one body: a text, signals for doubt, and a fault if the page itself shows one."""

    text: Text
    fault: Fault | None
    fault_reason: str | None
    policy_share: float  # share of words that policies use, 0 to 1


@dataclass(frozen=True, slots=True)
class Look:
    """A snapshot as the timeline sees it: when, what text, and numbers to doubt by."""

    snapshot: str  # id
    captured_at: datetime
    seen_at: datetime
    sightings: int
    is_live: bool
    is_upgrade: bool
    text: str | None  # id of its text; None where it has none
    key: str | None  # Text.key
    fault: Fault | None  # by the page alone
    fault_reason: str | None
    signals: Mapping[str, Any]  # differ.faults.Signals, as stored


@dataclass(frozen=True, slots=True)
class Version:
    """A text of a document that held from its first to its last snapshot."""

    id: str
    document: str
    ordinal: int  # how many earlier versions of the document have the same text: A, B, A gives 0, 0, 1
    first_at: datetime
    last_at: datetime
    snapshots: int
    words: int
    language: str | None
    sha256: str  # of the text
    normaliser: int


# --- comparisons ----------------------------------------------------------------------------------------------


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
        return all(edit.op == "=" for edit in self.edits)


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
    """What a material change is about (corpus/TAXONOMY.md)."""

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
        return list(Severity).index(self)


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

    @property
    def material(self) -> bool:
        return bool(self.findings)

    @property
    def is_news(self) -> bool:
        """Whether subscribers want to hear of it: material, or a change in a language that cannot be classified."""
        return self.material or not (self.is_classified or self.artefact)

    @property
    def severity(self) -> Severity | None:
        return max((finding.severity for finding in self.findings), key=lambda s: s.rank, default=None)


@dataclass(frozen=True, slots=True)
class Fact:
    """What one version states, with its quote. The facts of all versions make the ledger."""

    kind: str  # recipient, retention, transfer, age, contact, date
    value: str  # canonical: "Meta", "24 months", "DE"
    subject: str  # what it is about, as the text says it
    quote: Quote


# --- who hears of it ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """What a subscription asks for. Empty means all; within a field any value will do, across fields all must hold."""

    vendors: tuple[str, ...] = ()  # slugs
    documents: tuple[str, ...] = ()  # types
    kinds: tuple[Kind, ...] = ()
    min_severity: Severity | None = None
    companies: tuple[str, ...] = ()  # named in a finding
    keywords: tuple[str, ...] = ()  # in a finding's quotes
    languages: tuple[str, ...] = ()


class SubscriptionState(StrEnum):
    PENDING = "pending"  # asked, not confirmed: nothing but the confirmation is sent
    CONFIRMED = "confirmed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Subscription:
    """An address that asked, confirmed, and for what."""

    id: str
    email: str
    rule: Rule
    every: str  # instant, daily, weekly
    state: SubscriptionState
    created_at: datetime
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None


class NoticeState(StrEnum):
    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"  # given up, with the reason
    DROPPED = "dropped"  # the subscription ended before it was sent


@dataclass(frozen=True, slots=True)
class Notice:
    """One comparison owed to one subscription."""

    id: str
    subscription: str
    comparison: str
    state: NoticeState
    due_at: datetime
    attempts: int = 0
    error: str | None = None
