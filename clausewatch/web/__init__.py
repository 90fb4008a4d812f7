"""The pages and the API: ``create_app(settings, archive)``. What they show is made elsewhere."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from archive import Archive
from clausewatch import __version__
from clausewatch.settings import Settings
from clausewatch.web import (
    api,
    api_documents,
    api_oneoff,
    api_page,
    api_subscriptions,
    blame,
    browse,
    compare,
    events,
    failures,
    feeds,
    ledger,
    manage,
    memento,
    metrics,
    oneoff,
    search,
    search_feed,
    status,
    subscribe,
    trust,
)
from clausewatch.web.headers import HeadAsGet, SecureHeaders
from clausewatch.web.kept import KeptPages
from clausewatch.web.latencies import Latencies, TimedAnswers
from clausewatch.web.making import Makers
from clausewatch.web.pace import Pace
from clausewatch.web.pages import Pages
from clausewatch.web.parts import Parts
from clausewatch.web.turns import Turns
from clausewatch.web.validators import Validators

__all__ = ["create_app"]

ROUTERS = (
    api.router,
    api_documents.router,
    api_page.router,
    api_subscriptions.router,
    blame.router,
    browse.router,
    compare.router,
    feeds.router,
    ledger.router,
    manage.router,
    memento.router,
    metrics.router,
    search.router,
    search_feed.router,
    status.router,
    subscribe.router,
    trust.router,
)
MAX_BODY_BYTES = 65_536  # the largest form has a few hundred


PAGES_AT_ONCE = 8
"""Made by one process. More would only take turns at one interpreter, and hold more connections than a pool keeps."""


@asynccontextmanager
async def _few_at_once(_app: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = PAGES_AT_ONCE
    yield


def create_app(
    settings: Settings,
    archive: Archive,
    *,
    now: Callable[[], datetime] | None = None,
    results: oneoff.Results | None = None,
) -> FastAPI:
    """The application over an open archive; whoever opened it closes it, after the last request. ``results`` are where
    one-off comparisons are kept, if several processes serve; ``now`` is a clock other than the archive's."""
    app = FastAPI(
        title="Clausewatch",
        summary="Versions of vendor policies and what changed between them.",
        version=__version__,
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere
        redoc_url=None,
        lifespan=_few_at_once,
        redirect_slashes=False,  # the redirect would name whatever host the client claims
    )
    app.state.settings = settings
    app.state.archive = archive
    app.state.now = now or archive.clock.now
    app.state.pages = Pages(settings.public_url, is_indexed=settings.is_indexed)
    app.state.pace = Pace()
    app.state.latencies = Latencies()
    app.state.results = results or oneoff.Results()
    app.state.makers = Makers()
    app.state.answers = Parts[str]()
    app.state.turns = threading.BoundedSemaphore(compare.MADE_AT_ONCE)
    app.state.fetching = threading.BoundedSemaphore(oneoff.FETCHED_AT_ONCE)
    for router in ROUTERS:
        # here, not at the app: the app's own refusal would lack our headers and form
        app.include_router(router, max_body_size=MAX_BODY_BYTES)
    app.include_router(events.router, max_body_size=events.MAX_BODY_BYTES)
    app.include_router(oneoff.router, max_body_size=oneoff.MAX_BODY_BYTES)
    app.include_router(api_oneoff.router, max_body_size=oneoff.MAX_BODY_BYTES)
    failures.install(app)
    # the last one added is the outermost
    app.add_middleware(failures.OversizeInForm)
    app.add_middleware(Turns)
    app.add_middleware(KeptPages, changes=archive.changes)
    app.add_middleware(Validators)
    app.add_middleware(HeadAsGet)
    app.add_middleware(SecureHeaders, is_indexed=settings.is_indexed)
    app.add_middleware(TimedAnswers, latencies=app.state.latencies)
    return app
