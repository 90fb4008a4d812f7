"""Comparisons as JSON, field for field as DESIGN section 5 names them, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from clausewatch.instants import rfc3339
from clausewatch.model import (
    Change,
    Comparison,
    ComparisonState,
    Direction,
    Edit,
    Effect,
    Finding,
    Kind,
    Quote,
    SectionChange,
    Severity,
    Side,
)

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
        "notify": comparison.notify,
        "severity": comparison.severity.value if comparison.severity else None,
        "summary": comparison.summary,
        "findings": [finding_to_json(finding) for finding in comparison.findings],
        "sections": [section_to_json(section) for section in sections],
    }


def comparison_from_json(data: Mapping[str, Any]) -> Comparison:
    """What ``comparison_to_json`` wrote. Raises KeyError or ValueError for anything else."""
    return Comparison(
        id=data["id"],
        before=side_from_json(data["before"]),
        after=side_from_json(data["after"]),
        sections=tuple(section_from_json(section) for section in data["sections"]),
        findings=tuple(finding_from_json(finding) for finding in data["findings"]),
        summary=data["summary"],
        artefact=data["artefact"],
        artefact_reason=data["artefact_reason"],
        is_classified=data["classified"],
        vendor=data["vendor"],
        document=data["document"],
        state=ComparisonState(data["state"]) if data["state"] else None,
        notify=data["notify"],
    )


def side_to_json(side: Side) -> Json:
    return {
        "id": side.id,
        "label": side.label,
        "at": rfc3339(side.at) if side.at else None,
        "language": side.language,
        "words": side.words,
        "sha256": side.sha256,
    }


def side_from_json(data: Mapping[str, Any]) -> Side:
    at = datetime.fromisoformat(data["at"]) if data["at"] else None
    return Side(data["id"], data["label"], at, data["language"], data["words"], data["sha256"])


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


def finding_from_json(data: Mapping[str, Any]) -> Finding:
    return Finding(
        kind=Kind(data["kind"]),
        direction=Direction(data["direction"]),
        effect=Effect(data["effect"]),
        subject=data["subject"],
        severity=Severity(data["severity"]),
        confidence=data["confidence"],
        section=tuple(data["section"]),
        sentence=data["sentence"],
        rule=data["rule"],
        before=_quote_from_json(data["before"]),
        after=_quote_from_json(data["after"]),
    )


def _quote_to_json(quote: Quote | None) -> Json | None:
    return {"quote": quote.quote, "start": quote.start, "end": quote.end} if quote else None


def _quote_from_json(data: Mapping[str, Any] | None) -> Quote | None:
    return Quote(data["quote"], data["start"], data["end"]) if data else None


def section_to_json(section: SectionChange) -> Json:
    return {
        "change": [change.value for change in section.change],
        "before": _path_to_json(section.before),
        "after": _path_to_json(section.after),
        "before_start": section.before_start,
        "after_start": section.after_start,
        "edits": [_edit_to_json(edit) for edit in section.edits],
    }


def section_from_json(data: Mapping[str, Any]) -> SectionChange:
    return SectionChange(
        change=tuple(Change(change) for change in data["change"]),
        before=_path_from_json(data["before"]),
        after=_path_from_json(data["after"]),
        before_start=data["before_start"],
        after_start=data["after_start"],
        edits=tuple(_edit_from_json(edit) for edit in data["edits"]),
    )


def _path_to_json(path: tuple[str, ...] | None) -> list[str] | None:
    return None if path is None else list(path)


def _path_from_json(data: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if data is None else tuple(data)


def _edit_to_json(edit: Edit) -> list[Any]:
    return [edit.op, edit.text] if edit.moved is None else [edit.op, edit.text, {"moved": edit.moved}]


def _edit_from_json(data: Sequence[Any]) -> Edit:
    return Edit(data[0], data[1], data[2]["moved"] if len(data) > 2 else None)
