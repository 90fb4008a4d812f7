"""Documents of which more is to be settled than what was not read yet. A look that was read before was extended, or
readings were stored and not settled: what the versions become then follows from all looks, not from the new ones alone.

It is kept in the place of the revision of the normaliser that made the versions, from which that can be told still.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, case, update

from archive.tables import documents

_STIRRED = 100
"""Put on the revision, and that below zero: far from what marks a document that is to be made anew."""


def stirred() -> ColumnElement[int | None]:
    """What takes the place of the revision, in an update of documents; what was never settled, or is to be made anew,
    stays so."""
    by = documents.c.normaliser
    return case((by > 0, -_STIRRED - by), else_=by)


def mark_stirred(connection: Connection, ids: Collection[str]) -> None:
    """Readings of these documents, by id, no more than a few, are stored and not settled."""
    if ids:
        connection.execute(update(documents).where(documents.c.id.in_(ids)).values(normaliser=stirred()))


def revisions_as(normaliser: int) -> tuple[int, int]:
    """How that revision is kept: of a document that is settled but for what was not read yet, and of another."""
    return normaliser, -_STIRRED - normaliser


def revision_of(kept: int | None) -> int | None:
    """The revision that is kept, however it is."""
    return -kept - _STIRRED if kept is not None and kept < -_STIRRED else kept
