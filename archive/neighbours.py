"""Which bodies were captured about the same time, and so are much like each other."""

from __future__ import annotations

from datetime import datetime
from itertools import zip_longest

from sqlalchemy import ColumnElement, Connection, select

from archive.tables import documents, snapshots


def bodies_near(connection: Connection, document: str, *, at: datetime, count: int) -> list[str]:
    """SHA-256 of bodies of the document of that id that were captured about then, the nearest first."""
    return _near(connection, documents.c.id == document, at, count)


def bodies_of_type_near(connection: Connection, vendor: str, type: str, *, at: datetime, count: int) -> list[str]:
    """The same of all documents of that type of the vendor of that slug."""
    return _near(connection, (documents.c.vendor == vendor) & (documents.c.type == type), at, count)


def _near(connection: Connection, is_of: ColumnElement[bool], at: datetime, count: int) -> list[str]:
    """The nearest before and the nearest after in turn."""
    query = select(snapshots.c.sha256).join(documents).where(is_of)
    before = query.where(snapshots.c.captured_at <= at).order_by(snapshots.c.captured_at.desc(), snapshots.c.id)
    after = query.where(snapshots.c.captured_at > at).order_by(snapshots.c.captured_at, snapshots.c.id)
    found = [connection.execute(side.limit(count)).scalars().all() for side in (before, after)]
    turns = [sha256 for pair in zip_longest(*found) for sha256 in pair if sha256]
    return list(dict.fromkeys(turns))[:count]
