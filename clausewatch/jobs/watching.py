"""Put documents under watch: one address, or a watchlist."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from archive import Archive
from archive.documents import add_document, add_vendor, get_document, set_selectors
from archive.texts import forget_readings
from archive.turns import set_interval
from clausewatch.errors import UsageError
from clausewatch.jobs.naming import checked_address, named_by_address
from clausewatch.model import Document
from clausewatch.watchlist import INTERVALS, read_watchlist

if TYPE_CHECKING:
    from sqlalchemy import Connection


def add_address(
    archive: Archive,
    url: str,
    *,
    now: datetime,
    vendor: str | None = None,
    type: str | None = None,
    slug: str | None = None,
    render: str = "auto",
    include: str | None = None,
    exclude: str | None = None,
    interval_hours: int | None = None,
) -> Document:
    """Watch the document at that address; vendor and type are told by it where they are not given.

    Selectors given for one that is watched already take the place of its own, an empty one takes it away; what was read
    is read again by them, and nobody is told of what that changes. An interval given takes the place of its own too.

    Raises UsageError where the address is none that can be watched, or the interval none.
    """
    if "://" not in url:
        raise UsageError(f"{url}: is no address; give that of the policy itself, https://{url}/...")
    if interval_hours is not None and interval_hours not in INTERVALS:
        raise UsageError(f"--interval {interval_hours}: give hours from 1 to {INTERVALS[-1]}")
    named = named_by_address(checked_address(url))
    with archive.write() as connection:
        document = add_document(
            connection, add_vendor(connection, vendor or named.vendor), type=type or named.type, slug=slug, url=url,
            render=render, include=include or None, exclude=exclude or None, is_watched=True, now=now,
        )  # fmt: skip
        document = _repaced(connection, document, interval_hours, now=now)
        return _reselected(connection, document, include=include, exclude=exclude)


def _repaced(connection: Connection, document: Document, hours: int | None, *, now: datetime) -> Document:
    if hours is None or hours == document.interval_hours:
        return document
    set_interval(connection, document, hours, now=now)
    return get_document(connection, document.name)


def _reselected(connection: Connection, document: Document, *, include: str | None, exclude: str | None) -> Document:
    wanted = [
        known if given is None else given or None
        for known, given in ((document.include, include), (document.exclude, exclude))
    ]
    if wanted == [document.include, document.exclude]:
        return document
    set_selectors(connection, document, include=wanted[0], exclude=wanted[1])
    forget_readings(connection, document)
    return get_document(connection, document.name)


def add_watchlist(archive: Archive, name: str, *, now: datetime) -> list[Document]:
    """Watch all documents of the list; those that are watched already stay as they are, but for an interval that the
    list gives. Raises WatchlistError."""
    entries = read_watchlist(name)
    with archive.write() as connection:
        return [
            _repaced(connection, add_document(
                connection, add_vendor(connection, entry.vendor), type=entry.type, slug=entry.slug, url=entry.url,
                render=entry.render, include=entry.include, exclude=entry.exclude, is_watched=True, now=now,
            ), entry.interval_hours, now=now)
            for entry in entries
        ]  # fmt: skip
