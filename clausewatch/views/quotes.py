"""The quotes of a finding, with the words marked that one side alone has."""

from __future__ import annotations

from clausewatch.model import Edit, Finding, Quote
from clausewatch.views.lines import Line
from differ.words import word_edits


def quote_lines(finding: Finding) -> tuple[Line | None, Line | None]:
    """The quote before and after as lines; each joins to its quote. None where that side has no quote."""
    if finding.before is None or finding.after is None:
        return _whole(finding.before), _whole(finding.after)
    edits = word_edits(finding.before.quote, finding.after.quote)
    before = tuple(edit for edit in edits if edit.op != "+")
    after = tuple(edit for edit in edits if edit.op != "-")
    return Line(before), Line(after)


def _whole(quote: Quote | None) -> Line | None:
    return Line((Edit("=", quote.quote),)) if quote else None
