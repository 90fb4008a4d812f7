"""A comparison as Markdown: what went is struck, what came is bold. Policy text is escaped, never markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
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

_MARKS = re.compile(r"[\\`*_{}\[\]<>#|~!$]")
_LIST_START = re.compile(r"^(\s*)(\d+)([.)])|^(\s*)([-+=])")
_AROUND = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)
_FORMS = {"-": "~~", "+": "**"}
_TAGS = {"-": ("<del>", "</del>"), "+": ("<ins>", "</ins>")}  # where the marks would not be seen as such


def render_markdown(comparison: Comparison, *, full: bool = False) -> str:
    """A document with head, findings and sections. Without ``full`` what did not change is folded."""
    parts = [*_head(comparison), *_findings(comparison)]
    moves = Moves(comparison.sections)
    for at, section in enumerate(comparison.sections):
        if full or section.change:
            parts += _section(section, partial(moves.note, at=at), full=full)
    unchanged = sum(not section.change for section in comparison.sections)
    if unchanged and not full:
        parts.append(f"*Unchanged: {unchanged} of {counted(len(comparison.sections), 'section')}.*")
    return "\n\n".join(parts) + "\n"


def _head(comparison: Comparison) -> Iterator[str]:
    yield "# What changed"
    yield f"- Before: {_side(comparison.before)}\n- After: {_side(comparison.after)}"
    if comparison.severity:
        yield f"Severity: **{comparison.severity.value}**"
    if comparison.summary:
        yield escaped(comparison.summary)
    if reason := artefact_words(comparison):
        yield escaped(reason)


def _side(side: Side) -> str:
    day = f", {rfc3339(side.at)[:10]}" if side.at else ""
    return f"{escaped(side.label)}{day}, {counted(side.words, 'word')}"


def _findings(comparison: Comparison) -> Iterator[str]:
    if not comparison.findings:
        return
    yield "## Findings"
    yield "\n".join(_finding(number, finding) for number, finding in enumerate(worst_first(comparison), start=1))


def _finding(number: int, finding: Finding) -> str:
    rows = [f"{number}. **{finding.severity.value}** ({finding.kind.value}): {escaped(finding.sentence)}"]
    rows += [
        f"   - {name}: “{_spans(line)}”"
        for name, line in zip(("before", "after"), quote_lines(finding), strict=True)
        if line
    ]
    return "\n".join([*rows, f"   - in {escaped(title(finding.section))}"])


def _section(section: SectionChange, note: Callable[[Line], str], *, full: bool) -> Iterator[str]:
    changes = f" ({', '.join(change_words(section))})" if section.change else ""
    yield f"## {escaped(section_title(section))}{changes}"
    was = old_title(section)
    if was:
        yield f"*Before: {escaped(was)}*"
    for part in fold(body_lines(section)):
        if part.is_folded and not full:
            yield f"*[{len(part.parts)} unchanged paragraphs]*"
            continue
        for line in part.parts:
            if isinstance(line, Line):
                said = note(line)
                yield _line(line if full else shortened(line)) + (f" *{escaped(said)}*" if said else "")


def _line(line: Line) -> str:
    return _LIST_START.sub(_escape_start, _spans(line).strip())


def _spans(line: Line) -> str:
    line = joined(line)
    text = ""
    for at, span in enumerate(line.spans):
        following = line.spans[at + 1] if at + 1 < len(line.spans) else None
        before = text[-2:] if text[-2:] in _FORMS.values() else text[-1:]
        after = (
            _FORMS.get(span.op, "")
            if following and following.op == span.op
            else following.text[:1]
            if following
            else ""
        )
        text += _span(span, before=before, after=after)
    return text


def _escape_start(match: re.Match[str]) -> str:
    number = match[2]
    return f"{match[1]}{number}\\{match[3]}" if number else f"{match[4]}\\{match[5]}"


def _span(span: Edit, *, before: str, after: str) -> str:
    """Marks must touch the words that they mark. Markdown sees none between a letter and a punctuation."""
    match = _AROUND.fullmatch(span.text)
    lead, text, tail = match.groups() if match else ("", span.text, "")
    if span.op == "=" or not text:
        return f"{lead}{escaped(text)}{tail}"
    opened, closed = _FORMS[span.op], _FORMS[span.op]
    around = (lead[-1:] or before, text[0]), (tail[:1] or after, text[-1])
    if any(outside == opened or (outside.isalnum() and not inside.isalnum()) for outside, inside in around):
        opened, closed = _TAGS[span.op]
    return f"{lead}{opened}{escaped(text)}{closed}{tail}"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _MARKS.sub(lambda match: "\\" + match[0], text.replace("&", "&amp;"))
