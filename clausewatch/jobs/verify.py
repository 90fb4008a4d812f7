"""Check that the archive is what it was: chains, signed heads, bodies, texts and quotes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from archive import Archive
from archive.comparisons import list_comparisons
from archive.documents import EMPTY_CHAIN, list_documents
from archive.heads import (
    entries_of,
    entries_of_document,
    entries_of_nothing,
    list_heads,
    sha256_of_head,
    signed_words,
)
from archive.snapshots import chain_of, chained, snapshot_id_of, some_bodies
from archive.takedowns import list_tombstones
from archive.version_links import version_chain
from archive.versions import list_versions, text_of
from clausewatch.errors import ArchiveError
from clausewatch.jobs.verify_bodies import PROBED, BodyCheck
from clausewatch.model import Document, Quote, Text
from clausewatch.verify_export import is_signed

if TYPE_CHECKING:
    from sqlalchemy import Connection


def verify(archive: Archive, *, is_deep: bool) -> Iterator[str]:
    """What is wrong, a line each, and the first of the bodies that are missing; nothing where all is well. Deep reads
    every body and text. One document is held in memory at a time.

    Raises ArchiveError where no body can be asked for at all, also where that ends half-way.
    """
    archive.blobs.reach()
    with archive.read() as connection:
        erased = {stone.sha256 for stone in list_tombstones(connection)}
        bodies = BodyCheck(archive.blobs, erased=erased, is_deep=is_deep)
        yield from bodies.probe(some_bodies(connection, PROBED))
        for document in list_documents(connection):
            yield from _chain_faults(connection, document, bodies)
            yield from _version_faults(connection, document)
            yield from _entry_faults(connection, document)
            if is_deep:
                yield from _text_faults(connection, document)
                yield from _quote_faults(connection, document)
        yield from bodies.rest()
        yield from _head_faults(connection)


def _chain_faults(connection: Connection, document: Document, bodies: BodyCheck) -> Iterator[str]:
    head, links = chain_of(connection, document)
    reached = EMPTY_CHAIN
    for position, link in enumerate(links, 1):
        if chained(reached, link.snapshot, link.sha256) != link.chain:
            yield f"{document.name}: the chain over its snapshots breaks at {position} of {len(links)}, {link.snapshot}"
            return
        reached = link.chain
        if snapshot_id_of(document.id, link.sha256, link.captured_at) != link.snapshot:
            yield f"{document.name}: snapshot {link.snapshot}: was not captured when it says, {link.captured_at}"
        yield from bodies.faults_of(link.sha256, named=f"{document.name}: snapshot {link.snapshot}")
    if reached != head:
        yield f"{document.name}: snapshots are missing at the end of the chain over them"


def _version_faults(connection: Connection, document: Document) -> Iterator[str]:
    links = version_chain(connection, document.id)
    reached = EMPTY_CHAIN
    for position, link in enumerate(links, 1):
        if chained(reached, link.version, link.sha256) != link.chain:
            yield f"{document.name}: the chain over its versions breaks at {position} of {len(links)}, {link.version}"
            return
        reached = link.chain
    known = {(link.version, link.sha256) for link in links}
    for version in list_versions(connection, document):
        if (version.id, version.sha256) not in known:
            yield f"{document.name}: version {version.id}: its text is none that the chain over its versions knows"


def _entry_faults(connection: Connection, document: Document) -> Iterator[str]:
    """What heads say of the document, against its chains after each link, from the empty ones on."""
    entries = entries_of_document(connection, document.id)
    if not entries:
        return
    snapshots = [EMPTY_CHAIN, *(link.chain for link in chain_of(connection, document)[1])]
    versions = [EMPTY_CHAIN, *(link.chain for link in version_chain(connection, document.id))]
    for day, entry in sorted(entries.items()):
        if snapshots[entry.snapshots : entry.snapshots + 1] != [entry.chain]:
            yield f"head of {day}: the snapshots of document {entry.document} are not those signed"
        if versions[entry.versions : entry.versions + 1] != [entry.version_chain]:
            yield f"head of {day}: the versions of document {entry.document} are not those signed"


def _head_faults(connection: Connection) -> Iterator[str]:
    for day, document in entries_of_nothing(connection):
        yield f"head of {day}: document {document}, which it signed, is gone"
    previous = EMPTY_CHAIN
    for head in reversed(list_heads(connection)):
        entries = entries_of(connection, head.day)
        if head.previous != previous:
            yield f"head of {head.day}: does not follow the one before"
        if sha256_of_head(head.day, head.made_at, head.previous, entries=entries) != head.sha256:
            yield f"head of {head.day}: is not the hash of what it covers"
        if not is_signed(head.key, head.signature, signed_words(head.day, head.sha256)):
            yield f"head of {head.day}: its signature is not that of key {head.key}"
        previous = head.sha256


def _text_faults(connection: Connection, document: Document) -> Iterator[str]:
    for version in list_versions(connection, document):
        try:
            if text_of(connection, version.id).sha256 != version.sha256:
                yield f"{document.name}: the text of version {version.id} is not the one its hash was taken of"
        except ArchiveError as error:
            yield f"{document.name}: version {version.id}: {error}"


def _quote_faults(connection: Connection, document: Document) -> Iterator[str]:
    texts: dict[str, Text | None] = {}
    try:
        compared = list_comparisons(connection, document.name)
    except ArchiveError as error:
        yield f"{document.name}: its comparisons: {error}"
        return
    for comparison in compared:
        for finding in comparison.findings:
            for side, quote in ((comparison.before, finding.before), (comparison.after, finding.after)):
                if quote is None or side.id is None:
                    continue
                if side.id not in texts:
                    texts[side.id] = _whole_text(connection, side.id)
                if not _stands(quote, texts[side.id]):
                    yield f"{document.name}: comparison {comparison.id}: a quote is not in version {side.id}"


def _whole_text(connection: Connection, version: str) -> Text | None:
    try:
        return text_of(connection, version)
    except ArchiveError:
        return None  # said already


def _stands(quote: Quote, text: Text | None) -> bool:
    return text is None or text.text[quote.start : quote.end] == quote.quote
