"""A comparison as a page of its own, and the view model that web pages share. Policy text is data, never markup."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup

from clausewatch.instants import rfc3339
from clausewatch.model import Comparison, Finding, SectionChange, Side
from clausewatch.views.findings import FindingView, findings_markup
from clausewatch.views.layout import NO_ANCHORS, FoldView, Spans, UnchangedView, folds_of
from clausewatch.views.lines import (
    Line,
    artefact_words,
    change_words,
    fold,
    has_heading,
    lines,
    old_title,
    pieces,
    rows,
    section_title,
    title,
    worst_first,
)
from clausewatch.views.markup import inline_markup, side_markup, unchanged_markup
from clausewatch.views.moves import Moves
from clausewatch.views.places import Places, line_starts, row_starts
from clausewatch.views.quotes import quote_lines
from clausewatch.views.templating import environment


@dataclass(frozen=True, slots=True)
class SideView:
    """One of the two texts, as the head of the page names it."""

    label: str
    at: str | None  # RFC 3339
    day: str | None
    language: str | None
    words: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section that changed, inline and side by side."""

    anchor: str
    title: str
    old_title: str | None
    has_heading: bool  # its first line is the heading line
    changes: tuple[str, ...]
    inline: tuple[FoldView, ...]
    side: tuple[FoldView, ...]
    earlier: str | None  # anchors of the neighbouring sections that changed
    later: str | None

    @property
    def inline_html(self) -> Markup:
        return inline_markup(self.inline, has_heading=self.has_heading)

    @property
    def side_html(self) -> Markup:
        return side_markup(self.side, has_heading=self.has_heading)


@dataclass(frozen=True, slots=True)
class GroupView:
    """A changed section, or a run of unchanged ones."""

    changed: SectionView | None
    unchanged: tuple[UnchangedView, ...] = ()

    @property
    def unchanged_html(self) -> Markup:
        return unchanged_markup(self.unchanged)


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """All that the templates in templates/diff need."""

    id: str
    before: SideView
    after: SideView
    severity: str | None
    summary: str
    artefact: str | None  # how far the difference comes from the capture
    is_classified: bool  # False: no findings does not mean that nothing matters
    findings: tuple[FindingView, ...]
    groups: tuple[GroupView, ...]
    changed: tuple[SectionView, ...]
    counts: tuple[tuple[str, int], ...]  # how many sections were added, removed, ...; unchanged last

    @property
    def findings_html(self) -> Markup:
        return findings_markup(self.findings)

    @property
    def is_same(self) -> bool:
        return not self.changed


def render_html(comparison: Comparison, *, full: bool = True) -> str:
    """A page that needs no other file, and its script for nothing but keys that jump from change to change.

    Without ``full`` unchanged sections have no text.
    """
    page = environment().get_template("diff/report.html")
    keys = files("templates").joinpath("diff/keys.js").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(keys.encode()).digest()).decode()
    return page.render(view=comparison_view(comparison, full=full), keys=keys, keys_sha256=digest)


def comparison_view(comparison: Comparison, *, full: bool = True) -> ComparisonView:
    """What the templates show; plain values, nothing escaped yet."""
    moves, places = Moves(comparison.sections), Places(comparison)
    neighbours = _neighbours(comparison.sections)
    sections = [
        _changed_view(each, at, moves=moves, places=places, neighbours=neighbours[at])
        if each.change
        else _unchanged_view(each, at, full=full)
        for at, each in enumerate(comparison.sections)
    ]
    return ComparisonView(
        id=comparison.id,
        before=_side_view(comparison.before),
        after=_side_view(comparison.after),
        severity=comparison.severity.value if comparison.severity else None,
        summary=comparison.summary,
        artefact=artefact_words(comparison),
        is_classified=comparison.is_classified,
        findings=tuple(_finding_view(finding, places) for finding in worst_first(comparison)),
        groups=tuple(_groups(sections)),
        changed=tuple(section for section in sections if isinstance(section, SectionView)),
        counts=_counts(comparison.sections),
    )


def _side_view(side: Side) -> SideView:
    at = rfc3339(side.at) if side.at else None
    return SideView(side.label, at, at[:10] if at else None, side.language, side.words, side.sha256)


def _finding_view(finding: Finding, places: Places) -> FindingView:
    before, after = quote_lines(finding)
    at = places.section_of(finding.after or finding.before, is_after=finding.after is not None)
    return FindingView(
        kind=finding.kind.value,
        direction=finding.direction.value,
        effect=finding.effect.value,
        severity=finding.severity.value,
        percent=round(finding.confidence * 100),
        sentence=finding.sentence,
        subject=finding.subject,
        section=title(finding.section),
        anchor=None if at is None else _anchor(at),
        before=_quote_view(before),
        after=_quote_view(after),
        before_place=places.of(finding.before, is_after=False),
        after_place=places.of(finding.after, is_after=True),
    )


def _quote_view(line: Line | None) -> Spans:
    return line.spans if line else ()


def _unchanged_view(section: SectionChange, at: int, *, full: bool) -> UnchangedView:
    text = "".join(edit.text for edit in section.edits) if full else ""
    return UnchangedView(_anchor(at), section_title(section), text, has_heading(section))


def _changed_view(
    section: SectionChange, at: int, *, moves: Moves, places: Places, neighbours: tuple[str | None, str | None]
) -> SectionView:
    headed = has_heading(section)
    cut = tuple(pieces(section.edits))
    inline, side = lines(cut), rows(cut)
    of_lines = of_rows = NO_ANCHORS
    if places.are_in(at):
        of_lines = places.anchors(at, "inline", line_starts(section))
        of_rows = places.anchors(at, "side", list(row_starts(section, side)))
    return SectionView(
        anchor=_anchor(at), title=section_title(section), old_title=old_title(section), has_heading=headed,
        changes=change_words(section),
        inline=folds_of(fold(inline, keep_first=headed), "moved", moves=moves, at=at, anchors=of_lines),
        side=folds_of(fold(side, keep_first=headed), "side", moves=moves, at=at, anchors=of_rows),
        earlier=neighbours[0], later=neighbours[1],
    )  # fmt: skip


def _neighbours(sections: Sequence[SectionChange]) -> dict[int, tuple[str | None, str | None]]:
    """For each section that changed the anchors of those before and after it that did, by its index."""
    changed = [at for at, section in enumerate(sections) if section.change]
    anchors = [None, *map(_anchor, changed), None]
    return {at: (anchors[number], anchors[number + 2]) for number, at in enumerate(changed)}


def _anchor(at: int) -> str:
    return f"section-{at + 1}"


def _groups(sections: Iterable[SectionView | UnchangedView]) -> Iterator[GroupView]:
    unchanged: list[UnchangedView] = []
    for section in sections:
        if isinstance(section, UnchangedView):
            unchanged.append(section)
            continue
        if unchanged:
            yield GroupView(None, tuple(unchanged))
            unchanged = []
        yield GroupView(section)
    if unchanged:
        yield GroupView(None, tuple(unchanged))


def _counts(sections: Sequence[SectionChange]) -> tuple[tuple[str, int], ...]:
    counted: dict[str, int] = {}
    for section in sections:
        for change in section.change:
            counted[change.value] = counted.get(change.value, 0) + 1
    unchanged = sum(not section.change for section in sections)
    return (*sorted(counted.items()), *([("unchanged", unchanged)] if unchanged else []))
