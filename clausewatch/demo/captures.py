"""What lies in the Wayback stand-in: captures, their keys, and the columns that the CDX server shows of them.

Pure. The address key folds scheme, ``www.`` and case as the Internet Archive's does.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

TIMESTAMP = "%Y%m%d%H%M%S"
EARLIEST = "19960101000000"  # when the Internet Archive began
RECORD_OVERHEAD = 420  # bytes of record headers in a typical WARC; the length column is that of the stored record

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Capture:
    """One row of the index, with the response behind it."""

    original: str
    at: datetime
    status: int
    content_type: str
    headers: tuple[tuple[str, str], ...]  # the origin's, without Content-Type
    body: bytes  # as stored: with its content-encoding, if it has one
    is_revisit: bool = False  # the payload was seen before; its row has no status

    @property
    def urlkey(self) -> str:
        return urlkey(self.original)

    @property
    def timestamp(self) -> str:
        return self.at.astimezone(UTC).strftime(TIMESTAMP)

    @property
    def digest(self) -> str:
        """Base32 SHA-1 of the payload as stored."""
        return base64.b32encode(hashlib.sha1(self.body, usedforsecurity=False).digest()).decode()

    def row(self) -> dict[str, str]:
        """The columns of the CDX server, all of them strings."""
        mimetype = self.content_type.partition(";")[0].strip().lower() or "unk"
        return {
            "urlkey": self.urlkey,
            "timestamp": self.timestamp,
            "original": self.original,
            "mimetype": "warc/revisit" if self.is_revisit else mimetype,
            "statuscode": "-" if self.is_revisit else str(self.status),
            "digest": self.digest,
            "length": str(RECORD_OVERHEAD if self.is_revisit else RECORD_OVERHEAD + len(self.body) // 4),
        }


def urlkey(url: str) -> str:
    """The address as the index sorts it: ``com,example)/privacy?a=1``.

    >>> urlkey("https://WWW.Example.com:443/Privacy/?b=2&a=1#top")
    'com,example)/privacy?a=1&b=2'
    >>> urlkey("http://127.0.0.1:8000/x")
    '127.0.0.1:8000)/x'
    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = re.sub(r"^www\d*\.", "", (parts.hostname or "").lower())
    port = f":{parts.port}" if parts.port not in (None, DEFAULT_PORTS.get(parts.scheme)) else ""
    path = parts.path.lower().rstrip("/") or "/"
    query = "&".join(sorted(parts.query.lower().split("&"))) if parts.query else ""
    return f"{_reversed(host)}{port}){path}" + (f"?{query}" if query else "")


def _reversed(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ",".join(reversed(host.split(".")))


def parse_timestamp(digits: str) -> datetime:
    """The instant that 1 to 14 digits begin with; what is missing or out of range becomes the earliest there is."""
    padded = digits + EARLIEST[len(digits) :]
    year, month, day = int(padded[:4]), int(padded[4:6]), int(padded[6:8])
    year, month = max(year, 1), min(max(month, 1), 12)
    day = min(max(day, 1), calendar.monthrange(year, month)[1])
    hour, minute, second = (int(padded[at : at + 2]) for at in (8, 10, 12))
    return datetime(year, month, day, min(hour, 23), min(minute, 59), min(second, 59), tzinfo=UTC)
