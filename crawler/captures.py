"""From an outcome to what the archive records of it."""

from __future__ import annotations

from collections.abc import Mapping

from archive.snapshots import Capture
from clausewatch.model import Source
from crawler.outcomes import RENDERED_BY, Outcome

KEPT_HEADERS = (
    "content-type", "content-language", "last-modified", "etag", "date", "location", "memento-datetime",
    "x-archive-src", RENDERED_BY,
)  # fmt: skip
"""What is kept of an answer's headers: what dates it and what its bytes are. Nothing that could name a person."""

_ORIGIN = "x-archive-orig-"  # how a Wayback Machine names the headers that the site itself had sent


def capture_of(outcome: Outcome, *, sha256: str, source: Source) -> Capture:
    """What to record of an outcome with a body. ``sha256`` names its blob, which is stored already.

    A playback counts for the moment of its Memento-Datetime, a live page for the moment it was fetched.
    Raises ValueError where there is no body.
    """
    if outcome.body is None or outcome.status is None:
        raise ValueError(f"{outcome.url}: {outcome.error or 'not modified'}: there is nothing to record")
    headers = _kept(outcome.headers)
    return Capture(
        captured_at=outcome.captured_at or outcome.fetched_at, fetched_at=outcome.fetched_at, source=source,
        url=outcome.url, sha256=sha256, size=len(outcome.body), status=outcome.status,
        content_type=headers.get("content-type"), headers=headers, is_live=source is Source.LIVE,
    )  # fmt: skip


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The site's own headers; where an archive played them back, those that it kept rather than those it sent."""
    is_playback = "memento-datetime" in headers
    kept = {}
    for name in KEPT_HEADERS:
        own = headers.get(name) if name != "date" or not is_playback else None
        value = headers.get(_ORIGIN + name) if is_playback else None
        if value or own:
            kept[name] = value or own or ""
    return kept
