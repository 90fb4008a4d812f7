"""A stand-in for the Wayback Machine on loopback: captures go in, CDX rows and playback come out in its dialect.

Only what a backfill meets is there: no timemaps, no Save Page Now. The CDX dialect itself is in ``demo.cdx``.
"""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Literal, Self
from urllib.parse import unquote, urljoin

from clausewatch.demo import cdx
from clausewatch.demo.captures import Capture, parse_timestamp, urlkey
from clausewatch.demo.server import LoopbackServer, Reply, Request

HTML = "text/html; charset=utf-8"
PLAIN = ("Content-Type", "text/plain")
PLAYBACK = re.compile(r"/web/(\d{1,14})([a-z]{2}_)?/(.+)", re.DOTALL)

EXCLUDED_BY_REQUEST = "AdministrativeAccessControlException: Blocked Site Error"
EXCLUDED_BY_ROBOTS = "RobotAccessControlException: Blocked By Robots"


@dataclass
class WaybackStandIn(LoopbackServer):
    """Answers ``/cdx/search/cdx`` and ``/web/TIMESTAMP[id_]/URL`` as the Internet Archive does.

    A test writes::

        with WaybackStandIn() as archive:
            archive.add("https://example.com/privacy", datetime(2019, 5, 1, tzinfo=UTC), b"<h1>Privacy</h1>")
            fetch(archive.url + "/cdx/search/cdx?url=example.com/privacy&output=json")
    """

    repeats_rows: bool = False  # the index lists some captures several times
    location_form: Literal["absolute", "host", "path"] = "absolute"  # of archived redirects; all three were seen
    _captures: list[Capture] = field(default_factory=list, repr=False)
    _excluded: dict[str, str] = field(default_factory=dict, repr=False)
    _allowance: int | None = field(default=None, repr=False)
    _retry_after: str | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """What CLAUSEWATCH_WAYBACK_URL is set to."""
        return self.root

    def add(
        self,
        url: str,
        at: datetime,
        body: str | bytes,
        *,
        status: int = 200,
        content_type: str = HTML,
        headers: Mapping[str, str] | None = None,
    ) -> Capture:
        """Archives a response. ``headers`` are the origin's, such as Location or Content-Encoding.

        Names that differ in case alone are sent as two headers, as the Archive does with encodings at times.
        """
        data = body.encode() if isinstance(body, str) else body
        return self._keep(Capture(url, at, status, content_type, tuple((headers or {}).items()), data))

    def add_revisit(self, url: str, at: datetime, *, of: datetime | None = None) -> Capture:
        """Archives that the same payload was seen again: the one of ``of``, else the newest before ``at``."""
        with self.lock:
            earlier = [c for c in self._captures if c.urlkey == urlkey(url) and (c.at == of if of else c.at < at)]
        if not earlier:
            raise ValueError(f"{url}: nothing was archived {f'at {of}' if of else f'before {at}'} to be seen again")
        first = earlier[-1]
        return self._keep(
            Capture(url, at, first.status, first.content_type, first.headers, first.body, is_revisit=True)
        )

    def exclude(self, url: str, *, by_robots: bool = False) -> None:
        """Shuts an address, as the Archive does on request of its owner: 403 for the index, a notice for playback."""
        with self.lock:
            self._excluded[urlkey(url)] = EXCLUDED_BY_ROBOTS if by_robots else EXCLUDED_BY_REQUEST

    def limit(self, requests: int | None, *, retry_after: str | None = None) -> None:
        """429 to everything after so many more requests; None lifts it. The Archive sends no Retry-After of late."""
        with self.lock:
            self._allowance, self._retry_after = requests, retry_after

    def start(self) -> Self:
        super().start()
        return self

    def respond(self, request: Request) -> Reply:
        if not self._spend():
            wait = (("Retry-After", self._retry_after),) if self._retry_after else ()
            return Reply(429, b"Too Many Requests\n", (PLAIN, *wait))
        if request.path == "/cdx/search/cdx":
            return self._index(request)
        if match := PLAYBACK.fullmatch(request.target):
            return self._play_back(match[1], match[2] or "", requested_url(match[3]))
        return Reply(404, b"Not Found\n", (PLAIN,))

    def _keep(self, capture: Capture) -> Capture:
        with self.lock:
            self._captures.append(capture)
            self._captures.sort(key=lambda c: (c.urlkey, c.timestamp))
        return capture

    def _spend(self) -> bool:
        with self.lock:
            if self._allowance is None:
                return True
            self._allowance -= 1
            return self._allowance >= 0

    def _index(self, request: Request) -> Reply:
        try:
            query = cdx.read_query(request.query)
        except cdx.BadQuery as error:
            return Reply(400, f"{error}\n".encode(), (PLAIN,))
        if reason := self._excluded.get(urlkey(query.url)):
            error_name = f"org.archive.util.io.RuntimeIOException: org.archive.wayback.exception.{reason}"
            headers = (PLAIN, ("X-Archive-Wayback-Runtime-Error", error_name))
            return Reply(403, f"{error_name}\n".encode(), headers)
        with self.lock:
            rows = [capture.row() for capture in self._captures]
        if self.repeats_rows:
            rows = [row for row in rows for _ in range(2)]
        content_type = "application/json" if query.is_json else "text/plain"
        return _compressed(request, cdx.answer_query(rows, query).encode(), content_type)

    def _play_back(self, timestamp: str, modifier: str, url: str) -> Reply:
        key = urlkey(url)
        if key in self._excluded:
            return _page(200, "Wayback Machine", "Sorry. This URL has been excluded from the Wayback Machine.")
        with self.lock:
            captures = [capture for capture in self._captures if capture.urlkey == key]
        if not captures:
            return _page(404, "Wayback Machine", f"Wayback Machine has not archived that URL: {html.escape(url)}")
        wanted_at = parse_timestamp(timestamp)
        nearest = min(captures, key=lambda c: (abs(c.at - wanted_at), c.original != url))
        if nearest.timestamp != timestamp:
            place = f"{self.root}/web/{nearest.timestamp}{modifier}/{nearest.original}"
            reason = f"found capture at {nearest.timestamp}"
            return Reply(302, b"", (("Location", place), ("X-Archive-Redirect-Reason", reason), PLAIN))
        return self._memento(nearest, captures, modifier)

    def _memento(self, capture: Capture, captures: list[Capture], modifier: str) -> Reply:
        """An archived response: its status is the origin's, and Memento-Datetime says that it is one."""
        headers = [
            ("Content-Type", capture.content_type),
            ("Memento-Datetime", _http_date(capture.at)),
            ("Link", self._links(capture, captures)),
            ("X-Archive-Src", f"STANDIN-{capture.timestamp[:8]}-00000.warc.gz"),
            ("X-Archive-Orig-Content-Type", capture.content_type),
            *((f"X-Archive-Orig-{name}", value) for name, value in capture.headers),
            *((name, value) for name, value in capture.headers if name.lower() == "content-encoding"),
        ]
        location = {name.lower(): value for name, value in capture.headers}.get("location")
        if location is None:
            body = capture.body if modifier == "id_" else _with_toolbar(capture)
            return Reply(capture.status, body, tuple(headers))
        if modifier != "id_":
            return _page(
                200, "Internet Archive Wayback Machine", f"Got an HTTP {capture.status} response at crawl time"
            )
        target = urljoin(capture.original, location)
        start = {"absolute": self.root, "host": f"//{self.host}", "path": ""}[self.location_form]
        headers.append(("Location", f"{start}/web/{capture.timestamp}{modifier}/{target}"))
        return Reply(capture.status, capture.body, tuple(headers))

    def _links(self, capture: Capture, captures: list[Capture]) -> str:
        original, at = capture.original, captures.index(capture)
        links = [
            f'<{original}>; rel="original"',
            f'<{self.root}/web/timemap/link/{original}>; rel="timemap"; type="application/link-format"',
            f'<{self.root}/web/{original}>; rel="timegate"',
        ]
        named = {"first": 0, "prev": at - 1, "next": at + 1, "last": len(captures) - 1}
        for name, index in named.items():
            if 0 <= index < len(captures):
                other = captures[index]
                place = f"{self.root}/web/{other.timestamp}/{other.original}"
                links.append(f'<{place}>; rel="{name} memento"; datetime="{_http_date(other.at)}"')
        return ", ".join(links)


