"""Search in the text of all versions: where words stood, from when to when, as a page and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from markupsafe import Markup, escape
from sqlalchemy import Connection

from archive.documents import get_documents_by_id, list_documents, list_types
from archive.passages import MARK, Found, Narrowed, Passage, find_passages, unmarked
from clausewatch.errors import NotFound, UsageError
from clausewatch.instants import end_of_period, rfc3339, start_of_period
from clausewatch.model import Document, Kind
from clausewatch.web.api import FAILURES, Day, Name
from clausewatch.web.operator import limited
from clausewatch.web.pages import ArchiveOf, PagesOf
from clausewatch.web.parts import Parts

router = APIRouter(responses=FAILURES, tags=["archive"])

LONGEST_QUERY = 500
PAGE = 20  # passages on a page
MOST_AT_ONCE = 200
_NOTHING = Found([], None)

Words = Annotated[str, Query(max_length=LONGEST_QUERY, description='Words, "words in a row", begin*, -unwanted')]
Cursor = Annotated[str | None, Query(max_length=100, description="``next`` of the page before")]


@dataclass(frozen=True, slots=True)
class PassageRow:
    """Words in a document and when they stood there; ``until_at`` null: they stand there still."""

    vendor: str
    vendor_name: str
    document: str
    document_type: str
    version: str
    start: int
    since_at: str
    until_at: str | None
    excerpt: str


@dataclass(frozen=True, slots=True)
class Passages:
    """Passages, those that came into the archive last first; ask again with ``next`` as ``after``, null at the end.
    Before the end there may be fewer than were asked for, even none: for one answer only so many are looked at."""

    items: list[PassageRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor looks for, as it was typed."""

    q: str = ""
    vendor: str | None = None
    document: str | None = None  # a type
    kind: Kind | None = None
    since: str | None = None
    until: str | None = None


@router.get("/search", response_class=HTMLResponse, include_in_schema=False)
def show_search(
    pages: PagesOf, archive: ArchiveOf, *, q: Words = "", vendor: str = "", document: str = "", kind: str = "",
    since: str = "", until: str = "", after: Cursor = None,
) -> HTMLResponse:  # fmt: skip
    wanted = Wanted(q, vendor or None, document or None, Kind(kind) if kind in set(Kind) else None, since or None,
                    until or None)  # fmt: skip
    with archive.read() as connection:
        types = list_types(connection)
        found, problem = _NOTHING, None
        try:
            found = find(connection, wanted, after=after, limit=PAGE) if q else _NOTHING
        except (UsageError, NotFound) as error:  # not found: a vendor of that name
            problem = str(error)
        documents = get_documents_by_id(connection, [passage.document for passage in found.passages])
    return pages.render(
        "search", wanted=wanted, problem=problem, types=types, kinds=list(Kind), next=found.next, page=PAGE,
        found=[(each, documents[each.document], marked(each.excerpt)) for each in found.passages],
        status=400 if problem else 200,
    )  # fmt: skip


@router.get(
    "/api/v1/search",
    summary="Where words stood in any version, those that came last first",
    dependencies=[Depends(limited)],
    response_class=JSONResponse,
    responses={200: {"model": Passages}},
)
def search(
    request: Request,
    archive: ArchiveOf,
    *,
    q: Words,
    vendor: Name = None,
    document: Annotated[str | None, Query(max_length=200, description="A type of document")] = None,
    kind: Kind | None = None,
    since: Day = None,
    until: Day = None,
    after: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = PAGE,
) -> Response:
    wanted = Wanted(q, vendor, document, kind, since, until)
    key = "search", wanted, after, limit, archive.changes()
    kept: Parts[str] = request.app.state.answers
    body = kept.get(key)
    if body is None:
        with archive.read() as connection:
            found = find(connection, wanted, after=after, limit=limit)
            documents = get_documents_by_id(connection, [passage.document for passage in found.passages])
        rows = [asdict(_row(passage, documents)) for passage in found.passages]
        body = kept.keep(key, _json({"items": rows, "next": found.next}))
    return Response(body, media_type="application/json")


def find(connection: Connection, wanted: Wanted, *, after: str | None, limit: int) -> Found:
    """The passages that are looked for, those that came into the archive last first; ``next`` only where there are
    more, or where it takes another answer to look for them. Raises UsageError, NotFound."""
    narrowed = Narrowed(
        documents=_documents_of(connection, wanted) if wanted.vendor else None,
        types=_types_like(connection, wanted.document) if wanted.document and not wanted.vendor else None,
        kind=wanted.kind,
        since=start_of_period(wanted.since) if wanted.since else None,
        until=end_of_period(wanted.until) if wanted.until else None,
    )
    found = find_passages(connection, wanted.q, narrowed, after=after, limit=limit + 1)
    if len(found.passages) <= limit:
        return found
    return Found(found.passages[:limit], found.passages[limit - 1].cursor)


def _documents_of(connection: Connection, wanted: Wanted) -> list[str]:
    name = (wanted.vendor or "").replace("/", " ")
    return [document.id for document in list_documents(connection, name, type=wanted.document)]


def _types_like(connection: Connection, name: str) -> list[str]:
    return [type for type in list_types(connection) if type.casefold() == name.casefold()]


def _json(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _row(passage: Passage, documents: Mapping[str, Document]) -> PassageRow:
    document = documents[passage.document]
    return PassageRow(
        vendor=document.vendor, vendor_name=document.vendor_name, document=document.slug, document_type=document.type,
        version=passage.version, start=passage.start, since_at=rfc3339(passage.since_at),
        until_at=rfc3339(passage.until_at) if passage.until_at else None, excerpt=unmarked(passage.excerpt),
    )  # fmt: skip


def marked(excerpt: str) -> Markup:
    """The excerpt as markup: the words found as ``mark``, all else escaped."""
    return escape(excerpt).replace(MARK[0], Markup("<mark>")).replace(MARK[1], Markup("</mark>"))
