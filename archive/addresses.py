"""Where documents stand and stood: which addresses are one page, and the address history of a document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection, Select, insert, select, update

from archive.changes import note_change
from archive.tables import addresses, documents
from clausewatch.model import Address, Document


def page_of(url: str) -> str:
    """The address without what makes no other page of it: the scheme, ``www.``, a slash at the end.

    >>> page_of("http://www.Example.com/privacy/") == page_of("https://example.com/privacy")
    True
    """
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return parts.netloc.lower().removeprefix("www.") + parts.path.rstrip("/") + query


def spellings(url: str) -> list[str]:
    """The addresses that ``page_of`` takes for the same."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no IPv6
        return [url]
    path, query = parts.path.rstrip("/"), f"?{parts.query}" if parts.query else ""
    host = parts.netloc.lower().removeprefix("www.")
    return [
        f"{scheme}://{www}{host}{path}{slash}{query}"
        for scheme in ("https", "http")
        for www in ("", "www.")
        for slash in ("", "/")
    ]


def add_address(connection: Connection, document: Document, url: str, *, since_at: datetime | None = None) -> None:
    """The document moved to ``url``: the old address keeps its time, the new one is crawled from now on."""
    connection.execute(
        update(addresses)
        .where(addresses.c.document == document.id, addresses.c.until_at.is_(None))
        .values(until_at=since_at)
    )
    connection.execute(insert(addresses).values(document=document.id, url=url, since_at=since_at, until_at=None))
    note_change(connection, document.vendor)


def current_address() -> Select[tuple[str]]:
    """A query for the address of the row of ``documents`` that the query around it is at."""
    newest = addresses.alias()
    # by a sum: in tables that it has not analyzed PostgreSQL would walk through all ids, from the newest, for each row
    is_newest = (newest.c.id + 0).desc()
    return select(newest.c.url).where(newest.c.document == documents.c.id).order_by(is_newest).limit(1)


def addresses_of(connection: Connection, document: Document) -> list[Address]:
    """The document's addresses, oldest first."""
    rows = connection.execute(
        select(addresses.c.url, addresses.c.since_at, addresses.c.until_at)
        .where(addresses.c.document == document.id)
        .order_by(addresses.c.id)
    )
    return [Address(url=row.url, since_at=row.since_at, until_at=row.until_at) for row in rows]


def addresses_of_all(connection: Connection, among: Collection[str] | None = None) -> dict[str, list[Address]]:
    """The addresses of every document that has any, or of those with the ids ``among``, oldest first, by its id."""
    query = select(addresses).order_by(addresses.c.id)
    if among is not None:
        query = query.where(addresses.c.document.in_(among))
    found: defaultdict[str, list[Address]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.document].append(Address(url=row.url, since_at=row.since_at, until_at=row.until_at))
    return dict(found)


def restore_addresses(connection: Connection, document: Document, history: Sequence[Address]) -> None:
    """Give a document without any address this history, oldest first; one that has some keeps its own."""
    if history and not addresses_of(connection, document):
        rows = [
            {"document": document.id, "url": each.url, "since_at": each.since_at, "until_at": each.until_at}
            for each in history
        ]
        connection.execute(insert(addresses), rows)
