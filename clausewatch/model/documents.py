"""What is watched, and what was seen of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


def content_id(*parts: object) -> str:
    """Sixteen hexadecimal digits made from what a thing is, so that any order of arrival gives the same id."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who publishes policies."""

    slug: str  # lower case, ASCII, hyphens
    name: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where a document was found, and from when on. A document keeps its history when its address moves."""

    url: str
    since_at: datetime | None  # None: as far back as anything is known
    until_at: datetime | None  # None: still


@dataclass(frozen=True, slots=True)
class Document:
    """One policy of one vendor."""

    id: str
    vendor: str  # slug
    vendor_name: str
    slug: str
    type: str  # "Privacy Policy", "Terms of Service", ...; unknown types are allowed
    url: str | None = None  # the current address; None for what was imported without one
    render: str = "auto"  # auto, never, always: whether a browser is used
    include: str | None = None  # CSS selectors, optional, never needed
    exclude: str | None = None
    interval_hours: int = 12
    due_at: datetime | None = None  # next crawl; None: never crawled
    etag: str | None = None  # validators of the newest live answer, for conditional requests
    last_modified: str | None = None

    @property
    def name(self) -> str:
        """``vendor/document``, as the command line takes it."""
        return f"{self.vendor}/{self.slug}"


class Source(StrEnum):
    """Where a snapshot came from."""

    LIVE = "live"
    WAYBACK = "wayback"
    WARC = "warc"
    OTA = "ota"
    FILE = "file"


class Fault(StrEnum):
    """Why a snapshot is not the document."""

    BOT_WALL = "bot-wall"
    LOGIN = "login"
    CONSENT_WALL = "consent-wall"
    ERROR_PAGE = "error-page"
    NOT_FOUND = "not-found"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    OTHER_LANGUAGE = "other-language"
    OTHER_REGION = "other-region"
    OTHER_DOCUMENT = "other-document"
    UNREADABLE = "unreadable"
    ARCHIVE_ERROR = "archive-error"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The bytes of a document at a moment; never changed, never lost. The body lies in the blob named ``sha256``."""

    id: str
    document: str  # id of the document
    captured_at: datetime  # when the page looked so
    fetched_at: datetime  # when we got it
    seen_at: datetime  # the last look that found the same bytes; captured_at after the first look
    sightings: int  # looks that found these bytes in a row, a 304 among them
    source: Source
    is_live: bool  # a look of a live crawl, or of an import that was told to act as one
    is_upgrade: bool  # a peer's record made by new extraction rules: no change of the vendor's
    url: str
    status: int | None
    content_type: str | None
    headers: Mapping[str, str]
    sha256: str  # of the body after content-encoding is undone
    size: int  # bytes of that body
    fault: Fault | None = None  # None also where it has not been read yet
    fault_reason: str | None = None
    version: str | None = None  # id of the version that it belongs to


@dataclass(frozen=True, slots=True)
class Look:
    """A snapshot as the timeline sees it: when, what text, and numbers to doubt by."""

    snapshot: str  # id
    captured_at: datetime
    seen_at: datetime
    sightings: int
    is_live: bool
    is_upgrade: bool
    text: str | None  # id of its text; None where it has none
    key: str | None  # Text.key
    fault: Fault | None  # by the page alone
    fault_reason: str | None
    signals: Mapping[str, Any]  # differ.faults.Signals, as stored


@dataclass(frozen=True, slots=True)
class Version:
    """A text of a document that held from its first to its last snapshot."""

    id: str
    document: str
    ordinal: int  # how many earlier versions of the document have the same text: A, B, A gives 0, 0, 1
    first_at: datetime
    last_at: datetime
    snapshots: int
    words: int
    language: str | None
    sha256: str  # of the text
    normaliser: int
