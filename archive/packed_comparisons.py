"""What is kept of a comparison, made by whoever compared: needs no archive, and whoever writes it need not read it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archive.findings import pack_findings
from archive.sections import pack_sections
from clausewatch.model import Comparison, count_words


@dataclass(frozen=True, slots=True)
class Packed:
    """A comparison with its words as they are kept."""

    comparison: Comparison  # without its sections
    sections: bytes
    findings: bytes | None  # none without any
    changed_words: int


def pack_comparison(comparison: Comparison) -> Packed:
    """The comparison as ``archive.comparisons.store_packed`` takes it."""
    before, after = comparison.before.sha256, comparison.after.sha256
    return Packed(
        comparison=replace(comparison, sections=()),
        sections=pack_sections(comparison.sections, before_sha256=before, after_sha256=after),
        findings=pack_findings(comparison.findings),
        changed_words=_changed_words(comparison),
    )


def _changed_words(comparison: Comparison) -> int:
    """How many words came and went; what only moved is neither."""
    edits = (edit for section in comparison.sections for edit in section.edits)
    return sum(count_words(edit.text) for edit in edits if edit.op != "=" and edit.moved is None)
