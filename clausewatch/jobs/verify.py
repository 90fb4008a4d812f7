"""Check that the archive is what it was: chains over snapshots, bodies, texts and quotes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from archive import Archive
from archive.comparisons import list_comparisons
from archive.documents import EMPTY_CHAIN, list_documents
from archive.snapshots import chain_of, chained, snapshot_id_of
from archive.versions import list_versions, text_of
from clausewatch.errors import ArchiveError, NotFound
from clausewatch.model import Document, Quote, Text

if TYPE_CHECKING:
    from sqlalchemy import Connection


def verify(archive: Archive, *, is_deep: bool) -> Iterator[str]:
    """What is wrong, a line each; nothing where all is well. Deep reads every body and text."""
    with archive.read() as connection:
        for document in list_documents(connection):
            yield from _chain_faults(archive, connection, document, is_deep=is_deep)
            if is_deep:
                yield from _text_faults(connection, document)
                yield from _quote_faults(connection, document)


def _chain_faults(archive: Archive, connection: Connection, document: Document, *, is_deep: bool) -> Iterator[str]:
    head, links = chain_of(connection, document)
    reached = EMPTY_CHAIN
    for position, link in enumerate(links, 1):
        if chained(reached, link.snapshot, link.sha256) != link.chain:
            yield f"{document.name}: the chain over its snapshots breaks at {position} of {len(links)}, {link.snapshot}"
            return
        reached = link.chain
        if snapshot_id_of(document.id, link.sha256, link.captured_at) != link.snapshot:
            yield f"{document.name}: snapshot {link.snapshot}: was not captured when it says, {link.captured_at}"
        try:
            if is_deep:
                archive.blobs.read(link.sha256)
            elif not archive.blobs.path(link.sha256).exists():
                raise NotFound(f"{link.sha256}: its body is gone; restore it from a backup")
        except ArchiveError as error:
            yield f"{document.name}: snapshot {link.snapshot}: {error}"
    if reached != head:
        yield f"{document.name}: snapshots are missing at the end of the chain over them"


def _text_faults(connection: Connection, document: Document) -> Iterator[str]:
    for version in list_versions(connection, document):
        try:
            if text_of(connection, version.id).sha256 != version.sha256:
                yield f"{document.name}: the text of version {version.id} is not the one its hash was taken of"
        except ArchiveError as error:
            yield f"{document.name}: version {version.id}: {error}"


def _quote_faults(connection: Connection, document: Document) -> Iterator[str]:
    texts: dict[str, Text | None] = {}
    for comparison in list_comparisons(connection, document.name):
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
