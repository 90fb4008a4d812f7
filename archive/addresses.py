"""The address history of a document, as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert

from archive.documents import addresses_of
from archive.tables import addresses
from clausewatch.model import Address, Document


def restore_addresses(connection: Connection, document: Document, history: Sequence[Address]) -> None:
    """Give a document without any address this history, oldest first; one that has some keeps its own."""
    if history and not addresses_of(connection, document):
        rows = [
            {"document": document.id, "url": each.url, "since_at": each.since_at, "until_at": each.until_at}
            for each in history
        ]
        connection.execute(insert(addresses), rows)
