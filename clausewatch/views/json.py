"""Comparisons as JSON, field for field as docs/api.md names them."""

from __future__ import annotations

from datetime import date
from typing import Any

from clausewatch.instants import rfc3339
from clausewatch.model import Comparison, Edit, Finding, Quote, SectionChange, Side, StatedDays

Json = dict[str, Any]


def comparison_to_json(comparison: Comparison, *, full: bool = True) -> Json:
    """All sections, or without ``full`` only those that changed."""
    sections = comparison.sections if full else tuple(section for section in comparison.sections if section.change)
    return {
        "id": comparison.id,
        "vendor": comparison.vendor,
        "document": comparison.document,
        "before": side_to_json(comparison.before),
        "after": side_to_json(comparison.after),
        "material": comparison.material,
        "artefact": comparison.artefact,
        "artefact_reason": comparison.artefact_reason,
        "classified": comparison.is_classified,
        "state": comparison.state.value if comparison.state else None,
        "state_reason": comparison.state_reason,
        "notify": comparison.notify,
        "severity": comparison.severity.value if comparison.severity else None,
        "summary": comparison.summary,
        "stated": stated_to_json(comparison.stated),
        "findings": [finding_to_json(finding) for finding in comparison.findings],
        "sections": [section_to_json(section) for section in sections],
    }


def stated_to_json(stated: StatedDays | None) -> Json | None:
    """The days that both texts state, whether the edit was silent, and whether the days changed alone."""
    if stated is None:
        return None
    return {
        "before": _days_to_json(stated.before_updated_on, stated.before_effective_on),
        "after": _days_to_json(stated.after_updated_on, stated.after_effective_on),
        "silent": stated.is_silent,
        "alone": stated.is_alone,
    }


def _days_to_json(updated_on: date | None, effective_on: date | None) -> Json:
    return {
        "updated_on": updated_on.isoformat() if updated_on else None,
        "effective_on": effective_on.isoformat() if effective_on else None,
    }


def side_to_json(side: Side) -> Json:
    return {
        "id": side.id,
        "label": side.label,
        "at": rfc3339(side.at) if side.at else None,
        "language": side.language,
        "words": side.words,
        "sha256": side.sha256,
    }


def finding_to_json(finding: Finding) -> Json:
    return {
        "kind": finding.kind.value,
        "direction": finding.direction.value,
        "effect": finding.effect.value,
        "subject": finding.subject,
        "severity": finding.severity.value,
        "confidence": finding.confidence,
        "section": list(finding.section),
        "sentence": finding.sentence,
        "rule": finding.rule,
        "before": _quote_to_json(finding.before),
        "after": _quote_to_json(finding.after),
    }


def _quote_to_json(quote: Quote | None) -> Json | None:
    return {"quote": quote.quote, "start": quote.start, "end": quote.end} if quote else None


def section_to_json(section: SectionChange) -> Json:
    return {
        "change": [change.value for change in section.change],
        "before": _path_to_json(section.before),
        "after": _path_to_json(section.after),
        "before_start": section.before_start,
        "after_start": section.after_start,
        "form": list(section.form),
        "edits": [_edit_to_json(edit) for edit in section.edits],
    }


def _path_to_json(path: tuple[str, ...] | None) -> list[str] | None:
    return None if path is None else list(path)


def _edit_to_json(edit: Edit) -> list[Any]:
    return [edit.op, edit.text] if edit.moved is None else [edit.op, edit.text, {"moved": edit.moved}]
