"""Comparison pages: the stored ones at permanent addresses, and any two days of a document, made for the moment."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy import Connection

from archive import Archive
from archive.comparisons import comparisons_by_id, get_comparison, made_of
from archive.documents import get_document
from archive.headlines import headlines_of
from archive.versions import text_of, version_at
from clausewatch.errors import UsageError
from clausewatch.instants import end_of_period
from clausewatch.jobs.between import Made, Pair
from clausewatch.model import Comparison, Document, Side, Version, content_id
from clausewatch.views.html import comparison_view
from clausewatch.web.kept import tell_vendor
from clausewatch.web.making import Makers, busy
from clausewatch.web.pages import ArchiveOf, Pages, PagesOf

router = APIRouter(include_in_schema=False)

MADE_AT_ONCE = 2  # a long text takes seconds of a processor, and any visitor may ask for any two days
PATIENCE_SECONDS = 0.05  # in which many are made; whoever waits longer is shown meanwhile what is known already
LONGEST_SECONDS = 20.0  # that an answer is waited for; then the page asks again
MOST_STEPS = 30  # on that page


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
async def compare_days(
    vendor: str,
    document: str,
    request: Request,
    pages: PagesOf,
    archive: ArchiveOf,
    *,
    from_day: Annotated[str, Query(alias="from", max_length=40)],
    to_day: Annotated[str, Query(alias="to", max_length=40)],
    is_waiting: Annotated[bool, Query(alias="wait")] = False,
) -> Response:
    """What changed between the versions in force on two days; one that is stored is shown at its own address.

    One that takes long is made meanwhile: the answer is 202, a page with the steps between the two that asks again, to
    ``wait``. From there it leads back.
    """
    state = request.app.state
    found = await run_in_threadpool(_look_up, archive, f"{vendor}/{document}", (from_day, to_day), makers=state.makers)
    if isinstance(found.what, str):
        return RedirectResponse(pages.to("comparisons", found.what), status_code=302)
    if isinstance(found.what, Pair):
        seconds = LONGEST_SECONDS if is_waiting else PATIENCE_SECONDS
        made = await _made(found.what, state.makers, state.turns, seconds=seconds)
    else:
        made = found.what
    here = functools.partial(pages.to, "compare", vendor, document, **{"from": from_day, "to": to_day})
    if made is None:
        return await run_in_threadpool(_meanwhile, pages, archive, found, again=here(wait="yes"))
    if is_waiting:
        return RedirectResponse(here(), status_code=302)
    return await run_in_threadpool(lambda: _page(pages, made.head, found.document, body=made.body(), is_stored=False))


@dataclass(frozen=True, slots=True)
class _Between:
    """A document, two of its versions, and what lies between: the id of a comparison that is stored, one that was made,
    or what it is to be made of."""

    document: Document
    versions: tuple[Version, Version]
    what: str | Made | Pair


def _look_up(archive: Archive, name: str, days: tuple[str, str], *, makers: Makers) -> _Between:
    from_at, to_at = end_of_period(days[0]), end_of_period(days[1])
    if from_at > to_at:
        raise UsageError(f"{days[0]} is later than {days[1]}; give the earlier day first")
    with archive.read() as connection:
        found = get_document(connection, name)
        versions = version_at(connection, found, from_at), version_at(connection, found, to_at)
        if stored := _stored(connection, *versions):
            return _Between(found, versions, stored)
        sides = _side(found, versions[0]), _side(found, versions[1])
        if made := makers.get(sides):
            return _Between(found, versions, made)
        texts = text_of(connection, versions[0].id), text_of(connection, versions[1].id)
    return _Between(found, versions, Pair(found, sides, texts))


async def _made(pair: Pair, makers: Makers, turns: threading.Semaphore, *, seconds: float) -> Made | None:
    """What lies between the two, if it is made in so many seconds; without a process beside us however long it takes.
    Who comes while others wait need not wait in vain."""
    if makers.executor is None:
        return await run_in_threadpool(_made_in_turn, pair, makers, turns)
    if makers.waiting and seconds <= PATIENCE_SECONDS:
        seconds = 0
    doing = makers.begin(pair)
    loop, is_done = asyncio.get_running_loop(), asyncio.Event()

    def tell(_doing: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: we stop
            loop.call_soon_threadsafe(is_done.set)

    doing.add_done_callback(tell)
    try:
        await asyncio.wait_for(is_done.wait(), seconds)
    except TimeoutError:
        return None
    return doing.result()


def _made_in_turn(pair: Pair, makers: Makers, turns: threading.Semaphore) -> Made:
    with turn(turns):
        return makers.make_here(pair) if makers.executor is None else makers.begin(pair).result()


def _meanwhile(pages: Pages, archive: Archive, found: _Between, *, again: str) -> HTMLResponse:
    """The page for the time in which a comparison is made: what is stored of the steps between the two versions."""
    before, after = found.versions
    with archive.read() as connection:
        steps = [
            step
            for step in headlines_of(connection, found.document.id)
            if before.first_at < step.after_at <= after.first_at and step.is_news
        ]
    page = pages.render(
        "comparing", status=202, document=found.document, before=before, after=after, count=len(steps),
        steps=steps[:MOST_STEPS], again=again,
    )  # fmt: skip
    # at once, and answered when it is made: browsers show this page until then, and put the other one in its place
    page.headers["Refresh"] = f"0; url={again}"
    page.headers["Cache-Control"] = "no-store"
    return page


def between_days(
    request: Request, archive: Archive, name: str, days: tuple[str, str]
) -> tuple[Document, Comparison | str]:
    """The document, and what lies between the versions in force on two days: the id of a comparison that is stored, or
    one made for the moment. Raises UsageError, NotFound, Gone, and 503 where others have theirs made."""
    makers: Makers = request.app.state.makers
    found = _look_up(archive, name, days, makers=makers)
    if isinstance(found.what, str):
        return found.document, found.what
    made = found.what
    if isinstance(made, Pair):
        made = _made_in_turn(made, makers, request.app.state.turns)
    return found.document, made.comparison()


@contextmanager
def turn(turns: threading.Semaphore) -> Iterator[None]:
    """One of the few places for work that any visitor may ask for. Raises 503 where all are taken."""
    if not turns.acquire(blocking=False):
        raise busy()
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
