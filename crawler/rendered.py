"""Fetches documents as a browser shows them, under the same guard and manners as plain pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from clausewatch.model import Document, Snapshot
from clausewatch.settings import Settings
from crawler.browser.chromium import what_is_missing
from crawler.lanes import Lanes
from crawler.outcomes import RENDERED_BY, ErrorKind, Fetch, FetchKind, Outcome
from crawler.run import run_batch
from crawler.settings import DELAY_SECONDS, FETCH_TIMEOUT_SECONDS

_START_SECONDS = 90.0  # for the process, the browser and robots.txt


def fetch_rendered(
    documents: Sequence[Document],
    *,
    settings: Settings,
    on_outcome: Callable[[Document, Outcome], None],
    on_lull: Callable[[], None] = lambda: None,
    held: Mapping[str, Snapshot] | None = None,
    fetch_timeout_seconds: float = FETCH_TIMEOUT_SECONDS,
    stop: threading.Event | None = None,
    lanes: Lanes | None = None,
) -> None:
    """Render each document, one after the other, in one child process; ``on_outcome`` is called once for each.

    An outcome's body is the document as it stood when its text stood still, its headers name the browser. ``held``,
    ``stop`` and ``lanes`` are as in ``crawler.live``. Where there is no browser each comes back as ``no-browser`` at
    once.
    """
    held = held or {}
    by_id = {document.id: document for document in documents}
    if missing := what_is_missing(settings.chromium):
        for document in by_id.values():
            on_outcome(document, not_rendered(document, missing))
        on_lull()
        return
    run_batch(
        [_fetch(document, held.get(document.id)) for document in by_id.values()],
        settings=settings,
        on_outcome=lambda outcome: on_outcome(by_id[outcome.id], outcome),
        on_lull=on_lull,
        timeout_seconds=_START_SECONDS + len(by_id) * (fetch_timeout_seconds + 2 * DELAY_SECONDS),
        fetch_timeout_seconds=fetch_timeout_seconds,
        stop=stop,
        lanes=lanes,
    )


def render_pages(
    urls: Mapping[str, str],
    *,
    settings: Settings,
    stop: threading.Event | None = None,
    lanes: Lanes | None = None,
) -> dict[str, Outcome]:
    """The pages at these addresses, by the names that the caller gave them; nothing of it is remembered."""
    outcomes: dict[str, Outcome] = {}
    run_batch(
        [Fetch(name, url, FetchKind.RENDERED) for name, url in urls.items()],
        settings=settings,
        on_outcome=lambda outcome: outcomes.update({outcome.id: outcome}),
        timeout_seconds=_START_SECONDS + len(urls) * (FETCH_TIMEOUT_SECONDS + 2 * DELAY_SECONDS),
        stop=stop,
        lanes=lanes,
    )
    return outcomes


def not_rendered(document: Document, missing: str) -> Outcome:
    """The outcome where there is no browser; ``missing`` says what to do about it."""
    return Outcome(document.id, document.url or "", datetime.now(UTC), error=missing, error_kind=ErrorKind.NO_BROWSER)


def is_rendered(snapshot: Snapshot | None) -> bool:
    """Whether a snapshot's body was written by a browser."""
    return snapshot is not None and RENDERED_BY in snapshot.headers


def _fetch(document: Document, held: Snapshot | None) -> Fetch:
    is_page = held is not None and held.status == 200
    sha256 = held.sha256 if held and is_page else None
    return Fetch(id=document.id, url=document.url or "", kind=FetchKind.RENDERED, held_sha256=sha256)
