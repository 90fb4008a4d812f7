"""Comparison pages: the stored ones at permanent addresses, and any two days of a document, made for the moment."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy import Connection

from archive import Archive
from archive.comparisons import comparisons_by_id, get_comparison, made_of
from archive.documents import get_document
from archive.versions import text_of, version_at
from clausewatch.errors import UsageError
from clausewatch.instants import end_of_period
from clausewatch.model import Comparison, Document, Side, Version, content_id
from clausewatch.views.html import comparison_view
from clausewatch.web.kept import tell_vendor
from clausewatch.web.pages import ArchiveOf, Pages, PagesOf
from differ.comparing import compare

router = APIRouter(include_in_schema=False)

MADE_AT_ONCE = 2  # a long text takes seconds of a processor, and any visitor may ask for any two days
RETRY_SECONDS = 5
MOST_MADE = 30  # kept, whatever comes into the archive: the same two texts give the same; some take megabytes


class Made:
    """Comparisons that were made for visitors, those asked for last. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Side, Side], Comparison] = OrderedDict()

    def get(self, sides: tuple[Side, Side]) -> Comparison | None:
        with self._lock:
            if sides in self._kept:
                self._kept.move_to_end(sides)
            return self._kept.get(sides)

    def keep(self, sides: tuple[Side, Side], comparison: Comparison) -> None:
        with self._lock:
            self._kept[sides] = comparison
            while len(self._kept) > MOST_MADE:
                self._kept.popitem(last=False)


@router.get("/comparisons/{comparison}", response_class=HTMLResponse)
def show_comparison(comparison: str, request: Request, pages: PagesOf, archive: ArchiveOf) -> HTMLResponse:
    with archive.read() as connection:
        key = "comparison", comparison, made_of(connection, comparison)
        body = pages.parts.get(key)
        found = get_comparison(connection, comparison, has_sections=body is None)
        document = get_document(connection, f"{found.vendor}/{found.document}")
    tell_vendor(request, document.vendor)
    if body is None:
        body = pages.parts.keep(key, pages.part("diff/comparison.html", "comparison_body", comparison_view(found)))
    return _page(pages, found, document, body=body, is_stored=True)


@router.get("/compare/{vendor}/{document}", response_class=HTMLResponse)
def compare_days(
    vendor: str,
    document: str,
    request: Request,
    pages: PagesOf,
    archive: ArchiveOf,
    from_day: Annotated[str, Query(alias="from", max_length=40)],
    to_day: Annotated[str, Query(alias="to", max_length=40)],
) -> Response:
    """What changed between the versions in force on two days; one that is stored is shown at its own address."""
    found, comparison = between_days(request, archive, f"{vendor}/{document}", (from_day, to_day))
    if isinstance(comparison, str):
        return RedirectResponse(pages.to("comparisons", comparison), status_code=302)
    body = pages.part("diff/comparison.html", "comparison_body", comparison_view(comparison))
    return _page(pages, comparison, found, body=body, is_stored=False)


def between_days(
    request: Request, archive: Archive, name: str, days: tuple[str, str]
) -> tuple[Document, Comparison | str]:
    """The document, and what lies between the versions in force on two days: the id of a comparison that is stored, or
    one made for the moment. Raises UsageError, NotFound, Gone, and 503 where others have theirs made."""
    from_at, to_at = end_of_period(days[0]), end_of_period(days[1])
    if from_at > to_at:
        raise UsageError(f"{days[0]} is later than {days[1]}; give the earlier day first")
    with archive.read() as connection:
        found = get_document(connection, name)
        before, after = version_at(connection, found, from_at), version_at(connection, found, to_at)
        if stored := _stored(connection, before, after):
            return found, stored
        kept: Made = request.app.state.made
        sides = _side(found, before), _side(found, after)
        made = kept.get(sides)
        texts = [] if made else [text_of(connection, version.id) for version in (before, after)]
    if made is None:
        with turn(request.app.state.turns):
            made = compare(
                texts[0], texts[1], before_side=sides[0], after_side=sides[1],
                vendor=found.vendor, document=found.slug, vendor_name=found.vendor_name,
            )  # fmt: skip
        kept.keep(sides, made)
    return found, made


@contextmanager
def turn(turns: threading.Semaphore) -> Iterator[None]:
    """One of the few places for work that any visitor may ask for. Raises 503 where all are taken."""
    if not turns.acquire(blocking=False):
        message = "Others are comparing right now; please try again in a moment."
        raise HTTPException(503, message, headers={"Retry-After": str(RETRY_SECONDS)})
    try:
        yield
    finally:
        turns.release()


def _stored(connection: Connection, before: Version, after: Version) -> str | None:
    comparison = content_id("comparison", before.id, after.id)
    return comparison if comparison in comparisons_by_id(connection, [comparison]) else None


def _side(document: Document, version: Version) -> Side:
    return Side(
        id=version.id,
        label=f"{document.vendor_name}, {document.type}",
        at=version.first_at,
        language=version.language,
        words=version.words,
        sha256=version.sha256,
    )


def _page(
    pages: Pages, comparison: Comparison, document: Document, *, body: Markup, is_stored: bool
) -> HTMLResponse:  # fmt: skip
    return pages.render("comparison", comparison=comparison, document=document, body=body, is_stored=is_stored)
