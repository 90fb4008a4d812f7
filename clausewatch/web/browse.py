"""Pages to look around in: what changed lately, vendors, documents, versions, and the bytes of a snapshot."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup
from sqlalchemy import Connection

from archive import Archive
from archive.addresses import addresses_of
from archive.coverage import coverage as coverage_of
from archive.coverage import coverages
from archive.documents import (
    documents_of,
    get_document,
    get_documents_by_id,
    get_documents_by_name,
    get_vendor,
    page_of_documents,
)
from archive.headlines import Headline, headlines_of
from archive.heads import first_head_of_version
from archive.news import latest_news
from archive.snapshots import get_snapshot, list_snapshots
from archive.takedowns import VERSION, list_takedowns, refuse_taken
from archive.tallies import Tally, tallies
from archive.texts import load_text
from archive.versions import get_version, list_versions, neighbours_of, text_id_of
from clausewatch.errors import NotFound
from clausewatch.model import ComparisonState, Document, Severity, Snapshot, Vendor
from clausewatch.settings import INTERNET_ARCHIVE
from clausewatch.views.timeline import timeline_view
from clausewatch.web.article import article_html
from clausewatch.web.kept import tell_vendor
from clausewatch.web.pages import ArchiveOf, NowOf, Pages, PagesOf

router = APIRouter(include_in_schema=False)

KEPT_AT_HOME = 50  # documents
KEPT_ON_A_PAGE = 100
LATELY = 30  # comparisons on the first page
LATELY_OF_VENDOR = 20
NOT_CLASSIFIED = "not classified"  # a change in a language that the rules cannot read
_SETTLED = (ComparisonState.CONFIRMED, ComparisonState.HISTORY)  # what is held or flaps is no news


@router.get("/", response_class=HTMLResponse)
def home(pages: PagesOf, archive: ArchiveOf) -> HTMLResponse:
    with archive.read() as connection:
        lately = latest_news(connection, states=_SETTLED, limit=LATELY)
        names = get_documents_by_name(connection, {f"{each.vendor}/{each.document}" for each in lately})
        kept = kept_documents(connection, after=None, limit=KEPT_AT_HOME)
    return pages.render("home", by_severity=by_severity(lately), documents=names, kept=kept)


@router.get("/vendors", response_class=HTMLResponse)
def show_vendors(
    pages: PagesOf, archive: ArchiveOf, after: Annotated[str | None, Query(max_length=300)] = None
) -> HTMLResponse:
    vendor, _, document = (after or "").partition("/")
    with archive.read() as connection:
        kept = kept_documents(connection, after=(vendor, document) if after else None, limit=KEPT_ON_A_PAGE)
    return pages.render("vendors", kept=kept)


@dataclass(frozen=True, slots=True)
class Kept:
    """Some of the documents that are kept, by vendor."""

    vendors: tuple[tuple[Vendor, tuple[tuple[Document, Tally], ...]], ...]
    next: str | None  # where the rest begins


def kept_documents(connection: Connection, *, after: tuple[str, str] | None, limit: int) -> Kept:
    """At most ``limit`` documents by vendor, those that come after such a pair of slugs."""
    found = page_of_documents(connection, after=after, limit=limit + 1)
    counted = tallies(connection, among=[each.id for each in found])
    groups = groupby(found[:limit], key=lambda each: Vendor(each.vendor, each.vendor_name))
    return Kept(
        vendors=tuple((vendor, tuple((each, counted[each.id]) for each in group)) for vendor, group in groups),
        next=found[limit - 1].name if len(found) > limit else None,
    )


def by_severity(comparisons: list[Headline]) -> list[tuple[str, list[Headline]]]:
    """The most severe first, then what could not be classified; groups that are empty left out, their order kept."""
    names: list[tuple[str, Severity | None]] = [(severity.value, severity) for severity in reversed(Severity)]
    groups = [
        (name, [comparison for comparison in comparisons if comparison.severity is severity])
        for name, severity in [*names, (NOT_CLASSIFIED, None)]
    ]
    return [group for group in groups if group[1]]


@router.get("/vendors/{vendor}", response_class=HTMLResponse)
def show_vendor(vendor: str, pages: PagesOf, archive: ArchiveOf, now: NowOf) -> HTMLResponse:
    with archive.read() as connection:
        found = get_vendor(connection, vendor)
        documents = documents_of(connection, found)
        counted = tallies(connection, found.slug)
        coverage = coverages(connection, found.slug, now=now)
        covered = [(each, counted[each.id], coverage[each.id]) for each in documents]
        lately = latest_news(connection, found.slug, states=_SETTLED, limit=LATELY_OF_VENDOR)
    names = {document.name: document for document in documents}
    return pages.render("vendor", vendor=found, covered=covered, lately=lately, documents=names)


@router.get("/documents/{vendor}/{document}", response_class=HTMLResponse)
def show_document(vendor: str, document: str, pages: PagesOf, archive: ArchiveOf, now: NowOf) -> HTMLResponse:
    with archive.read() as connection:
        found = get_document(connection, f"{vendor}/{document}")
        versions = list_versions(connection, found)
        comparisons = headlines_of(connection, found.id)
        snapshots = list_snapshots(connection, found)
        coverage = coverage_of(connection, found.id, now=now)
        addresses = addresses_of(connection, found)
        taken = list_takedowns(connection, found, kind=VERSION)
    gaps = [(gap.from_at, gap.to_at or now) for gap in coverage.gaps]
    return pages.render(
        "document", document=found, versions=versions[::-1], comparisons=comparisons, coverage=coverage,
        addresses=addresses, taken=taken, view=timeline_view(versions, comparisons, snapshots, gaps),
    )  # fmt: skip


@router.get("/versions/{version}", response_class=HTMLResponse)
def show_version(version: str, request: Request, pages: PagesOf, archive: ArchiveOf) -> HTMLResponse:
    document, page = version_page(pages, archive, version)
    tell_vendor(request, document.vendor)
    return page


def version_page(pages: Pages, archive: Archive, version: str) -> tuple[Document, HTMLResponse]:
    """The text of the version with its sections, its neighbours and the snapshots that show it; whose it is, too."""
    with archive.read() as connection:
        found = get_version(connection, version)
        document = get_documents_by_id(connection, [found.document])[found.document]
        earlier, later = neighbours_of(connection, found)
        snapshots = list_snapshots(connection, document, version=version)
        article = _article(connection, pages, version)
        head = first_head_of_version(connection, version)
    return document, pages.render(
        "version", version=found, document=document, snapshots=snapshots, article=article, earlier=earlier,
        later=later, playback=_playback, head=head,
    )  # fmt: skip


def _article(connection: Connection, pages: Pages, version: str) -> Markup:
    text = text_id_of(connection, version)
    kept = pages.parts.get(("article", text))
    return kept if kept is not None else pages.parts.keep(("article", text), article_html(load_text(connection, text)))


def _playback(snapshot: Snapshot) -> str:
    """Where the Wayback Machine shows the snapshot. An archive of the operator's own may keep it elsewhere."""
    return f"{INTERNET_ARCHIVE}/web/{snapshot.captured_at:%Y%m%d%H%M%S}/{snapshot.url}"


