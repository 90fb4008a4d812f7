"""The API below ``/api/v1``: what the pages show, as JSON. Reading only; every failure has the one shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from archive.addresses import addresses_of_all
from archive.comparisons import get_comparison, list_comparisons
from archive.coverage import Coverage, coverages
from archive.documents import (
    count_documents,
    get_document,
    get_documents_by_id,
    get_vendor,
    list_documents,
    list_vendors,
    page_of_documents,
)
from archive.findings import packed_findings
from archive.tallies import Tally, tallies
from archive.versions import get_version, list_versions, text_of
from clausewatch.errors import UsageError
from clausewatch.instants import end_of_period, rfc3339, start_of_period
from clausewatch.jobs.export import coverage_row, document_row, version_row
from clausewatch.model import Address, ComparisonState, Document, Kind, Severity, Version
from clausewatch.views.json import comparison_to_json
from clausewatch.web.comparison_list import comparison_list
from clausewatch.web.comparison_rows import ComparisonRow, WholeComparison
from clausewatch.web.failures import ErrorBody
from clausewatch.web.operator import limited
from clausewatch.web.pages import ArchiveOf, NowOf, PagesOf
from clausewatch.web.rows import AddressRow, DocumentRow, VendorRow, VersionRow, VersionWithText

FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody} for status in (400, 401, 404, 410, 422, 429, 503)
}

router = APIRouter(responses=FAILURES, tags=["archive"], dependencies=[Depends(limited)])

MOST_AT_ONCE = 1000  # things in one answer
COMPARISON: dict[str, Any] = {"description": "A comparison with every section", "model": WholeComparison}

Name = Annotated[str | None, Query(max_length=200, description="A name or its slug")]
After = Annotated[str | None, Query(max_length=300, description="``next`` of the answer before")]
Limit = Annotated[int, Query(ge=1, le=MOST_AT_ONCE)]
Day = Annotated[str | None, Query(max_length=40, description="2016, 2016-05, 2016-05-03 or an instant in RFC 3339")]


# every list ends with ``next``: what to ask for as ``after`` to go on, null at the end


@dataclass(frozen=True, slots=True)
class Vendors:
    items: list[VendorRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class Documents:
    items: list[DocumentRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class Versions:
    items: list[VersionRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Newest first, without their sections."""

    items: list[ComparisonRow]
    more: bool
    next: str | None


@router.get("/api/v1/vendors", summary="All vendors by name")
def vendors(archive: ArchiveOf, after: After = None, limit: Limit = MOST_AT_ONCE) -> Vendors:
    with archive.read() as connection:
        found = list_vendors(connection, after=get_vendor(connection, after) if after else None, limit=limit + 1)
        counts = count_documents(connection, [each.slug for each in found])
    rows = [VendorRow(each.slug, each.name, counts.get(each.slug, 0)) for each in found[:limit]]
    return Vendors(items=rows, next=rows[-1].vendor if len(found) > limit else None)


@router.get("/api/v1/documents", summary="All documents, or one vendor's, by vendor and slug")
def documents(
    archive: ArchiveOf, now: NowOf, vendor: Name = None, after: After = None, limit: Limit = MOST_AT_ONCE
) -> Documents:
    place = place_of(after)
    with archive.read() as connection:
        if vendor:
            found = list_documents(connection, vendor.replace("/", " "))
            found = [each for each in found if place is None or (each.vendor, each.slug) > place]
        else:
            found = page_of_documents(connection, after=place, limit=limit + 1)
        rows = document_rows(connection, found[:limit], now=now)
    return Documents(items=rows, next=found[limit - 1].name if len(found) > limit else None)


def document_rows(connection: Connection, documents: Sequence[Document], *, now: datetime) -> list[DocumentRow]:
    """A row for each of the documents, in their order."""
    ids = [each.id for each in documents]
    counted, addresses = tallies(connection, among=ids), addresses_of_all(connection, ids)
    covered = coverages(connection, among=ids, now=now)
    return [
        _document_row(each, counted[each.id], addresses.get(each.id, []), coverage=covered[each.id])
        for each in documents
    ]


