"""Which bodies were captured about the same time, and so are much like each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select

from archive.tables import documents, snapshots


def _sides(is_of: ColumnElement[bool]) -> tuple[Select[Any], Select[Any]]:
    """Bodies captured up to a moment, and those after it, the nearest first."""
    at = bindparam("of_moment", type_=snapshots.c.captured_at.type)
    query = select(snapshots.c.sha256).join(documents).where(is_of).limit(bindparam("most"))
    before = query.where(snapshots.c.captured_at <= at).order_by(snapshots.c.captured_at.desc(), snapshots.c.id)
    after = query.where(snapshots.c.captured_at > at).order_by(snapshots.c.captured_at, snapshots.c.id)
    return before, after


# built once: to build a query takes as long as to ask it
_OF_DOCUMENT = _sides(documents.c.id == bindparam("of_document"))
_OF_TYPE = _sides((documents.c.vendor == bindparam("of_vendor")) & (documents.c.type == bindparam("of_type")))


def bodies_near(connection: Connection, document: str, *, at: datetime, count: int) -> list[str]:
    """SHA-256 of bodies of the document of that id that were captured about then, the nearest first."""
    return _near(connection, _OF_DOCUMENT, {"of_document": document, "of_moment": at, "most": count})


def bodies_of_type_near(connection: Connection, vendor: str, type: str, *, at: datetime, count: int) -> list[str]:
    """The same of all documents of that type of the vendor of that slug."""
    return _near(connection, _OF_TYPE, {"of_vendor": vendor, "of_type": type, "of_moment": at, "most": count})


def _near(connection: Connection, sides: tuple[Select[Any], ...], sought: Mapping[str, Any]) -> list[str]:
    """The nearest before and the nearest after in turn."""
    found: list[Sequence[str]] = [connection.execute(side, sought).scalars().all() for side in sides]
    turns = [sha256 for pair in zip_longest(*found) for sha256 in pair if sha256]
    return list(dict.fromkeys(turns))[: sought["most"]]