@router.get("/snapshots/{snapshot}/raw")
def download_snapshot(snapshot: str, archive: ArchiveOf) -> Response:
    """The bytes as they were, to be kept as a file. No browser may show them as a page from our address."""
    with archive.read() as connection:
        refuse_taken(connection, snapshot)
        found = get_snapshot(connection, snapshot)
        document = get_documents_by_id(connection, [found.document])[found.document]
    media_type, ending = _as_file(found)
    name = f"{document.vendor}-{document.slug}-{found.captured_at:%Y%m%dT%H%M%SZ}{ending}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Repr-Digest": f"sha-256=:{b64encode(bytes.fromhex(found.sha256)).decode()}:",
    }
    return Response(_body(archive, found), media_type=media_type, headers=headers)


def _body(archive: Archive, snapshot: Snapshot) -> bytes:
    try:
        return archive.blobs.read(snapshot.sha256)
    except NotFound as error:  # names a folder: not for visitors
        raise NotFound(f"snapshot {snapshot.id}: its bytes are not kept here any more") from error


def _as_file(snapshot: Snapshot) -> tuple[str, str]:
    """Media type and ending. Text gets .txt, so that no double click on the file runs its scripts."""
    stated = (snapshot.content_type or "").partition(";")[0].strip().lower()
    if stated in ("text/html", "application/xhtml+xml"):
        return "text/plain", ".html.txt"
    if stated.startswith("text/"):
        return "text/plain", ".txt"
    return "application/octet-stream", ".pdf" if stated == "application/pdf" else ".bin"


@router.get("/static/{name}")
def show_asset(name: str, pages: PagesOf) -> Response:
    asset = pages.assets.get(name)
    if asset is None:
        raise NotFound(f"{name}: no such file")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}  # their addresses change with their content
    return Response(asset.body, media_type=asset.media_type, headers=headers)
