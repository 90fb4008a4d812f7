"""What the operator looks at, and the calls that change something. All of it behind a token."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from archive.documents import add_document, add_vendor, get_document, record_look
from archive.limits import list_limits
from archive.pulse import pulse
from clausewatch.instants import rfc3339
from clausewatch.jobs.failing import unseen_documents
from clausewatch.jobs.naming import checked_address, named_by_address
from clausewatch.web.api import FAILURES
from clausewatch.web.operator import OperatorOf, limited
from clausewatch.web.pages import ArchiveOf, NowOf, PagesOf

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Wish:
    """A document to watch; vendor and type are told by the address where they are not given."""

    address: str
    vendor: str | None = None
    document_type: str | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """A document that is under watch."""

    vendor: str
    document: str
    id: str
    due_at: str | None


@router.get("/status", response_class=HTMLResponse, include_in_schema=False)
def show_status(pages: PagesOf, archive: ArchiveOf, now: NowOf, operator: OperatorOf) -> HTMLResponse:
    with archive.read() as connection:
        current, limits = pulse(connection, now=now), list_limits(connection)
    page = pages.render(
        "status", now=now, pulse=current, limits=limits, unseen=unseen_documents(archive, now=now), operator=operator
    )
    page.headers["Cache-Control"] = "no-store"
    return page


@router.post(
    "/api/v1/documents", summary="Watch a document", tags=["operator"], responses=FAILURES,
    dependencies=[Depends(limited)], status_code=201,
)  # fmt: skip
def watch(wish: Wish, archive: ArchiveOf, now: NowOf, operator: OperatorOf) -> Watched:
    url = checked_address(wish.address)
    named = named_by_address(url)
    with archive.write() as connection:
        vendor = add_vendor(connection, wish.vendor or named.vendor)
        made = add_document(
            connection, vendor, type=wish.document_type or named.type, url=url, is_watched=True, now=now
        )
    return Watched(made.vendor, made.slug, made.id, rfc3339(made.due_at) if made.due_at else None)


@router.post(
    "/api/v1/documents/{vendor}/{document}/look", summary="Have a document looked at with the next crawl",
    tags=["operator"], responses=FAILURES, dependencies=[Depends(limited)],
)  # fmt: skip
def look(vendor: str, document: str, archive: ArchiveOf, now: NowOf, operator: OperatorOf) -> Watched:
    with archive.write() as connection:
        found = get_document(connection, f"{vendor}/{document}")
        record_look(connection, found, due_at=now, etag=found.etag, last_modified=found.last_modified)
    return Watched(found.vendor, found.slug, found.id, rfc3339(now))
