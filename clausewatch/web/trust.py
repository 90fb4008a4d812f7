"""What lets others trust the archive: signed heads for programs and readers, the page about the law, robots.txt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from markupsafe import Markup

from archive.heads import Head, entries_of, get_head, list_heads
from clausewatch.errors import NotFound
from clausewatch.instants import rfc3339
from clausewatch.web.api import FAILURES
from clausewatch.web.atom import Entry, Feed, atom
from clausewatch.web.feeds import urn
from clausewatch.web.pages import ArchiveOf, Pages, PagesOf, SettingsOf

router = APIRouter()

MOST_HEADS = 1000  # in one answer: almost three years
MOST_IN_FEED = 60  # a reader that was away for longer asks for the list
_COSTLY = ("/compare/", "/diff", "/search", "/feeds/search")
"""Made for each visitor: no program should walk through them."""


@dataclass(frozen=True, slots=True)
class HeadRow:
    """A day's signature; ``docs/verifying.md`` says what is hashed and signed."""

    day: date
    made_at: str
    previous: str
    sha256: str
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    """How far the chains of a document had come, by its id."""

    id: str
    snapshots: int
    chain: str
    versions: int
    version_chain: str


@dataclass(frozen=True, slots=True)
class Heads:
    """Newest first."""

    items: list[HeadRow]
    next: date | None


@dataclass(frozen=True, slots=True)
class HeadWithEntries(HeadRow):
    """A head and the documents whose chains grew since the one before."""

    entries: list[EntryRow]


@router.get("/heads", summary="Signed heads of the archive, newest first", tags=["trust"], responses=FAILURES)
def show_heads(
    archive: ArchiveOf,
    before: date | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST_HEADS)] = 100,
) -> Heads:
    with archive.read() as connection:
        found = list_heads(connection, before=before, most=limit + 1)
    rows = [HeadRow(**_columns(head)) for head in found[:limit]]
    return Heads(rows, next=rows[-1].day if len(found) > limit else None)


@router.get("/heads/{day}", summary="A signed head and what it covers", tags=["trust"], responses=FAILURES)
def show_head(day: date, archive: ArchiveOf) -> HeadWithEntries:
    with archive.read() as connection:
        head = get_head(connection, day)
        if head is None:
            raise NotFound(f"{day}: no head was signed on that day; /heads lists those that were")
        entries = entries_of(connection, day)
    rows = [EntryRow(each.document, each.snapshots, each.chain, each.versions, each.version_chain) for each in entries]
    return HeadWithEntries(**_columns(head), entries=rows)


def _columns(head: Head) -> dict[str, Any]:
    return {
        "day": head.day, "made_at": rfc3339(head.made_at), "previous": head.previous, "sha256": head.sha256,
        "key": head.key, "signature": head.signature,
    }  # fmt: skip


@router.get("/feeds/heads", include_in_schema=False)
def feed_heads(archive: ArchiveOf, pages: PagesOf) -> Response:
    """An Atom entry a day, with all that is signed: whoever reads it along holds the archive to its word."""
    with archive.read() as connection:
        found = list_heads(connection, most=MOST_IN_FEED)
    feed = Feed(
        id=urn("feed", "heads"),
        title="Signed heads",
        address=pages.permanent("feeds", "heads"),
        page=pages.permanent("heads"),
        updated_at=found[0].made_at if found else datetime.fromtimestamp(0, UTC),
        entries=[_entry(head, pages) for head in found],
    )
    return Response(atom(feed), media_type="application/atom+xml")


def _entry(head: Head, pages: Pages) -> Entry:
    lines = Markup("").join(Markup("<p>{}: {}</p>").format(*each) for each in _columns(head).items())
    return Entry(
        id=urn("head", f"{head.day} {head.sha256}"),
        title=f"Head of {head.day}",
        address=pages.permanent("heads", head.day.isoformat()),
        updated_at=head.made_at,
        summary=f"{head.sha256}, signed {head.signature}",
        html=str(lines),
    )


@router.get("/legal", response_class=HTMLResponse, include_in_schema=False)
def show_legal(pages: PagesOf, archive: ArchiveOf, settings: SettingsOf) -> HTMLResponse:
    """What is kept, on what ground, whom to write to, and whose signature to expect."""
    with archive.read() as connection:
        heads = list_heads(connection, most=MOST_HEADS)
    return pages.render("legal", contact=settings.contact, keys=list(dict.fromkeys(head.key for head in heads)))


@router.get("/robots.txt", response_class=PlainTextResponse, include_in_schema=False)
def show_robots(pages: PagesOf) -> PlainTextResponse:
    """Pages may be fetched, so that search engines see whether they may list them: each says so itself."""
    lines = [f"Disallow: {pages.root}{path}" for path in _COSTLY]
    return PlainTextResponse("\n".join(["User-agent: *", *lines]) + "\n")
