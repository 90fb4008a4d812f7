"""A one-off comparison of an address at two dates, over the Wayback Machine; nothing is stored unless asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from clausewatch.errors import CrawlError, NoSnapshot
from clausewatch.jobs.backfill import row_in_force
from clausewatch.jobs.naming import checked_address, named_by_address
from clausewatch.jobs.sources import Given, given_body
from clausewatch.model import Source
from clausewatch.settings import Settings
from crawler.cdx import Row
from crawler.outcomes import Outcome
from crawler.wayback import Played, list_captures, play_back

if TYPE_CHECKING:
    from archive import Archive


def texts_at(
    address: str,
    instants: tuple[datetime, datetime],
    *,
    settings: Settings,
    wayback: str | None,
    open_archive: Callable[[], AbstractContextManager[Archive]] | None,
    on_progress: Callable[[str], None],
) -> tuple[Given, Given]:
    """The text of the address as it was in force at both instants. With ``open_archive`` both snapshots are kept.

    Raises NoSnapshot where nothing is archived so early, RateLimited, CrawlError, ExtractionError.
    """
    url = checked_address(address)
    settings = replace(settings, wayback_url=wayback.rstrip("/")) if wayback else settings
    on_progress(f"asking {settings.wayback_url} what it holds of {url}")
    rows = list_captures(url, settings=settings, to_at=max(instants))
    chosen = [_row_at(rows, at, url=url) for at in instants]
    outcomes: dict[Row, Outcome] = {}

    def keep(played: Played) -> None:
        outcomes[played.row] = played.outcome
        on_progress(f"played back {played.row.captured_at:%Y-%m-%d}")

    play_back(list(dict.fromkeys(chosen)), settings=settings, on_outcome=keep)
    before, after = (_given(outcomes[row], row, url=url) for row in chosen)
    if open_archive:
        with open_archive() as archive:
            _store(archive, url, [outcomes[row] for row in dict.fromkeys(chosen)])
    return before, after


def _row_at(rows: list[Row], at: datetime, *, url: str) -> Row:
    row = row_in_force(rows, at)
    if row is None:
        first = f"the first is of {rows[0].captured_at:%Y-%m-%d}" if rows else "it holds none at all"
        raise NoSnapshot(f"{url}: the Wayback Machine holds no capture by {at:%Y-%m-%d}; {first}", url=url)
    return row


def _given(outcome: Outcome, row: Row, *, url: str) -> Given:
    if outcome.body is None or outcome.error:
        raise CrawlError(f"{url} at {row.timestamp}: {outcome.error}", url=url, retryable=outcome.retryable)
    at = outcome.captured_at or row.captured_at
    given = given_body(
        outcome.body, label=url, name=None, content_type=outcome.headers.get("content-type"),
        url=outcome.url, at=at,
    )  # fmt: skip
    return replace(given, vendor_name=named_by_address(url).vendor)


def _store(archive: Archive, url: str, outcomes: list[Outcome]) -> None:
    from archive.documents import add_document, add_vendor
    from archive.snapshots import record_snapshot
    from clausewatch.jobs.bodies import Incoming
    from clausewatch.jobs.settle import settle_all
    from crawler.captures import capture_of

    named = named_by_address(url)
    bodies = Incoming(archive)
    for outcome in outcomes:
        at = outcome.captured_at or outcome.fetched_at
        sha256 = bodies.store(outcome.body or b"", vendor=named.vendor, type=named.type, at=at)
        with archive.write() as connection:
            document = add_document(connection, add_vendor(connection, named.vendor), type=named.type, url=url)
            record_snapshot(connection, document, capture_of(outcome, sha256=sha256, source=Source.WAYBACK))
    settle_all(archive, now=max(outcome.fetched_at for outcome in outcomes))
