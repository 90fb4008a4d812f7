"""Fetches documents as their vendors serve them now."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from clausewatch.model import Document, Snapshot
from clausewatch.settings import Settings
from crawler.children import Children
from crawler.hosts import host_of
from crawler.lanes import Lanes
from crawler.outcomes import Fetch, Outcome
from crawler.run import run_batch
from crawler.settings import CONCURRENT_REQUESTS, FETCH_TIMEOUT_SECONDS, LONGEST_DELAY_SECONDS

_START_SECONDS = 60.0  # for the process and for robots.txt


def fetch_live(
    documents: Sequence[Document],
    *,
    settings: Settings,
    on_outcome: Callable[[Document, Outcome], None],
    on_lull: Callable[[], None] = lambda: None,
    held: Mapping[str, Snapshot] | None = None,
    timeout_seconds: float | None = None,
    fetch_timeout_seconds: float = FETCH_TIMEOUT_SECONDS,
    stop: threading.Event | None = None,
    lanes: Lanes | None = None,
    children: Children | None = None,
) -> None:
    """Fetch each document at its address, in one child process; ``on_outcome`` is called once for each, ``on_lull``
    where nothing more came for a moment.

    ``held`` has the newest live snapshots, by the document's id: the validators are sent to the address that it came
    from, without one to the document's. What is still the same, by a 304 or byte for byte, comes as an outcome that
    ``is_unchanged``. A document without an address is no fault of the crawl: it comes back as ``forbidden``.
    ``stop``, once set, ends the crawl; documents that were not looked at by then have no outcome. With ``lanes`` those
    come back that ``was_asked`` is not true of, whose host another crawl asks. ``children`` starts the process.
    """
    held = held or {}
    by_id = {document.id: document for document in documents}
    fetches = _in_turns([_fetch(document, held.get(document.id)) for document in by_id.values()])
    run_batch(
        fetches,
        settings=settings,
        on_outcome=lambda outcome: on_outcome(by_id[outcome.id], outcome),
        on_lull=on_lull,
        timeout_seconds=timeout_seconds or longest_seconds(fetches, fetch_timeout_seconds),
        fetch_timeout_seconds=fetch_timeout_seconds,
        stop=stop,
        lanes=lanes,
        children=children,
    )


def _fetch(document: Document, held: Snapshot | None) -> Fetch:
    is_page = held is not None and held.status is not None and 200 <= held.status < 300
    return Fetch(
        id=document.id, url=document.url or "", etag=document.etag, last_modified=document.last_modified,
        held_url=held.url if held else None, held_sha256=held.sha256 if held and is_page else None,
    )  # fmt: skip


def _in_turns(fetches: Sequence[Fetch]) -> list[Fetch]:
    """One of each host, then the next of each: a host with many documents holds no other up."""
    turns: Counter[str] = Counter()
    placed = []
    for fetch in fetches:
        host = host_of(fetch.url)
        placed.append((turns[host], fetch))
        turns[host] += 1
    return [fetch for _, fetch in sorted(placed, key=lambda each: each[0])]


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
    """What a batch may take at most: each page of the busiest host stalls, one after the other, or each page of all,
    as many at once as there may be."""
    busiest = max(Counter(host_of(fetch.url) for fetch in fetches).values(), default=0)
    alone = (busiest + 1) * (fetch_timeout_seconds + LONGEST_DELAY_SECONDS)
    together = 2 * len(fetches) * fetch_timeout_seconds / CONCURRENT_REQUESTS
    return _START_SECONDS + max(alone, together)