def requested_url(raw: str) -> str:
    """The address behind the timestamp: percent-encoded as a whole, with one slash, or without a scheme."""
    url = unquote(raw) if re.match(r"https?%3A", raw, re.IGNORECASE) else raw
    if match := re.match(r"(https?):/+(?=[^/])", url):
        return f"{match[1]}://{url[match.end() :]}"
    return f"http://{url}"


def _compressed(request: Request, body: bytes, content_type: str) -> Reply:
    """Index answers are gzip unless the client cannot read it or says ``gzip=false``."""
    headers = (("Content-Type", content_type),)
    can = "gzip" in request.headers.get("Accept-Encoding", "")
    if not can or dict(request.query).get("gzip") == "false":
        return Reply(200, body, headers)
    return Reply(200, gzip.compress(body, mtime=0), (*headers, ("Content-Encoding", "gzip")))


def _with_toolbar(capture: Capture) -> bytes:
    """What a browser gets: rewritten, another text at every timestamp. Backfills must ask for ``id_``."""
    if not capture.content_type.startswith("text/html"):
        return capture.body
    toolbar = f'<div id="wm-ipp-base">Capture of {_http_date(capture.at)}</div>'.encode()
    return re.sub(rb"(<body[^>]*>)", lambda match: match[1] + toolbar, capture.body, count=1)


def _page(status: int, title: str, text: str) -> Reply:
    body = f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    return Reply(status, body.encode(), (("Content-Type", HTML),))


def _http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
