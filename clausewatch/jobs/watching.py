"""Put documents under watch: one address, or a watchlist."""

from __future__ import annotations

from datetime import datetime

from archive import Archive
from archive.documents import add_document, add_vendor
from clausewatch.errors import UsageError
from clausewatch.jobs.naming import checked_address, named_by_address
from clausewatch.model import Document
from clausewatch.watchlist import read_watchlist


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
) -> Document:
    """Watch the document at that address; vendor and type are told by it where they are not given.

    Raises UsageError where it is none that can be watched.
    """
    if "://" not in url:
        raise UsageError(f"{url}: is no address; give that of the policy itself, https://{url}/...")
    named = named_by_address(checked_address(url))
    with archive.write() as connection:
        return add_document(
            connection, add_vendor(connection, vendor or named.vendor), type=type or named.type, slug=slug, url=url,
            render=render, include=include, exclude=exclude, is_watched=True, now=now,
        )  # fmt: skip


def add_watchlist(archive: Archive, name: str, *, now: datetime) -> list[Document]:
    """Watch all documents of the list; those that are watched already stay as they are. Raises WatchlistError."""
    entries = read_watchlist(name)
    with archive.write() as connection:
        return [
            add_document(
                connection, add_vendor(connection, entry.vendor), type=entry.type, slug=entry.slug, url=entry.url,
                render=entry.render, include=entry.include, exclude=entry.exclude, is_watched=True, now=now,
            )
            for entry in entries
        ]  # fmt: skip
