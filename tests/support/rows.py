"""All that an archive holds, as rows that two archives can be compared by: without when they were filled."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from archive import Archive
from archive.addresses import addresses_of
from archive.comparisons import get_comparison, list_comparisons
from archive.documents import list_documents
from archive.notices import list_notices
from archive.snapshots import chain_of, list_snapshots
from archive.tables import metadata
from archive.versions import list_versions, text_of
from clausewatch.jobs.export import document_row, snapshot_row, version_row
from clausewatch.views.json import comparison_to_json


def rows_of(archive: Archive) -> dict[str, Sequence[object]]:
    """Documents, snapshots with their chain, versions with their texts, comparisons in full, notices."""
    with archive.read() as connection:
        documents = list_documents(connection)
        return {
            "documents": [document_row(each, addresses_of(connection, each)) for each in documents],
            "chains": [chain_of(connection, each) for each in documents],
            "snapshots": [
                snapshot_row(each, found) for each in documents for found in list_snapshots(connection, each)
            ],
            "versions": [
                version_row(each, found) | {"text": text_of(connection, found.id)}
                for each in documents for found in list_versions(connection, each)
            ],
            "comparisons": [
                comparison_to_json(get_comparison(connection, each.id)) for each in list_comparisons(connection)
            ],
            "notices": sorted((each.id, each.subscription, each.comparison) for each in list_notices(connection)),
            "blobs": sorted(path.name for path in archive.blobs.folder.rglob("*") if path.is_file()),
        }  # fmt: skip


def table_rows(archive: Archive, *tables: str) -> dict[str, list[str]]:
    """All that stands in these tables, in some order."""
    with archive.read() as connection:
        return {name: sorted(map(repr, connection.execute(select(metadata.tables[name])))) for name in tables}
