"""The ledger as pages and as JSON: what a vendor's versions state over time, and which vendors name a company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from archive.documents import documents_of, get_documents_by_name, get_vendor, list_documents
from archive.ledger import RECIPIENT, Entry, documents_naming, list_entries
from clausewatch.errors import UsageError
from clausewatch.instants import rfc3339
from clausewatch.views.ledger import TITLES, ledger_tables
from clausewatch.web.api import FAILURES, After, Name, place_of
from clausewatch.web.operator import limited
from clausewatch.web.pages import ArchiveOf, PagesOf

router = APIRouter(responses=FAILURES, tags=["archive"])

DOCUMENTS_ON_A_PAGE = 25
DOCUMENTS_AT_ONCE = 200  # in an answer to a program

Company = Annotated[str, Query(max_length=200, description="A company, by any of its names")]


@dataclass(frozen=True, slots=True)
class EntryRow:
    """What neighbouring versions of a document state. ``version`` is the newest that does; the quote stands there."""

    vendor: str
    document: str
    kind: str
    value: str
    first_at: str
    last_at: str
    current: bool
    version: str
    subjects: list[str]
    quote: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """Of a company, those of some documents; ask again with ``next`` as ``after``, null at the end."""

    items: list[EntryRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class Naming:
    """Some of the documents that name a company, and where."""

    company: str
    entries: Sequence[Entry]
    next: str | None  # the document where the rest begins


@router.get("/vendors/{vendor}/ledger", response_class=HTMLResponse, include_in_schema=False)
def show_ledger(vendor: str, pages: PagesOf, archive: ArchiveOf) -> HTMLResponse:
    with archive.read() as connection:
        found = get_vendor(connection, vendor)
        documents = {each.slug: each for each in documents_of(connection, found)}
        tables = ledger_tables(list_entries(connection, found.slug))
    return pages.render("ledger", vendor=found, documents=documents, tables=tables)


@router.get("/companies", response_class=HTMLResponse, include_in_schema=False)
def show_company(pages: PagesOf, archive: ArchiveOf, *, names: Company = "", after: After = None) -> HTMLResponse:
    """Which vendors name a company as a recipient, and from when to when."""
    naming = Naming("", [], None)
    with archive.read() as connection:
        if names.strip():
            naming = _naming(connection, names, after=place_of(after), limit=DOCUMENTS_ON_A_PAGE)
        documents = get_documents_by_name(connection, {f"{each.vendor}/{each.document}" for each in naming.entries})
    return pages.render("company", names=names, naming=naming, documents=documents)


@router.get(
    "/api/v1/ledger",
    summary="What versions state, of one vendor, or which vendors name a company",
    dependencies=[Depends(limited)],
)
def ledger(
    archive: ArchiveOf,
    *,
    vendor: Name = None,
    document: Name = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    names: Company | None = None,
    after: After = None,
) -> Ledger:
    if kind is not None and kind not in TITLES:
        raise UsageError(f"kind: {kind!r} is none of {', '.join(TITLES)}")
    if document and not vendor:
        raise UsageError("a document is named together with its vendor; add vendor=NAME")
    if not vendor and not names:
        raise UsageError("the ledger of all vendors is no single answer; give vendor=NAME or names=COMPANY")
    with archive.read() as connection:
        name = "/".join(part.replace("/", " ") for part in (vendor, document) if part) or None
        if name:
            list_documents(connection, name)  # raises NotFound: an empty list would read as "states nothing"
        if name is None and names:
            naming = _naming(connection, names, after=place_of(after), limit=DOCUMENTS_AT_ONCE)
            return Ledger(items=[_row(entry) for entry in naming.entries], next=naming.next)
        if names:
            entries = list_entries(connection, name, kind=RECIPIENT, value=_ledger_name(names))
        else:
            entries = list_entries(connection, name, kind=kind)
    return Ledger(items=[_row(entry) for entry in entries], next=None)


def _naming(connection: Connection, names: str, *, after: tuple[str, str] | None, limit: int) -> Naming:
    """Where the company is named: in at most ``limit`` documents that come after such a pair of slugs."""
    company = _ledger_name(names)
    found = documents_naming(connection, company, after=after, limit=limit + 1)
    shown = list(found)[:limit]
    entries = list_entries(connection, None, kind=RECIPIENT, value=company, among=shown)
    return Naming(company, entries, found[shown[-1]] if len(found) > limit else None)


def _ledger_name(names: str) -> str:
    """What the ledger calls the company."""
    from differ.facts.company_names import ledger_name

    return ledger_name(names.strip())


def _row(entry: Entry) -> EntryRow:
    return EntryRow(
        vendor=entry.vendor, document=entry.document, kind=entry.kind, value=entry.value,
        first_at=rfc3339(entry.first_at), last_at=rfc3339(entry.last_at), current=entry.is_current,
        version=entry.version, subjects=list(entry.subjects), quote=entry.quote,
    )  # fmt: skip
