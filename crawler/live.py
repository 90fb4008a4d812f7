"""Fetches documents as their vendors serve them now."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from clausewatch.model import Document
from clausewatch.settings import Settings
from crawler.outcomes import Fetch, Outcome
from crawler.run import run_batch
from crawler.settings import DELAY_SECONDS, FETCH_TIMEOUT_SECONDS

_START_SECONDS = 60.0  # for the process and for robots.txt


def fetch_live(
    documents: Sequence[Document],
    *,
    settings: Settings,
    on_outcome: Callable[[Document, Outcome], None],
    held_urls: Mapping[str, str] | None = None,
    timeout_seconds: float | None = None,
    fetch_timeout_seconds: float = FETCH_TIMEOUT_SECONDS,
    stop: threading.Event | None = None,
) -> None:
    """Fetch each document at its address, in one child process; ``on_outcome`` is called once for each.

    The document's validators are sent to the address that gave them: ``held_urls`` has, by document id, the one
    that its newest live snapshot came from; without it that is the document's address. A 304 comes as an outcome
    that ``is_unchanged``. A document without an address is no fault of the crawl: it comes back as ``forbidden``.
    ``stop``, once set, ends the crawl; documents that were not looked at by then have no outcome.
    """
    held_urls = held_urls or {}
    by_id = {document.id: document for document in documents}
    fetches = [
        Fetch(
            id=document.id, url=document.url or "", etag=document.etag, last_modified=document.last_modified,
            held_url=held_urls.get(document.id),
        )
        for document in by_id.values()
    ]  # fmt: skip
    run_batch(
        fetches,
        settings=settings,
        on_outcome=lambda outcome: on_outcome(by_id[outcome.id], outcome),
        timeout_seconds=timeout_seconds or longest_seconds(fetches, fetch_timeout_seconds),
        fetch_timeout_seconds=fetch_timeout_seconds,
        stop=stop,
    )


def fetch_page(url: str, *, settings: Settings, timeout_seconds: float = FETCH_TIMEOUT_SECONDS) -> Outcome:
    """One page at once, under the same guard and manners; for a one-off comparison."""
    outcomes: list[Outcome] = []
    run_batch(
        [Fetch("page", url)],
        settings=settings,
        on_outcome=outcomes.append,
        timeout_seconds=2 * timeout_seconds + _START_SECONDS,
        fetch_timeout_seconds=timeout_seconds,
    )
    return outcomes[0]


def longest_seconds(fetches: Sequence[Fetch], fetch_timeout_seconds: float) -> float:
    """What a batch may take at most: each page of the busiest host stalls, one after the other."""
    busiest = max(Counter(urlsplit(fetch.url).netloc for fetch in fetches).values(), default=0)
    return _START_SECONDS + (busiest + 1) * (fetch_timeout_seconds + 2 * DELAY_SECONDS)
