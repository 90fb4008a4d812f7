"""The Wayback Machine's index and playback, read and asked for: the Internet Archive's dialect and pywb's.

Pure: addresses, bodies and headers in, rows and verdicts out. A capture seen by its index is a ``Row`` here, a
response that is played back is a memento (RFC 7089). Facts about the servers: wayback-cdx-server's README, and
recordings of 2020 to 2024 kept by edgi-govdata-archiving/wayback.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urlencode, urljoin, urlsplit

TIMESTAMP = "%Y%m%d%H%M%S"
COLUMNS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
ROWS_A_PAGE = 10_000  # of the 150,000 that the Internet Archive gives at most; one page for nearly every document
WINDOW = timedelta(hours=24)  # how far the nearest capture may lie from the one asked for; EDGI's client does the same
EMPTY_DIGEST = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"  # of no bytes: all redirects without a body share it

_PYWB_NAMES = {"url": "original", "mime": "mimetype", "status": "statuscode"}
_SAFE = "%/:?=&+,;@!$'()*[]~#"  # left as they are in an address put behind the archive's


@dataclass(frozen=True, slots=True)
class Row:
    """One capture as the index lists it."""

    timestamp: str  # 14 digits
    original: str
    status: int | None  # None: a revisit, or a record without one
    mimetype: str
    digest: str  # of the payload as stored: equal bytes have equal digests, not more
    length: int | None = None  # of the stored record

    @property
    def captured_at(self) -> datetime:
        return datetime.strptime(self.timestamp, TIMESTAMP).replace(tzinfo=UTC)

    @property
    def is_revisit(self) -> bool:
        """The payload had been seen before: the bytes are those of an earlier row with the same digest."""
        return self.status is None or self.mimetype == "warc/revisit"

    @property
    def is_sure(self) -> bool:
        """Whether rows with the same digest are the same page: a redirect without a body shares its with all others."""
        return not self.is_redirect and self.digest not in ("", "-", EMPTY_DIGEST)

    @property
    def is_redirect(self) -> bool:
        return self.status is not None and 300 <= self.status < 400


# --- the index ------------------------------------------------------------------------------------------------


def cdx_url(
    archive: str,
    url: str,
    *,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
    resume_key: str | None = None,
) -> str:
    """The query for all captures of an address between two instants, both included. Errors are left out of it.

    ``archive`` without a path is laid out as the Internet Archive; with one it is a collection of pywb.
    """
    # pywb reads a filter as "contains", so that this one drops nothing there; `choose` drops it here
    parameters = {"url": urldefrag(url).url, "output": "json", "filter": "!statuscode:[45].."}
    parameters |= {"limit": str(ROWS_A_PAGE), "showResumeKey": "true"}
    if from_at:
        parameters["from"] = _timestamp(from_at)
    if to_at:
        parameters["to"] = _timestamp(to_at)
    if resume_key:
        parameters["resumeKey"] = unquote(resume_key.replace("+", " "))  # it comes encoded and goes encoded once
    root, collection = _layout(archive)
    path = f"/{collection}/cdx" if collection else "/cdx/search/cdx"
    return f"{root}{path}?{urlencode(parameters)}"


def read_rows(body: bytes) -> tuple[list[Row], str | None]:
    """The rows of an index answer in time order, and the key of the next page or None.

    Reads JSON as one array, JSON a line (pywb), and text. Rows without a real time or a web address are dropped,
    and so are repeated ones. Raises ValueError where the body is no index answer.
    """
    text = body.decode("utf-8", errors="replace").strip()
    if not text:
        return [], None
    if text.startswith("{"):
        values: list[Mapping[str, str]] = [_pywb_row(json.loads(line)) for line in text.splitlines() if line.strip()]
        return _clean(values), None
    table = _table(text)
    if not any(table):
        return [], None
    key = None
    if len(table) >= 2 and not table[-2] and len(table[-1]) == 1:
        table, key = table[:-2], table[-1][0]
    columns = table.pop(0) if table and "timestamp" in table[0] else list(COLUMNS)
    if any(len(cells) != len(columns) for cells in table):
        raise ValueError("the answer is none of a Wayback index")
    return _clean(dict(zip(columns, cells, strict=True)) for cells in table), key


def _table(text: str) -> list[list[str]]:
    if not text.startswith("["):
        return [line.split() for line in text.splitlines()]
    table = json.loads(text)
    if not all(isinstance(cells, list) and all(isinstance(cell, str) for cell in cells) for cells in table):
        raise ValueError("the answer is none of a Wayback index")
    return list(table)


def _pywb_row(values: Mapping[str, Any]) -> dict[str, str]:
    return {_PYWB_NAMES.get(name, name): str(value) for name, value in values.items()}


def _clean(rows: Iterable[Mapping[str, str]]) -> list[Row]:
    known: dict[tuple[str, str, str], Row] = {}
    for values in rows:
        row = _row(values)
        if row is not None:
            known.setdefault((row.timestamp, row.original, row.digest), row)
    return sorted(known.values(), key=lambda row: (row.timestamp, row.original, row.digest))


def _row(values: Mapping[str, str]) -> Row | None:
    timestamp, original = values.get("timestamp", ""), values.get("original", "")
    if not original.lower().startswith(("http://", "https://")):  # mailto:, data: and worse were seen
        return None
    if not _is_time(timestamp):  # months and days of 00 were seen
        return None
    return Row(
        timestamp=timestamp, original=original, status=_number(values.get("statuscode")),
        mimetype=values.get("mimetype", "unk"), digest=values.get("digest", "-"), length=_number(values.get("length")),
    )  # fmt: skip


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


# --- the choice -----------------------------------------------------------------------------------------------

_PERIODS = {"day": "%Y-%m-%d", "week": "%G-%V", "month": "%Y-%m"}
EVERY = (*_PERIODS, "change")


def choose(
    rows: Sequence[Row], *, every: str, from_at: datetime | None = None, to_at: datetime | None = None
) -> list[Row]:
    """The rows to play back, in time order: the first of every day, week or month, or all that differ.

    ``change`` keeps the first and the last row of each run of equal digests, so that a version's last day is known
    too; the last one costs no download. Archived errors are left out. A redirect is kept only where its month
    holds no page: sites that redirect http to https would otherwise double every capture.
    """
    if every not in EVERY:
        raise ValueError(f"{every!r} is no choice of rows; use {', '.join(EVERY)}")
    usable = [
        row
        for row in sorted(rows, key=lambda row: (row.timestamp, row.is_redirect, row.original))
        if (row.status is None or row.status < 400)
        and (from_at is None or row.captured_at >= from_at.replace(microsecond=0))
        and (to_at is None or row.captured_at <= to_at)
    ]
    with_pages = {row.timestamp[:6] for row in usable if not row.is_redirect}
    usable = [row for row in usable if not (row.is_redirect and row.timestamp[:6] in with_pages)]
    if every == "change":
        return _ends_of_runs(usable)
    first: dict[str, Row] = {}
    for row in usable:
        first.setdefault(row.captured_at.strftime(_PERIODS[every]), row)
    return list(first.values())


def _ends_of_runs(rows: Sequence[Row]) -> list[Row]:
    kept = []
    for at, row in enumerate(rows):
        is_first = at == 0 or rows[at - 1].digest != row.digest
        is_last = at + 1 == len(rows) or rows[at + 1].digest != row.digest
        if is_first or is_last:
            kept.append(row)
    return kept


# --- playback -------------------------------------------------------------------------------------------------


class Verdict(StrEnum):
    """What an answer of a playback is."""

    MEMENTO = "memento"  # an archived response; its status is its origin's
    REDIRECT = "redirect"  # an archived redirect, to be followed within the archive
    JUMP = "jump"  # the archive points to the capture nearest in time
    MISSING = "missing"  # nothing is archived near that time
    EXCLUDED = "excluded"  # the archive does not show this address, for ever
    RATE_LIMITED = "rate-limited"
    TROUBLE = "trouble"  # the archive's own failure, or something that must not be believed


@dataclass(frozen=True, slots=True)
class Playback:
    """The verdict, and where it leads: ``original`` at ``timestamp`` is what was seen, or what to ask for next."""

    verdict: Verdict
    original: str
    timestamp: str
    captured_at: datetime | None = None


def playback_url(archive: str, url: str, timestamp: str) -> str:
    """Where the stored bytes of a capture are, not rewritten.

    >>> playback_url("https://web.archive.org", "https://skyforge.example/privacy?a=1", "20190501000000")
    'https://web.archive.org/web/20190501000000id_/https://skyforge.example/privacy?a=1'
    """
    root, collection = _layout(archive)
    return f"{root}/{collection or 'web'}/{timestamp}id_/{quote(urldefrag(url).url, safe=_SAFE)}"


def parse_playback(
    status: int, headers: Mapping[str, str], *, body: bytes, archive: str, asked: str, wanted: str
) -> Playback:
    """What an answer means. ``asked`` is the address last asked for, ``wanted`` the time that it is all for.

    ``headers`` has its names in lower case. Only an answer with Memento-Datetime is an archived one; a capture
    further than WINDOW from ``wanted`` counts as missing.
    """
    location = headers.get("location")
    memento_at = _instant(headers.get("memento-datetime"))
    if memento_at is None:
        return _without_memento(status, headers, body=body, archive=archive, asked=asked, wanted=wanted)
    original = _original(headers) or asked
    if abs(memento_at - _at(wanted)) > WINDOW:
        return Playback(Verdict.MISSING, original, _timestamp(memento_at), memento_at)
    if 300 <= status < 400 and status != 304 and location:
        place = _place(location, archive)
        # pywb leaves the target as the site gave it; the Internet Archive turns it into a playback address
        target = place[1] if place else urldefrag(urljoin(original, location)).url
        return Playback(Verdict.REDIRECT, target, _timestamp(memento_at), memento_at)
    return Playback(Verdict.MEMENTO, original, _timestamp(memento_at), memento_at)


def _without_memento(
    status: int, headers: Mapping[str, str], *, body: bytes, archive: str, asked: str, wanted: str
) -> Playback:
    place = _place(headers.get("location", ""), archive)
    if 300 <= status < 400 and place and _is_time(place[0]):
        is_near = abs(_at(place[0]) - _at(wanted)) <= WINDOW
        return Playback(Verdict.JUMP if is_near else Verdict.MISSING, place[1], place[0])
    if is_exclusion(status, headers) or (status == 200 and b"has been excluded from the Wayback Machine" in body):
        return Playback(Verdict.EXCLUDED, asked, wanted)
    # 400: pywb plays back no redirect of a page to itself; nor will it tomorrow
    verdicts = {400: Verdict.MISSING, 404: Verdict.MISSING, 429: Verdict.RATE_LIMITED}
    return Playback(verdicts.get(status, Verdict.TROUBLE), asked, wanted)


def is_exclusion(status: int, headers: Mapping[str, str]) -> bool:
    """The archive does not show an address: on request of its owner or by an old robots.txt. It stays so."""
    return status == 403 and "AccessControlException" in headers.get("x-archive-wayback-runtime-error", "")


def _layout(archive: str) -> tuple[str, str]:
    """The root of an archive, and the name of its collection where it is a pywb."""
    parts = urlsplit(archive)
    collection = parts.path.strip("/")
    if parts.hostname == "web.archive.org" or collection == "web":
        collection = ""  # as people copy it: https://web.archive.org/web/
    return f"{parts.scheme}://{parts.netloc}", collection


def _place(location: str, archive: str) -> tuple[str, str] | None:
    """Timestamp and original address of a playback address of this archive; None for any other."""
    root, collection = _layout(archive)
    netloc = re.escape(urlsplit(root).netloc)
    pattern = rf"(?:(?:https?:)?//{netloc})?/{re.escape(collection or 'web')}/(\d{{1,14}})(?:[a-z]{{2}}_)?/(.+)"
    match = re.fullmatch(pattern, location.strip(), re.DOTALL)
    return (match[1], urldefrag(match[2]).url) if match else None


def _original(headers: Mapping[str, str]) -> str | None:
    match = re.search(r'<([^>]+)>\s*;\s*rel="?original"?', headers.get("link", ""))
    return match[1] if match else None


def _instant(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None


def _is_time(timestamp: str) -> bool:
    if not re.fullmatch(r"[0-9]{14}", timestamp):
        return False
    try:
        _at(timestamp)
    except ValueError:
        return False
    return True


def _at(timestamp: str) -> datetime:
    return datetime.strptime(timestamp, TIMESTAMP).replace(tzinfo=UTC)


def _timestamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime(TIMESTAMP)
