"""A list of comparisons as JSON. Findings are most of it, and are written once for as long as they are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archive.findings import unpack_findings
from clausewatch.model import Comparison
from clausewatch.views.json import comparison_to_json, finding_to_json
from clausewatch.web.parts import Parts


@dataclass(frozen=True, slots=True)
class WrittenFindings:
    """All findings of a comparison as JSON, and the highest severity among them."""

    severity: str
    json: bytes

    def __len__(self) -> int:
        return len(self.json)


def comparison_list(
    comparisons: Sequence[Comparison], packed: Mapping[str, bytes], *, more: bool, kept: Parts[WrittenFindings]
) -> bytes:
    """The comparisons, which were loaded without findings, with those that ``packed`` holds by their ids, and what to
    ask for next where there are ``more``. Raises Damaged."""
    pieces = [b'{"items":[']  # put together once, as they are sent: it may be megabytes
    for number, each in enumerate(comparisons):
        pieces += [b","] if number else []
        pieces += _row(each, _written(packed[each.id], kept) if each.id in packed else None)
    end = _json({"more": more, "next": comparisons[-1].id if more else None})
    return b"".join([*pieces, b"],", end[1:]])


def _row(comparison: Comparison, findings: WrittenFindings | None) -> list[bytes]:
    row = comparison_to_json(comparison)
    del row["sections"]  # not loaded here; an empty list would say that there are none
    if findings is None:
        return [_json(row)]
    row |= {"material": True, "severity": findings.severity}  # both follow from the findings
    del row["findings"]
    return [_json(row)[:-1], b',"findings":', findings.json, b"}"]


def _written(packed: bytes, kept: Parts[WrittenFindings]) -> WrittenFindings:
    key = hashlib.sha256(packed).digest()  # not by the comparison, which may be compared anew or taken down
    known = kept.get(key)
    if known is not None:
        return known
    findings = unpack_findings(packed)
    highest = max((finding.severity for finding in findings), key=lambda severity: severity.rank)
    return kept.keep(key, WrittenFindings(highest.value, _json([finding_to_json(finding) for finding in findings])))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
