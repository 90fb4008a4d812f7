"""Search in the text of all versions: where words stood, from when to when, as a page and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape
from sqlalchemy import Connection

from archive.documents import get_documents_by_id, list_documents, list_types
from archive.passages import MARK, Passage, search_passages, unmarked
from clausewatch.errors import NotFound, UsageError
from clausewatch.instants import end_of_period, rfc3339, start_of_period
from clausewatch.model import Document, Kind
from clausewatch.web.api import FAILURES, Day, Name
from clausewatch.web.operator import limited
from clausewatch.web.pages import ArchiveOf, PagesOf

router = APIRouter(responses=FAILURES, tags=["archive"])

LONGEST_QUERY = 500
PAGE = 20  # passages on a page
MOST_AT_ONCE = 200

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
    """Passages, those that came into the archive last first; ask again with ``next`` as ``after``, null at the end."""

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
        found: list[Passage] = []
        problem = None
        try:
            found = find(connection, wanted, after=after, limit=PAGE + 1) if q else []
        except (UsageError, NotFound) as error:  # not found: a vendor of that name
            problem = str(error)
        documents = get_documents_by_id(connection, [passage.document for passage in found])
    return pages.render(
        "search", wanted=wanted, problem=problem, types=types, kinds=list(Kind),
        found=[(each, documents[each.document], marked(each.excerpt)) for each in found[:PAGE]],
        next=found[PAGE - 1].cursor if len(found) > PAGE else None, status=400 if problem else 200,
    )  # fmt: skip


@router.get(
    "/api/v1/search",
    summary="Where words stood in any version, those that came last first",
    dependencies=[Depends(limited)],
)
def search(
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
) -> Passages:
    wanted = Wanted(q, vendor, document, kind, since, until)
    with archive.read() as connection:
        found = find(connection, wanted, after=after, limit=limit + 1)
        documents = get_documents_by_id(connection, [passage.document for passage in found])
    rows = [_row(passage, documents) for passage in found[:limit]]
    return Passages(items=rows, next=found[limit - 1].cursor if len(found) > limit else None)


def find(connection: Connection, wanted: Wanted, *, after: str | None, limit: int) -> list[Passage]:
    """The passages that are looked for, those that came into the archive last first. Raises UsageError, NotFound."""
    among = None
    if wanted.vendor or wanted.document:
        name = wanted.vendor.replace("/", " ") if wanted.vendor else None
        among = [document.id for document in list_documents(connection, name, type=wanted.document)]
    since = start_of_period(wanted.since) if wanted.since else None
    until = end_of_period(wanted.until) if wanted.until else None
    return search_passages(
        connection, wanted.q, documents_among=among, kind=wanted.kind, since=since, until=until, after=after,
        limit=limit,
    )  # fmt: skip


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
