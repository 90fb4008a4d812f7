"""A comparison for the terminal: findings first, then the sections that changed, marked by word."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from clausewatch.counts import counted
from clausewatch.instants import rfc3339
from clausewatch.model import Comparison, Edit, Finding, SectionChange, Side
from clausewatch.views.lines import (
    Line,
    artefact_words,
    body_lines,
    change_words,
    fold,
    joined,
    old_title,
    section_title,
    shortened,
    title,
    worst_first,
)
from clausewatch.views.moves import Moves
from clausewatch.views.quotes import quote_lines
from clausewatch.views.terminal import Paper

_MARKED = {"=": "{}", "-": "[-{}-]", "+": "{{+{}+}}"}


def render_text(comparison: Comparison, *, full: bool = False, colour: bool = False, width: int = 80) -> str:
    """Lines of at most ``width`` columns, a long word aside. Without ``full`` what did not change is folded.

    Without ``colour`` changes are marked as [-went-] and {+came+}.
    """
    page = _Page(Paper(colour=colour, width=width))
    page.show(comparison, full=full)
    return page.paper.text()


class _Page:
    """What is said of a comparison, in its order."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper

    def show(self, comparison: Comparison, *, full: bool) -> None:
        self._head(comparison)
        self._findings(comparison, full=full)
        self._index(comparison)
        moves = Moves(comparison.sections)
        for at, section in enumerate(comparison.sections):
            if full or section.change:
                self._section(section, partial(moves.note, at=at), full=full)

    def _head(self, comparison: Comparison) -> None:
        self.paper.say(f"--- {_side(comparison.before)}", style="bold")
        self.paper.say(f"+++ {_side(comparison.after)}", style="bold")
        self.paper.blank()
        if comparison.severity:
            word = comparison.severity.value
            self.paper.put([("Severity: ", None), (word, word)])
        if comparison.summary:
            self.paper.say(comparison.summary)
        if reason := artefact_words(comparison):
            self.paper.say(reason)
        self.paper.blank()

    def _findings(self, comparison: Comparison, *, full: bool) -> None:
        for number, finding in enumerate(worst_first(comparison), start=1):
            self._finding(number, finding, full=full)
        if comparison.findings:
            self.paper.blank()

    def _finding(self, number: int, finding: Finding, *, full: bool) -> None:
        self.paper.say(f"{number}. [{finding.severity.value}] {finding.kind.value}: {finding.sentence}", indent=3)
        for op, line in zip("-+", quote_lines(finding), strict=True):
            if line:
                shown = self._pieces(line if full or not line.is_changed else shortened(line))
                self.paper.put([(f'   {op} "', None), *shown, ('"', None)], indent=5)
        self.paper.say(f"   in {title(finding.section)}", indent=6, style="faint")

    def _index(self, comparison: Comparison) -> None:
        changed = [section for section in comparison.sections if section.change]
        unchanged = len(comparison.sections) - len(changed)
        if not changed:
            self.paper.say(f"No section changed ({unchanged} compared).")
            return
        self.paper.say(f"Sections: {len(changed)} changed, {unchanged} unchanged", style="bold")
        for section in changed:
            self.paper.say(f"  {section_title(section)} ({', '.join(change_words(section))})", indent=4)

    def _section(self, section: SectionChange, note: Callable[[Line], str], *, full: bool) -> None:
        self.paper.blank()
        changes = f" ({', '.join(change_words(section))})" if section.change else ""
        self.paper.say(f"== {section_title(section)}{changes}", indent=3, style="bold")
        was = old_title(section)
        if was:
            self.paper.say(f"   before: {was}", indent=3, style="faint")
        for part in fold(body_lines(section)):
            if part.is_folded and not full:
                self.paper.blank()
                self.paper.say(f"   ... {len(part.parts)} unchanged paragraphs", indent=3, style="faint")
                continue
            for line in part.parts:
                if isinstance(line, Line):
                    self.paper.blank()
                    self._line(line if full else shortened(line), note(line))

    def _line(self, line: Line, note: str) -> None:
        self.paper.put([*self._pieces(line), *([(f" {note}", "faint")] if note else [])])

    def _pieces(self, line: Line) -> list[tuple[str, str | None]]:
        if self.paper.has_colour:
            return [(span.text, _style(span)) for span in line.spans]
        return [(_MARKED[span.op].format(span.text), None) for span in joined(line).spans]


def _style(span: Edit) -> str | None:
    if span.op == "=":
        return None
    return f"{span.op}moved" if span.moved else span.op


def _side(side: Side) -> str:
    day = f", {rfc3339(side.at)[:10]}" if side.at else ""
    return f"{side.label}{day} ({counted(side.words, 'word')})"
