"""Check that the archive is what it was: chains, signed heads, bodies, texts and quotes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive import Archive
from archive.comparisons import list_comparisons
from archive.documents import EMPTY_CHAIN, list_documents
from archive.heads import entries_of, list_heads, sha256_of_head, signed_words
from archive.snapshots import chain_of, chained, snapshot_id_of
from archive.takedowns import list_tombstones
from archive.version_links import version_chain
from archive.versions import list_versions, text_of
from clausewatch.errors import ArchiveError, Gone, NotFound
from clausewatch.model import Document, Quote, Text
from clausewatch.verify_export import is_signed

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NO_BODY = "0" * 64  # asked for to see whether what bodies lie in answers


def verify(archive: Archive, *, is_deep: bool) -> Iterator[str]:
    """What is wrong, a line each; nothing where all is well. Deep reads every body and text.

    Raises ArchiveError where no body can be asked for at all.
    """
    archive.blobs.holds(_NO_BODY)
    with archive.read() as connection:
        erased = {stone.sha256 for stone in list_tombstones(connection)}
        chains: dict[str, Chains] = {}
        for document in list_documents(connection):
            yield from _chain_faults(archive, connection, document, erased=erased, is_deep=is_deep)
            yield from _version_faults(connection, document)
            chains[document.id] = _chains_of(connection, document)
            if is_deep:
                yield from _text_faults(connection, document)
                yield from _quote_faults(connection, document)
        yield from _head_faults(connection, chains)


def _chain_faults(
    archive: Archive, connection: Connection, document: Document, *, erased: Collection[str], is_deep: bool
) -> Iterator[str]:
    head, links = chain_of(connection, document)
    reached = EMPTY_CHAIN
    for position, link in enumerate(links, 1):
        if chained(reached, link.snapshot, link.sha256) != link.chain:
            yield f"{document.name}: the chain over its snapshots breaks at {position} of {len(links)}, {link.snapshot}"
            return
        reached = link.chain
        if snapshot_id_of(document.id, link.sha256, link.captured_at) != link.snapshot:
            yield f"{document.name}: snapshot {link.snapshot}: was not captured when it says, {link.captured_at}"
        if fault := _body_fault(archive, link.sha256, is_erased=link.sha256 in erased, is_deep=is_deep):
            yield f"{document.name}: snapshot {link.snapshot}: {fault}"
    if reached != head:
        yield f"{document.name}: snapshots are missing at the end of the chain over them"


def _body_fault(archive: Archive, sha256: str, *, is_erased: bool, is_deep: bool) -> str | None:
    try:
        if is_deep or is_erased:
            archive.blobs.read(sha256)
            return (
                f"{sha256}: was taken down, and its body is still there; run the takedown again" if is_erased else None
            )
        if not archive.blobs.holds(sha256):
            return f"{sha256}: its body is gone; restore it from a backup"
    except Gone as error:
        return None if is_erased else f"{error}; no tombstone of this database says so"
    except NotFound as error:
        return None if is_erased else str(error)
    except ArchiveError as error:
        return str(error)
    return None


@dataclass(frozen=True, slots=True)
class Chains:
    """Both chains of a document after each link, from the empty ones on."""

    snapshots: list[str]
    versions: list[str]


def _chains_of(connection: Connection, document: Document) -> Chains:
    return Chains(
        snapshots=[EMPTY_CHAIN, *(link.chain for link in chain_of(connection, document)[1])],
        versions=[EMPTY_CHAIN, *(link.chain for link in version_chain(connection, document.id))],
    )


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


def _head_faults(connection: Connection, chains: Mapping[str, Chains]) -> Iterator[str]:
    previous = EMPTY_CHAIN
    for head in reversed(list_heads(connection)):
        entries = entries_of(connection, head.day)
        if head.previous != previous:
            yield f"head of {head.day}: does not follow the one before"
        if sha256_of_head(head.day, head.made_at, head.previous, entries=entries) != head.sha256:
            yield f"head of {head.day}: is not the hash of what it covers"
        if not is_signed(head.key, head.signature, signed_words(head.day, head.sha256)):
            yield f"head of {head.day}: its signature is not that of key {head.key}"
        for entry in entries:
            known = chains.get(entry.document, Chains([EMPTY_CHAIN], [EMPTY_CHAIN]))
            if known.snapshots[entry.snapshots : entry.snapshots + 1] != [entry.chain]:
                yield f"head of {head.day}: the snapshots of document {entry.document} are not those signed"
            if known.versions[entry.versions : entry.versions + 1] != [entry.version_chain]:
                yield f"head of {head.day}: the versions of document {entry.document} are not those signed"
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
