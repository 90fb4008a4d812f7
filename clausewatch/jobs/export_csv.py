"""The archive as tables for spreadsheets: documents, snapshots, versions, comparisons, findings, the ledger."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive import Archive
from archive.addresses import addresses_of_all
from archive.comparisons import list_comparisons
from archive.documents import list_documents
from archive.ledger import list_entries
from archive.snapshots import list_snapshots
from archive.versions import list_versions
from clausewatch.instants import rfc3339
from clausewatch.jobs.export import document_row, snapshot_row, version_row, whole_folder

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clausewatch.model import Comparison, Document

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With what a cell begins that a spreadsheet would run. Texts of policies are others' words."""


def export_csv(archive: Archive, folder: Path) -> dict[str, int]:
    """Write a table of each; give the count of rows of each. Raises what ``whole_folder`` raises."""
    with whole_folder(folder) as made, archive.read() as connection:
        return {name: _write(made / f"{name}.csv", rows) for name, rows in _tables(connection).items()}


def _tables(connection: Connection) -> dict[str, Iterable[Mapping[str, Any]]]:
    documents, addresses = list_documents(connection), addresses_of_all(connection)
    return {
        "documents": (
            document_row(each, ()) | {"addresses": " ".join(address.url for address in addresses.get(each.id, ()))}
            for each in documents
        ),
        "snapshots": (
            snapshot_row(document, each) for document in documents for each in list_snapshots(connection, document)
        ),
        "versions": (
            version_row(document, each) for document in documents for each in list_versions(connection, document)
        ),
        "comparisons": map(_comparison_row, _comparisons(connection, documents)),
        "findings": (row for each in _comparisons(connection, documents) for row in _finding_rows(each)),
        "ledger": _ledger_rows(connection, documents),
    }


def _comparisons(connection: Connection, documents: Iterable[Document]) -> Iterator[Comparison]:
    for document in documents:
        yield from list_comparisons(connection, document.name)


def _comparison_row(comparison: Comparison) -> dict[str, Any]:
    return {
        "vendor": comparison.vendor, "document": comparison.document, "id": comparison.id,
        "before": comparison.before.id, "after": comparison.after.id,
        "before_at": comparison.before.at and rfc3339(comparison.before.at),
        "after_at": comparison.after.at and rfc3339(comparison.after.at), "state": comparison.state,
        "notify": comparison.notify, "material": comparison.material, "artefact": comparison.artefact,
        "severity": comparison.severity, "findings": len(comparison.findings), "summary": comparison.summary,
    }  # fmt: skip


def _finding_rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    for finding in comparison.findings:
        yield {
            "vendor": comparison.vendor, "document": comparison.document, "comparison": comparison.id,
            "after_at": comparison.after.at and rfc3339(comparison.after.at), "kind": finding.kind,
            "direction": finding.direction, "effect": finding.effect, "severity": finding.severity,
            "confidence": finding.confidence, "subject": finding.subject, "sentence": finding.sentence,
            "rule": finding.rule, "section": " > ".join(finding.section),
            "before_quote": finding.before and finding.before.quote,
            "after_quote": finding.after and finding.after.quote,
        }  # fmt: skip


def _ledger_rows(connection: Connection, documents: Iterable[Document]) -> Iterator[dict[str, Any]]:
    for document in documents:
        for entry in list_entries(connection, document.name):
            yield {
                "vendor": entry.vendor, "document": entry.document, "kind": entry.kind, "value": entry.value,
                "first_at": rfc3339(entry.first_at), "last_at": rfc3339(entry.last_at), "current": entry.is_current,
                "version": entry.version, "subjects": "; ".join(entry.subjects), "quote": entry.quote,
            }  # fmt: skip


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """RFC 4180, in UTF-8. Without a row there is no head either: the file is empty."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        for row in rows:
            if count == 0:
                writer.writerow(row)
            writer.writerow([_cell(value) for value in row.values()])
            count += 1
    return count


def _cell(value: Any) -> Any:
    """No text of a policy becomes a formula: what would be read as one begins with an apostrophe."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
