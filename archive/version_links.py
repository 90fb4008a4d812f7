"""The chain over a document's versions: which text each was ever said to have. Only added to, whatever is derived."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, exists, insert, select

from archive.documents import EMPTY_CHAIN
from archive.snapshots import chained
from archive.tables import documents, texts, version_links, versions

_UNLINKED = (
    select(versions.c.id, texts.c.sha256)
    .join(texts, texts.c.id == versions.c.text)
    .where(
        versions.c.document == bindparam("of_document"), versions.c.is_current,
        ~exists().where(version_links.c.version == versions.c.id, version_links.c.sha256 == texts.c.sha256),
    )
    .order_by(versions.c.first_at, versions.c.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class VersionLink:
    """A version and its text, in the chain of its document."""

    version: str
    sha256: str  # of the text
    chain: str


def version_chain(connection: Connection, document: str) -> list[VersionLink]:
    """The chain of the document, by id, in order."""
    rows = connection.execute(
        select(version_links).where(version_links.c.document == document).order_by(version_links.c.position)
    )
    return [VersionLink(row.version, row.sha256, row.chain) for row in rows]


def link_versions(connection: Connection, document: str) -> int:
    """Add to the chain what the document's timeline says and no link does yet, oldest first; how many that is."""
    new = connection.execute(_UNLINKED, {"of_document": document}).all()
    if not new:
        return 0
    last = connection.execute(
        select(version_links.c.position, version_links.c.chain)
        .where(version_links.c.document == document)
        .order_by(version_links.c.position.desc())
        .limit(1)
    ).one_or_none()
    position, chain = (last.position, last.chain) if last else (0, EMPTY_CHAIN)
    rows = []
    for at, row in enumerate(new, position + 1):
        chain = chained(chain, row.id, row.sha256)
        rows.append({"document": document, "position": at, "version": row.id, "sha256": row.sha256, "chain": chain})
    connection.execute(insert(version_links), rows)
    return len(rows)


def link_all(connection: Connection) -> None:
    """Begin the chains of documents that have versions and none: of an archive that is older than they."""
    has_versions = exists().where(versions.c.document == documents.c.id, versions.c.is_current)
    has_links = exists().where(version_links.c.document == documents.c.id)
    for document in connection.execute(select(documents.c.id).where(has_versions, ~has_links)).scalars().all():
        link_versions(connection, document)


def restore_links(connection: Connection, document: str, links: list[VersionLink]) -> None:
    """Take over the chain of an archive that was exported, for a document that has none."""
    known = select(version_links.c.position).where(version_links.c.document == document).limit(1)
    if links and connection.execute(known).first() is None:
        rows = [
            {"document": document, "position": at, "version": each.version, "sha256": each.sha256, "chain": each.chain}
            for at, each in enumerate(links, 1)
        ]
        connection.execute(insert(version_links), rows)
