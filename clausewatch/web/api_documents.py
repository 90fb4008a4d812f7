"""The API's part for one document: how it was watched, its snapshots, the version in force on a day, and what lies
between any two days."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from archive.comparisons import get_comparison
from archive.coverage import coverage as coverage_of
from archive.documents import get_document
from archive.snapshots import get_snapshot, list_snapshots
from archive.versions import version_at
from clausewatch.instants import end_of_period, rfc3339, start_of_period
from clausewatch.jobs.export import snapshot_row
from clausewatch.views.json import comparison_to_json
from clausewatch.web.api import COMPARISON, FAILURES, MOST_AT_ONCE, After, Day, Limit, document_rows, with_text
from clausewatch.web.compare import between_days
from clausewatch.web.operator import limited
from clausewatch.web.pages import ArchiveOf, NowOf
from clausewatch.web.rows import DocumentRow, SnapshotRow, VersionWithText

router = APIRouter(
    prefix="/api/v1/documents/{vendor}/{document}", responses=FAILURES, tags=["archive"],
    dependencies=[Depends(limited)],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Silence:
    """A time in which nobody saw the document; ``to_at`` null: it lasts still."""

    from_at: str
    to_at: str | None


@dataclass(frozen=True, slots=True)
class DocumentInFull(DocumentRow):
    """A document with each of its gaps, and how many snapshots had which fault."""

    gap_times: list[Silence]
    fault_kinds: dict[str, int]


@dataclass(frozen=True, slots=True)
class Snapshots:
    """In the order of their capture. The bytes stand at ``/snapshots/ID/raw``."""

    items: list[SnapshotRow]
    next: str | None


@router.get("", summary="A document, with its gaps and faults")
def document(vendor: str, document: str, archive: ArchiveOf, now: NowOf) -> DocumentInFull:
    with archive.read() as connection:
        found = get_document(connection, f"{vendor}/{document}")
        [row] = document_rows(connection, [found], now=now)
        coverage = coverage_of(connection, found.id, now=now)
    silences = [Silence(rfc3339(gap.from_at), rfc3339(gap.to_at) if gap.to_at else None) for gap in coverage.gaps]
    columns = {field.name: getattr(row, field.name) for field in fields(row)}
    return DocumentInFull(**columns, gap_times=silences, fault_kinds={str(fault): n for fault, n in coverage.faults})


@router.get("/snapshots", summary="A document's snapshots in the order of their capture, faults among them")
def snapshots(
    vendor: str, document: str, archive: ArchiveOf, *, since: Day = None, until: Day = None, after: After = None,
    limit: Limit = MOST_AT_ONCE,
) -> Snapshots:  # fmt: skip
    from_at = start_of_period(since) if since else None
    to_at = end_of_period(until) if until else None
    with archive.read() as connection:
        found = get_document(connection, f"{vendor}/{document}")
        known = get_snapshot(connection, after) if after else None
        listed = list_snapshots(connection, found, since=from_at, until=to_at, after=known, limit=limit + 1)
    rows = [SnapshotRow(**snapshot_row(found, snapshot)) for snapshot in listed[:limit]]
    return Snapshots(items=rows, next=rows[-1].id if len(listed) > limit else None)


@router.get("/version", summary="The version that was in force at a date, with its text; the newest without one")
def version_then(vendor: str, document: str, archive: ArchiveOf, *, at: Day = None) -> VersionWithText:
    instant = end_of_period(at) if at else None
    with archive.read() as connection:
        found = get_document(connection, f"{vendor}/{document}")
        return with_text(connection, found, version_at(connection, found, instant))


@router.get(
    "/comparison",
    summary="What lies between the versions in force on two days, stored or not",
    response_class=JSONResponse,
    responses={200: COMPARISON},
)
def comparison_between(
    vendor: str, document: str, request: Request, archive: ArchiveOf,
    *, from_day: Annotated[str, Query(alias="from", max_length=40)],
    to_day: Annotated[str, Query(alias="to", max_length=40)],
) -> JSONResponse:  # fmt: skip
    _, comparison = between_days(request, archive, f"{vendor}/{document}", (from_day, to_day))
    if isinstance(comparison, str):
        with archive.read() as connection:
            comparison = get_comparison(connection, comparison)
    return JSONResponse(comparison_to_json(comparison, full=True))
