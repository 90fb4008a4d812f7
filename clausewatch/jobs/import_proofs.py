"""Bring in what an export says of itself: the chains over versions, the signed heads, and what was taken down."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from archive.heads import Entry, Head, list_heads, restore_head
from archive.takedowns import BODY, Takedown, Tombstone, restore_takedowns
from archive.version_links import VersionLink, restore_links
from clausewatch.errors import ClausewatchError
from clausewatch.model import Document

if TYPE_CHECKING:
    from sqlalchemy import Connection

Row = Mapping[str, Any]


def restore_proofs(
    connection: Connection, documents: Sequence[Document], *, links: Iterable[Row], heads: Sequence[Row],
    stones: Iterable[Row],
) -> None:  # fmt: skip
    """Take over what the export proves, before anything is derived of its snapshots.

    An archive that has heads keeps its own: those of the export are of another chain.
    """
    by_name: defaultdict[tuple[str, str], list[VersionLink]] = defaultdict(list)
    for row in sorted(links, key=lambda row: int(row["position"])):
        by_name[row["vendor"], row["document"]].append(VersionLink(row["version"], row["sha256"], row["chain"]))
    for document in documents:
        restore_links(connection, document.id, by_name[document.vendor, document.slug])
    restore_takedowns(connection, *read_tombstones(stones))
    if not list_heads(connection, most=1):
        for row in heads:
            restore_head(connection, *_head(row))


def read_tombstones(rows: Iterable[Row]) -> tuple[list[Takedown], list[Tombstone]]:
    """What was taken down at addresses of ours, and the bodies that were erased."""
    gone, stones = [], []
    for row in rows:
        erased_on, reason = date.fromisoformat(row["erased_on"]), row["reason"]
        if row["what"] == BODY:
            if not re.fullmatch("[0-9a-f]{64}", row["sha256"]):  # what it names would be overwritten
                raise ClausewatchError(f"tombstones: {row['sha256'][:80]!r} is no SHA-256; write the export again")
            stones.append(Tombstone(row["sha256"], erased_on, reason))
            continue
        gone.append(
            Takedown(
                row["id"],
                row["document_id"],
                row["what"],
                erased_on,
                reason,
                sha256=row["sha256"],
                first_at=_instant(row["first_at"]),
                last_at=_instant(row["last_at"]),
            )
        )
    return gone, stones


def _head(row: Row) -> tuple[Head, list[Entry]]:
    head = Head(
        date.fromisoformat(row["day"]), datetime.fromisoformat(row["made_at"]), row["previous"], row["sha256"],
        row["key"], row["signature"],
    )  # fmt: skip
    entries = [
        Entry(each["id"], each["snapshots"], each["chain"], each["versions"], each["version_chain"])
        for each in row["entries"]
    ]
    return head, entries


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
