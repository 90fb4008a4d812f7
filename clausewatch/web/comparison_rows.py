"""A comparison as the API gives it, one dataclass a thing: for OpenAPI to describe what ``views.json`` writes."""

from __future__ import annotations

from dataclasses import dataclass

from clausewatch.model import Change, ComparisonState, Direction, Effect, Form, Kind, Severity


@dataclass(frozen=True, slots=True)
class SideRow:
    """One of the two texts; ``id`` is that of its version, null for a text that is not kept."""

    id: str | None
    label: str
    at: str | None
    language: str | None
    words: int
    sha256: str


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """An exact piece of a side's text, and where it stands there: counted in Unicode code points."""

    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One material change. ``confidence``: the chance that a reader agrees; a side without words of it is null."""

    kind: Kind
    direction: Direction
    effect: Effect
    subject: str
    severity: Severity
    confidence: float
    section: list[str]
    sentence: str
    rule: str
    before: QuoteRow | None
    after: QuoteRow | None


@dataclass(frozen=True, slots=True)
class StatedDayRow:
    """The days that a text states itself."""

    updated_on: str | None
    effective_on: str | None


@dataclass(frozen=True, slots=True)
class StatedRow:
    """``silent``: the text changed and the day that it states did not; ``alone``: only that day changed."""

    before: StatedDayRow
    after: StatedDayRow
    silent: bool
    alone: bool


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A section of either side; ``change`` is empty where it stayed. An edit is ``=``, ``-`` or ``+`` and its text, and
    of a piece that moved an id that stands where it left and where it came."""

    change: list[Change]
    before: list[str] | None
    after: list[str] | None
    before_start: int | None
    after_start: int | None
    form: list[Form]
    edits: list[list[str | dict[str, str]]]


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """Two texts and what lies between them, without the sections."""

    id: str
    vendor: str | None
    document: str | None
    before: SideRow
    after: SideRow
    material: bool
    artefact: bool
    artefact_reason: str | None
    classified: bool
    state: ComparisonState | None
    state_reason: str | None
    notify: bool
    severity: Severity | None
    summary: str
    stated: StatedRow | None
    findings: list[FindingRow]


@dataclass(frozen=True, slots=True)
class WholeComparison(ComparisonRow):
    """With every section of both texts."""

    sections: list[SectionRow]
