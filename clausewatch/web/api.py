"""The API below ``/api/v1``: what the pages show, as JSON. Reading only; every failure has the one shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from sqlalchemy import text

from archive.comparisons import get_comparison, list_comparisons
from archive.coverage import Coverage, coverages
from archive.documents import addresses_of_all, get_document, get_documents_by_id, list_documents, list_vendors
from archive.tallies import Tally, tallies
from archive.versions import get_version, list_versions, text_of
from clausewatch.errors import UsageError
from clausewatch.instants import end_of_period, rfc3339, start_of_period
from clausewatch.jobs.export import coverage_row, document_row, version_row
from clausewatch.model import Address, ComparisonState, Document, Kind, Severity
from clausewatch.views.json import comparison_to_json
from clausewatch.web.failures import ErrorBody
from clausewatch.web.pages import ArchiveOf, NowOf
from clausewatch.web.rows import AddressRow, DocumentRow, VendorRow, VersionRow, VersionWithText

FAILURES: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (400, 404, 422, 503)}

router = APIRouter(responses=FAILURES, tags=["archive"])

MOST_AT_ONCE = 1000  # comparisons in one answer
_COMPARISON = {"description": "A comparison as DESIGN section 5 has it", "content": {"application/json": {}}}

Name = Annotated[str | None, Query(max_length=200, description="A name or its slug")]
Day = Annotated[str | None, Query(max_length=40, description="2016, 2016-05, 2016-05-03 or an instant in RFC 3339")]


@dataclass(frozen=True, slots=True)
class Vendors:
    items: list[VendorRow]


@dataclass(frozen=True, slots=True)
class Documents:
    items: list[DocumentRow]


@dataclass(frozen=True, slots=True)
class Versions:
    items: list[VersionRow]


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Newest first, without their sections. With ``more``, ask again with ``until`` of the last one's time."""

    items: list[dict[str, Any]]
    more: bool


@dataclass(frozen=True, slots=True)
class Health:
    status: str


@router.get("/healthz", summary="Whether the database answers")
def healthz(archive: ArchiveOf) -> Health:
    with archive.read() as connection:
        connection.execute(text("SELECT 1"))
    return Health(status="ok")


@router.get("/api/v1/vendors", summary="All vendors by name")
def vendors(archive: ArchiveOf) -> Vendors:
    with archive.read() as connection:
        counts = Counter(document.vendor for document in list_documents(connection))
        found = list_vendors(connection)
    return Vendors(items=[VendorRow(each.slug, each.name, counts[each.slug]) for each in found])


@router.get("/api/v1/documents", summary="All documents, or one vendor's, by vendor and slug")
def documents(archive: ArchiveOf, now: NowOf, vendor: Name = None) -> Documents:
    with archive.read() as connection:
        found = list_documents(connection, vendor.replace("/", " ") if vendor else None)
        slug = found[0].vendor if vendor else None
        counted, addresses = tallies(connection, slug), addresses_of_all(connection, slug)
        covered = coverages(connection, slug, now=now)
    return Documents(
        items=[
            _document_row(each, counted[each.id], addresses.get(each.id, []), coverage=covered[each.id])
            for each in found
        ]
    )


def _document_row(document: Document, tally: Tally, addresses: Sequence[Address], *, coverage: Coverage) -> DocumentRow:
    row = document_row(document, addresses)
    listed = [AddressRow(**address) for address in row.pop("addresses")]
    return DocumentRow(
        **row, addresses=listed, versions=tally.versions, faults=tally.faults,
        first_at=rfc3339(tally.first_at) if tally.first_at else None,
        last_at=rfc3339(tally.last_at) if tally.last_at else None,
        **coverage_row(coverage),
    )  # fmt: skip


@router.get("/api/v1/documents/{vendor}/{document}/versions", summary="A document's versions, oldest first")
def versions(vendor: str, document: str, archive: ArchiveOf, since: Day = None, until: Day = None) -> Versions:
    from_at = start_of_period(since) if since else None
    to_at = end_of_period(until) if until else None
    with archive.read() as connection:
        found = get_document(connection, f"{vendor}/{document}")
        listed = list_versions(connection, found, since=from_at, until=to_at)
    return Versions(items=[VersionRow(**version_row(found, version)) for version in listed])


@router.get("/api/v1/versions/{version}", summary="A version with its text")
def version(version: str, archive: ArchiveOf) -> VersionWithText:
    with archive.read() as connection:
        found = get_version(connection, version)
        document = get_documents_by_id(connection, [found.document])[found.document]
        content = text_of(connection, version).text
    return VersionWithText(**version_row(document, found), text=content)


@router.get("/api/v1/comparisons", summary="Comparisons, newest first, without their sections")
def comparisons(
    archive: ArchiveOf,
    *,
    vendor: Name = None,
    document: Name = None,
    state: ComparisonState | None = None,
    kind: Kind | None = None,
    min_severity: Severity | None = None,
    since: Day = None,
    until: Day = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 100,
) -> Comparisons:
    name = _name(vendor, document)
    from_at = start_of_period(since) if since else None
    to_at = end_of_period(until) if until else None
    with archive.read() as connection:
        if name:
            list_documents(connection, name)  # raises NotFound: an empty list would read as "nothing changed"
        found = list_comparisons(
            connection, name, since=from_at, until=to_at, state=state, kind=kind, min_severity=min_severity,
            limit=limit + 1, newest_first=True,
        )  # fmt: skip
    rows = [comparison_to_json(comparison) for comparison in found[:limit]]
    for row in rows:
        del row["sections"]  # not loaded here; an empty list would say that there are none
    return Comparisons(items=rows, more=len(found) > limit)


def _name(vendor: str | None, document: str | None) -> str | None:
    if document and not vendor:
        raise UsageError("a document is named together with its vendor; add vendor=NAME")
    parts = [part.replace("/", " ") for part in (vendor, document) if part]
    return "/".join(parts) or None


@router.get(
    "/api/v1/comparisons/{comparison}",
    summary="A comparison, whole",
    response_class=JSONResponse,
    responses={200: _COMPARISON},
)
def comparison(comparison: str, archive: ArchiveOf) -> JSONResponse:
    with archive.read() as connection:
        found = get_comparison(connection, comparison)
    # as it is, past the checks that FastAPI makes of declared models: it may be megabytes
    return JSONResponse(comparison_to_json(found, full=True))
