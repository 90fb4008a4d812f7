"""A comparison for the terminal: findings first, then the sections that changed, marked by word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clausewatch.instants import rfc3339
from clausewatch.model import Comparison, Edit, Finding, SectionChange, Side
from clausewatch.views.lines import (
    Line,
    body_lines,
    change_words,
    fold,
    old_title,
    section_title,
    shortened,
    title,
    worst_first,
)

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # could steer a terminal
_MARKED = {"=": "{}", "-": "[-{}-]", "+": "{{+{}+}}"}
_COLOURS = {"-": "31;9", "+": "32;4", "moved": "35", "bold": "1", "faint": "2"}
_SEVERITY_COLOURS = {"low": "36", "medium": "33", "high": "31", "critical": "31;1"}
_NARROWEST = 20


def render_text(comparison: Comparison, *, full: bool = False, colour: bool = False, width: int = 80) -> str:
    """Lines of at most ``width`` columns, a long word aside. Without ``full`` what did not change is folded.

    Without ``colour`` changes are marked as [-went-] and {+came+}.
    """
    page = _Page(colour=colour, width=max(width, _NARROWEST))
    page.show(comparison, full=full)
    return page.text()


class _Page:
    """Gathers lines; knows width and colour."""

    def __init__(self, *, colour: bool, width: int) -> None:
        self._colour = colour
        self._width = width
        self._lines: list[str] = []

    def text(self) -> str:
        return "\n".join(self._lines).rstrip("\n") + "\n"

    def show(self, comparison: Comparison, *, full: bool) -> None:
        self._head(comparison)
        self._findings(comparison)
        self._index(comparison)
        for section in comparison.sections:
            if full or section.change:
                self._section(section, full=full)

    def _head(self, comparison: Comparison) -> None:
        self._say(f"--- {_side(comparison.before)}", style="bold")
        self._say(f"+++ {_side(comparison.after)}", style="bold")
        self._lines.append("")
        if comparison.severity:
            word = comparison.severity.value
            self._lines.append(f"Severity: {self._painted(word, _SEVERITY_COLOURS[word])}")
        if comparison.summary:
            self._say(comparison.summary)
        if comparison.artefact and comparison.artefact_reason:
            self._say(f"The difference comes from the capture: {comparison.artefact_reason}.")
        self._lines.append("")

    def _findings(self, comparison: Comparison) -> None:
        for number, finding in enumerate(worst_first(comparison), start=1):
            self._finding(number, finding)
        if comparison.findings:
            self._lines.append("")

    def _finding(self, number: int, finding: Finding) -> None:
        self._say(f"{number}. [{finding.severity.value}] {finding.kind.value}: {finding.sentence}", indent=3)
        for op, quote in (("-", finding.before), ("+", finding.after)):
            if quote:
                self._say(f'   {op} "{quote.quote}"', indent=5)
        self._say(f"   in {title(finding.section)}", indent=6, style="faint")

    def _index(self, comparison: Comparison) -> None:
        changed = [section for section in comparison.sections if section.change]
        unchanged = len(comparison.sections) - len(changed)
        if not changed:
            self._say(f"No section changed ({unchanged} compared).")
            return
        self._say(f"Sections: {len(changed)} changed, {unchanged} unchanged", style="bold")
        for section in changed:
            self._say(f"  {section_title(section)} ({', '.join(change_words(section))})", indent=4)

    def _section(self, section: SectionChange, *, full: bool) -> None:
        self._lines.append("")
        changes = f" ({', '.join(change_words(section))})" if section.change else ""
        self._say(f"== {section_title(section)}{changes}", indent=3, style="bold")
        was = old_title(section)
        if was:
            self._say(f"   before: {was}", indent=3, style="faint")
        for part in fold(body_lines(section)):
            if part.is_folded and not full:
                self._lines += ["", self._painted(f"   ... {len(part.parts)} unchanged paragraphs", _COLOURS["faint"])]
                continue
            for line in part.parts:
                if isinstance(line, Line):
                    self._lines.append("")
                    self._lines += self._wrapped(line if full else shortened(line), indent=0)

    def _say(self, text: str, *, indent: int = 0, style: str | None = None) -> None:
        for row in self._wrapped(Line((Edit("=", text),)), indent=indent):
            self._lines.append(self._painted(row, _COLOURS[style]) if style else row)

    def _painted(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and text else text

    def _wrapped(self, line: Line, *, indent: int) -> Iterator[str]:
        """Broken at spaces, marks and colours kept; rows after the first are indented."""
        plain, codes = "", []
        for span in line.spans:
            text = _CONTROL.sub("", span.text)
            text = text if self._colour else _MARKED[span.op].format(text) + ("(moved)" if span.moved else "")
            plain += text
            codes += [_code(span)] * len(text)
        for at, (start, end) in enumerate(_breaks(plain, self._width, indent)):
            yield " " * (indent if at else 0) + self._coloured(plain, codes, start=start, end=end)

    def _coloured(self, plain: str, codes: list[str], *, start: int, end: int) -> str:
        row, at = "", start
        while at < end:
            upto = at
            while upto < end and codes[upto] == codes[at]:
                upto += 1
            row += self._painted(plain[at:upto], codes[at]) if codes[at] else plain[at:upto]
            at = upto
        return row


def _code(span: Edit) -> str:
    if span.op == "=":
        return ""
    return f"{_COLOURS['moved']};{_COLOURS[span.op].split(';')[1]}" if span.moved else _COLOURS[span.op]


def _breaks(text: str, width: int, indent: int) -> Iterator[tuple[int, int]]:
    """Where rows begin and end, cut at spaces; a word longer than a row has a row of its own."""
    start = end = 0
    room = width
    for match in re.finditer(r"\S+", text):
        if match.end() - start > room and end > start:
            yield start, end
            start, room = match.start(), width - indent
        end = match.end()
    if end > start or not text.strip():
        yield start, end


def _side(side: Side) -> str:
    day = f", {rfc3339(side.at)[:10]}" if side.at else ""
    return f"{side.label}{day} ({side.words} words)"
