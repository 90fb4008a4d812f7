"""What the API lists, one dataclass a thing, for OpenAPI to describe; ``clausewatch.jobs.export`` fills them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VendorRow:
    """A vendor and how many of its documents are kept."""

    vendor: str
    vendor_name: str
    documents: int


@dataclass(frozen=True, slots=True)
class AddressRow:
    """Where a document was found; null: as far back as anything is known, or still."""

    url: str
    since_at: str | None
    until_at: str | None


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document, how much of it there is, and how well it was watched; null: never by a live look, or no gap."""

    id: str
    vendor: str
    vendor_name: str
    document: str
    document_type: str
    url: str | None
    addresses: list[AddressRow]
    versions: int
    faults: int
    first_at: str | None
    last_at: str | None
    watched_from_at: str | None
    watched_to_at: str | None
    gaps: int
    longest_gap_hours: float | None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version without its text."""

    vendor: str
    document: str
    id: str
    first_at: str
    last_at: str
    snapshots: int
    words: int
    language: str | None
    sha256: str
    normaliser: int


@dataclass(frozen=True, slots=True)
class VersionWithText(VersionRow):
    """A version and its text; ``sha256`` is that of the text in UTF-8."""

    text: str


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """The bytes of a document at a moment; ``fault`` says why they are not the document, ``version`` whose text they
    show, null for none."""

    vendor: str
    document: str
    id: str
    captured_at: str
    source: str
    url: str
    status: int
    bytes: int
    sha256: str
    fault: str | None
    fault_reason: str | None
    version: str | None
    seen_at: str
    sightings: int
