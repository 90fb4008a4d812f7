"""Where each sentence of a version came from: as JSON rows and for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clausewatch.counts import counted
from clausewatch.instants import rfc3339
from clausewatch.model import BlockKind, Document, Quote, Text, Version
from clausewatch.views.terminal import Paper
from differ.blame import Blamed
from differ.sections import sections

Json = dict[str, Any]
_INDENT = len("2025-01-31* ")


@dataclass(frozen=True, slots=True)
class Blame:
    """A version with the origin of its sentences, whose numbers are indices of the timeline."""

    document: Document
    timeline: tuple[Version, ...]  # oldest first, the version itself last
    text: Text
    sentences: tuple[Blamed, ...]

    @property
    def version(self) -> Version:
        return self.timeline[-1]


@dataclass(frozen=True, slots=True)
class Origin:
    """A sentence and the versions it came from."""

    section: tuple[str, ...]
    is_heading: bool
    sentence: Quote
    brought: Version
    first: Version
    before: Quote | None
    before_version: Version | None  # that ``before`` is a quote of

    @property
    def has_returned(self) -> bool:
        """Whether it left and came back."""
        return self.first.id != self.brought.id


def origins(blame: Blame) -> Iterator[Origin]:
    """The sentences of the version in their order."""
    paths = [section.path for section in sections(blame.text) for _ in section.blocks]
    for each in blame.sentences:
        yield Origin(
            section=paths[each.block],
            is_heading=blame.text.blocks[each.block].kind is BlockKind.HEADING,
            sentence=each.sentence,
            brought=blame.timeline[each.brought],
            first=blame.timeline[each.first],
            before=each.before,
            before_version=blame.timeline[each.brought - 1] if each.before else None,
        )


def blame_to_json(blame: Blame) -> Iterator[Json]:
    """A row for each sentence."""
    document, version = blame.document, blame.version
    for origin in origins(blame):
        yield {
            "vendor": document.vendor, "document": document.slug, "version": version.id,
            "section": list(origin.section), "sentence": origin.sentence.quote,
            "start": origin.sentence.start, "end": origin.sentence.end,
            "brought_by": origin.brought.id, "brought_at": rfc3339(origin.brought.first_at),
            "first": origin.first.id, "first_at": rfc3339(origin.first.first_at),
            "before": _before_to_json(origin),
        }  # fmt: skip


def _before_to_json(origin: Origin) -> Json | None:
    if origin.before is None or origin.before_version is None:
        return None
    return {
        "version": origin.before_version.id, "quote": origin.before.quote, "start": origin.before.start,
        "end": origin.before.end,
    }  # fmt: skip


def render_blame(blame: Blame, *, colour: bool = False, width: int = 80) -> str:
    """The version with, before each sentence, the day that brought it, and after it what it replaced."""
    paper = Paper(colour=colour, width=width)
    last: tuple[str, ...] | None = None
    version = blame.version
    paper.say(f"{blame.document.vendor_name}, {blame.document.type}: {_span(version)}", style="bold")
    paper.say(
        f"{counted(len(blame.timeline), 'version')} since {_day(blame.timeline[0])}; * marks what left and came back"
    )
    for origin in origins(blame):
        if origin.section != last:
            paper.blank()
            last = origin.section
        _put(paper, origin, is_recent=origin.brought.id != blame.timeline[0].id)
    return paper.text()


def _put(paper: Paper, origin: Origin, *, is_recent: bool) -> None:
    mark = "*" if origin.has_returned else " "
    day = (f"{_day(origin.brought)}{mark} ", "recent" if is_recent else "faint")
    paper.put([day, (origin.sentence.quote, "bold" if origin.is_heading else None)], indent=_INDENT)
    if origin.has_returned:
        paper.say(f"{' ' * _INDENT}first {_day(origin.first)}", indent=_INDENT, style="faint")
    if origin.before:
        was = (f"- {origin.before.quote}", "-") if paper.has_colour else (f"[-{origin.before.quote}-]", None)
        paper.put([(" " * _INDENT, None), was], indent=_INDENT + 2)


def _span(version: Version) -> str:
    return f"version of {_day(version)}, seen until {version.last_at:%Y-%m-%d} ({counted(version.words, 'word')})"


def _day(version: Version) -> str:
    return f"{version.first_at:%Y-%m-%d}"
