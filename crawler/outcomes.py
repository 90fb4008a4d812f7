"""What is asked of a crawl and what comes of it, with the JSON lines that pass between parent and child.

Standard library only: both processes read it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from crawler.rules import Rules

RETRY_STATUSES = (408, 500, 502, 503, 504, 522, 524)  # what may pass by itself; 429 is a pause, never a retry
RENDERED_BY = "x-clausewatch-rendered"  # a header of ours: which browser wrote the body
DEFAULT_PAUSE_SECONDS = 60.0  # the Internet Archive sends no Retry-After; a minute is what it asked for
LONGEST_PAUSE_SECONDS = 24 * 3600.0  # a Retry-After beyond a day is taken for a day: the document stays watched


class FetchKind(StrEnum):
    LIVE = "live"  # a page as its vendor serves it now
    RENDERED = "rendered"  # such a page as a browser shows it
    INDEX = "cdx"  # a list of what the Wayback Machine holds
    PLAYBACK = "playback"  # a page as the Wayback Machine holds it


class ErrorKind(StrEnum):
    """Why there is no page. ``http`` and ``rate-limited`` come with the answer that was given."""

    ROBOTS = "robots"  # robots.txt disallows it
    ROBOTS_UNREADABLE = "robots-unreadable"  # robots.txt answers an error, which closes the site for now
    FORBIDDEN = "forbidden"  # the guard refused the address
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    INCOMPLETE = "incomplete"  # the answer ended early or was none of HTTP
    ENCODING = "encoding"  # the body is not what Content-Encoding says
    TOO_LARGE = "too-large"
    REDIRECTS = "redirects"  # too many, or in a circle
    HTTP = "http"  # a status of 400 or more
    RATE_LIMITED = "rate-limited"  # the host asked for a pause
    BUSY = "busy"  # another crawl asks the host at the moment
    MISSING = "missing"  # the archive holds nothing near that time
    EXCLUDED = "excluded"  # the archive does not show that address, for ever
    ARCHIVE = "archive"  # the archive failed or answered with something that is no capture
    NO_BROWSER = "no-browser"  # the page is to be rendered, and there is nothing here to do it with
    CRASHED = "crashed"  # the child process ended without an outcome


_RETRYABLE = {
    ErrorKind.DNS, ErrorKind.CONNECT, ErrorKind.TIMEOUT, ErrorKind.INCOMPLETE, ErrorKind.RATE_LIMITED,
    ErrorKind.ARCHIVE, ErrorKind.CRASHED, ErrorKind.ROBOTS_UNREADABLE, ErrorKind.BUSY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fetch:
    """One thing to fetch. ``id`` is the caller's and comes back with the outcome."""

    id: str
    url: str  # of the page; for a playback the original address, for an index query the whole query
    kind: FetchKind = FetchKind.LIVE
    etag: str | None = None  # validators of the answer that the caller holds, ...
    last_modified: str | None = None
    held_url: str | None = None  # ... and the address that gave it, after redirects; None: ``url``
    held_sha256: str | None = None  # of the page that the caller holds: the same bytes are not handed over again
    timestamp: str | None = None  # of a playback, 14 digits


@dataclass(frozen=True, slots=True)
class Hop:
    """A redirect that was followed: ``url`` answered ``status`` and pointed to ``location``."""

    url: str
    status: int
    location: str


@dataclass(frozen=True)
class Outcome:
    """What came of a fetch: a page, "not modified", or an error.

    ``error`` is None where there is a page or a 304. With ``http`` and ``rate-limited`` the answer's status,
    headers and body are there too.
    """

    id: str
    url: str  # the one that answered in the end; for a playback the original address of the capture
    fetched_at: datetime
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes | None = field(default=None, repr=False)  # content-encoding undone; None: no answer, or unchanged
    is_held: bool = False  # the answer has the very bytes that the caller holds, which are left out
    hops: tuple[Hop, ...] = ()
    captured_at: datetime | None = None  # of a playback, from Memento-Datetime
    error: str | None = None  # one line for people
    error_kind: ErrorKind | None = None
    retry_after_seconds: float | None = None
    was_asked: bool = True  # False: the site wanted a pause, or the batch ended before its turn came; nothing is known

    @property
    def is_unchanged(self) -> bool:
        """The page that the caller holds is still the one served: by a 304, or byte for byte."""
        return (self.status == 304 or self.is_held) and self.error is None

    @property
    def retryable(self) -> bool:
        """Whether the same fetch may do better later."""
        if self.error_kind is ErrorKind.HTTP:
            return self.status in RETRY_STATUSES
        return self.error_kind in _RETRYABLE


