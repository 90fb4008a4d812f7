"""The ledger as pages and as JSON: what a vendor's versions state over time, and which vendors name a company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from archive.documents import get_vendor, list_documents
from archive.ledger import Entry, list_entries
from clausewatch.errors import UsageError
from clausewatch.instants import rfc3339
from clausewatch.views.ledger import TITLES, ledger_tables
from clausewatch.web.api import FAILURES, Name
from clausewatch.web.operator import limited
from clausewatch.web.pages import ArchiveOf, PagesOf

router = APIRouter(responses=FAILURES, tags=["archive"])

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
    items: list[EntryRow]


@router.get("/vendors/{vendor}/ledger", response_class=HTMLResponse, include_in_schema=False)
def show_ledger(vendor: str, pages: PagesOf, archive: ArchiveOf) -> HTMLResponse:
    with archive.read() as connection:
        found = get_vendor(connection, vendor)
        documents = {each.slug: each for each in list_documents(connection) if each.vendor == found.slug}
        tables = ledger_tables(list_entries(connection, found.slug))
    return pages.render("ledger", vendor=found, documents=documents, tables=tables)


@router.get("/companies", response_class=HTMLResponse, include_in_schema=False)
def show_company(pages: PagesOf, archive: ArchiveOf, *, names: Company = "") -> HTMLResponse:
    """Which vendors name a company as a recipient, and from when to when."""
    with archive.read() as connection:
        company, entries = _naming(connection, names) if names.strip() else ("", [])
        documents = {each.name: each for each in list_documents(connection)}
    return pages.render("company", names=names, company=company, entries=entries, documents=documents)


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
        entries = _naming(connection, names, name)[1] if names else list_entries(connection, name, kind=kind)
    return Ledger(items=[_row(entry) for entry in entries])


def _naming(connection: Connection, names: str, name: str | None = None) -> tuple[str, Sequence[Entry]]:
    """What the ledger calls the company, and where it is named."""
    from differ.facts.company_names import ledger_name

    company = ledger_name(names.strip())
    return company, list_entries(connection, name, kind="recipient", value=company)


def _row(entry: Entry) -> EntryRow:
    return EntryRow(
        vendor=entry.vendor, document=entry.document, kind=entry.kind, value=entry.value,
        first_at=rfc3339(entry.first_at), last_at=rfc3339(entry.last_at), current=entry.is_current,
        version=entry.version, subjects=list(entry.subjects), quote=entry.quote,
    )  # fmt: skip
