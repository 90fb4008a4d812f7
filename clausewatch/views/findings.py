"""Findings as HTML, with quotes that lead to their place. Written here and not in a template: a page has hundreds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from clausewatch.views.layout import Spans
from clausewatch.views.markup import escaped, quote_markup
from clausewatch.views.places import Place


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding in the words of the page. ``anchor`` is the id of the section that holds it."""

    kind: str
    direction: str
    effect: str
    severity: str
    percent: int  # confidence
    sentence: str
    subject: str
    section: str
    anchor: str | None
    before: Spans  # quotes; empty where that side has none
    after: Spans
    before_place: Place | None  # where the quotes stand in the text below
    after_place: Place | None


def findings_markup(findings: Iterable[FindingView]) -> Markup:
    """The findings as items of a list, each with an anchor of its own."""
    items = [_item(finding, number) for number, finding in enumerate(findings, start=1)]
    return Markup("".join(items))  # noqa: S704  # every text in it was escaped


def _item(finding: FindingView, number: int) -> str:
    severity = escape(finding.severity)
    section = escaped(finding.section)
    if finding.anchor:
        section = f'<a href="#{escape(finding.anchor)}">{section}</a>'
    what = " · ".join(map(escaped, (finding.kind, finding.direction, finding.effect)))
    return (
        f'<li class="finding severity-{severity}" id="finding-{number}">\n'
        f'<p><span class="badge">{severity}</span> <strong>{escaped(finding.sentence)}</strong></p>\n'
        f"{_quote(finding.before, finding.before_place, tag='was', name='before')}"
        f"{_quote(finding.after, finding.after_place, tag='is', name='after')}"
        f'<p class="meta">{what} · {finding.percent} % sure ·\n{section}\n'
        f'· <a href="#finding-{number}" aria-label="Link to finding {number}">link</a></p>\n</li>\n'
    )


def _quote(spans: Spans, place: Place | None, *, tag: str, name: str) -> str:
    if not spans:
        return ""
    links = ""
    if place:
        links = "".join(
            f'<a class="to-{layout}" href="#{escape(anchor)}" lang="en">in the text</a>'
            for layout, anchor in (("inline", place.inline), ("side", place.side))
        )
    quote = f'<span class="label">{name}</span> <q>{quote_markup(spans)}</q>{" " if links else ""}{links}'
    return f'<blockquote class="{tag}" dir="auto">{quote}</blockquote>\n'