@dataclass(frozen=True, slots=True)
class Plan:
    """What a child process needs to know beside the fetches."""

    spider: str  # live, rendered, wayback
    agent: str  # User-Agent
    folder: str  # where bodies are handed over
    allow_hosts: tuple[str, ...]
    wayback_url: str
    fetch_timeout_seconds: float
    max_bytes: int
    allowed_delay_seconds: float = 0.0  # the least rest of the hosts in ``allow_hosts``; 0: none, at any pace of theirs
    chromium: str = ""  # the browser's command, where the operator chose one
    turns_fd: int | None = None  # the child's end of a socket on which its parent hands out turns; see crawler.turns
    lanes_fd: int | None = None  # of one on which it takes lanes of hosts; see crawler.permits
    hosts: tuple[str, ...] = ()  # whose lanes it holds already
    lanes_until: float = math.inf  # by clausewatch.clock; what it says later holds
    paused_seconds: Mapping[str, float] = field(default_factory=dict)  # sites that want to be left alone
    rules: Mapping[str, Rules] = field(default_factory=dict)  # robots.txt files that need not be asked for


def write_plan(plan: Plan, fetches: Sequence[Fetch]) -> bytes:
    """The child's standard input: the plan, a fetch a line, an empty line."""
    lines = [json.dumps(asdict(plan)), *(json.dumps(asdict(fetch)) for fetch in fetches), "", ""]
    return "\n".join(lines).encode()


def read_plan(line: bytes) -> Plan:
    values = json.loads(line)
    values |= {name: tuple(values[name]) for name in ("allow_hosts", "hosts")}
    return Plan(**values | {"rules": {site: Rules(**rules) for site, rules in values["rules"].items()}})


def read_fetch(line: bytes) -> Fetch:
    values = json.loads(line)
    return Fetch(**values | {"kind": FetchKind(values["kind"])})


def write_outcome(outcome: Outcome, *, body_name: str | None) -> bytes:
    """One line. The body lies in the plan's folder under ``body_name``."""
    values: dict[str, Any] = {
        "id": outcome.id, "url": outcome.url, "status": outcome.status, "headers": dict(outcome.headers),
        "hops": [asdict(hop) for hop in outcome.hops], "fetched_at": outcome.fetched_at.isoformat(),
        "captured_at": outcome.captured_at.isoformat() if outcome.captured_at else None, "error": outcome.error,
        "error_kind": outcome.error_kind, "retry_after_seconds": outcome.retry_after_seconds, "body": body_name,
        "is_held": outcome.is_held, "was_asked": outcome.was_asked,
    }  # fmt: skip
    return json.dumps(values).encode() + b"\n"


def read_outcome(line: bytes, folder: Path) -> Outcome:
    """The outcome with its body, whose file is removed."""
    values = json.loads(line)
    path = folder / values["body"] if values["body"] else None
    outcome = Outcome(
        id=values["id"], url=values["url"], status=values["status"], headers=values["headers"],
        hops=tuple(Hop(**hop) for hop in values["hops"]), fetched_at=datetime.fromisoformat(values["fetched_at"]),
        captured_at=datetime.fromisoformat(values["captured_at"]) if values["captured_at"] else None,
        error=values["error"], error_kind=ErrorKind(values["error_kind"]) if values["error_kind"] else None,
        retry_after_seconds=values["retry_after_seconds"], body=path.read_bytes() if path else None,
        is_held=values["is_held"], was_asked=values["was_asked"],
    )  # fmt: skip
    if path:
        path.unlink()
    return outcome


def read_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, given in seconds or as a day and time; None where it says nothing.

    >>> from datetime import UTC, datetime
    >>> now = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
    >>> read_retry_after("120", now=now), read_retry_after("Wed, 01 May 2024 12:01:00 GMT", now=now)
    (120.0, 60.0)
    """
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        try:
            until_at = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = (until_at.replace(tzinfo=until_at.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_PAUSE_SECONDS)