def place_of(after: str | None) -> tuple[str, str] | None:
    """The slugs of vendor and document that a list is to go on after. Raises UsageError."""
    if after is None:
        return None
    vendor, is_there, document = after.partition("/")
    if not is_there:
        raise UsageError("after: is no cursor that this list gave")
    return vendor, document


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
def versions(
    vendor: str, document: str, archive: ArchiveOf, *, since: Day = None, until: Day = None, after: After = None,
    limit: Limit = MOST_AT_ONCE,
) -> Versions:  # fmt: skip
    from_at = start_of_period(since) if since else None
    to_at = end_of_period(until) if until else None
    with archive.read() as connection:
        found = get_document(connection, f"{vendor}/{document}")
        known = get_version(connection, after) if after else None
        listed = list_versions(connection, found, since=from_at, until=to_at, after=known, limit=limit + 1)
    rows = [VersionRow(**version_row(found, version)) for version in listed[:limit]]
    return Versions(items=rows, next=rows[-1].id if len(listed) > limit else None)


@router.get("/api/v1/versions/{version}", summary="A version with its text")
def version(version: str, archive: ArchiveOf) -> VersionWithText:
    with archive.read() as connection:
        found = get_version(connection, version)
        document = get_documents_by_id(connection, [found.document])[found.document]
        return with_text(connection, document, found)


def with_text(connection: Connection, document: Document, version: Version) -> VersionWithText:
    """The version as the API gives it whole."""
    return VersionWithText(**version_row(document, version), text=text_of(connection, version.id).text)


@router.get(
    "/api/v1/comparisons",
    summary="Comparisons, newest first, without their sections",
    response_class=JSONResponse,
    responses={200: {"model": Comparisons}},
)
def comparisons(
    archive: ArchiveOf,
    pages: PagesOf,
    *,
    vendor: Name = None,
    document: Name = None,
    state: ComparisonState | None = None,
    kind: Kind | None = None,
    min_severity: Severity | None = None,
    since: Day = None,
    until: Day = None,
    after: After = None,
    limit: Limit = 100,
) -> Response:
    name = _name(vendor, document)
    from_at = start_of_period(since) if since else None
    to_at = end_of_period(until) if until else None
    with archive.read() as connection:
        if name:
            list_documents(connection, name)  # raises NotFound: an empty list would read as "nothing changed"
        found = list_comparisons(
            connection, name, since=from_at, until=to_at, state=state, kind=kind, min_severity=min_severity,
            limit=limit + 1, newest_first=True, has_findings=False,
            after=get_comparison(connection, after, has_sections=False) if after else None,
        )  # fmt: skip
        packed = packed_findings(connection, [comparison.id for comparison in found[:limit]])
    # past FastAPI's checks of each value, as in a comparison: they take longer than all the rest
    body = comparison_list(found[:limit], packed, more=len(found) > limit, kept=pages.findings)
    return Response(body, media_type="application/json")


def _name(vendor: str | None, document: str | None) -> str | None:
    if document and not vendor:
        raise UsageError("a document is named together with its vendor; add vendor=NAME")
    parts = [part.replace("/", " ") for part in (vendor, document) if part]
    return "/".join(parts) or None


@router.get(
    "/api/v1/comparisons/{comparison}",
    summary="A comparison, whole",
    response_class=JSONResponse,
    responses={200: COMPARISON},
)
def comparison(comparison: str, archive: ArchiveOf) -> JSONResponse:
    with archive.read() as connection:
        found = get_comparison(connection, comparison)
    # as it is, past the checks that FastAPI makes of declared models: it may be megabytes
    return JSONResponse(comparison_to_json(found, full=True))
