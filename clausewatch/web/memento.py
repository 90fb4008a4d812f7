"""Memento (RFC 7089): ask for an address and a day, and be led to the version in force then. Addresses come as people
know the page: with or without ``www.``, by http or https, under any address at which the document ever stood."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Header, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy import Connection

from archive.documents import get_by_address
from archive.takedowns import refuse_taken_at
from archive.versions import list_versions
from clausewatch.errors import NotFound, UsageError
from clausewatch.model import Document, Version
from clausewatch.settings import Settings
from clausewatch.web.api import FAILURES
from clausewatch.web.browse import version_page
from clausewatch.web.pages import ArchiveOf, PagesOf, SettingsOf

router = APIRouter(responses=FAILURES, tags=["memento"])

LINK_FORMAT = "application/link-format"
_PAGE: dict[str, Any] = {"content": {"text/html": {}}}
_LEADS: dict[int | str, dict[str, Any]] = {302: {"description": "Where the version stands"}}
_LISTS: dict[int | str, dict[str, Any]] = {200: {"description": "The versions", "content": {LINK_FORMAT: {}}}}
_SHOWS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The version", **_PAGE},
    **_LEADS,
    **{status: {"description": "A page that says so", **_PAGE} for status in FAILURES},
}
_TIMESTAMP = "%Y%m%d%H%M%S"
_KEPT = "%/:?=&+,;@!$'()*[]~#"  # of the address, in an address of ours


@dataclass(frozen=True, slots=True)
class Timeline:
    """An address that was asked for, the document that stood there, and its versions, oldest first: never none."""

    original: str
    document: Document
    versions: tuple[Version, ...]
    public_url: str

    @property
    def timegate(self) -> str:
        return self._ours("timegate")

    def timemap(self, form: str = "link") -> str:
        return self._ours(f"timemap/{form}")

    def memento(self, version: Version) -> str:
        return self._ours(f"memento/{version.first_at:{_TIMESTAMP}}")

    def in_force(self, at: datetime) -> Version:
        """The version in force then: the last that was first seen by that second. Before the first, the first."""
        known = bisect_right([version.first_at.replace(microsecond=0) for version in self.versions], at)
        return self.versions[max(known - 1, 0)]

    def _ours(self, path: str) -> str:
        return f"{self.public_url}/{path}/{quote(self.original, safe=_KEPT)}"


@router.get(
    "/timegate/{url:path}", summary="Leads to the version of an address that was in force at Accept-Datetime",
    status_code=302, response_class=Response, responses=_LEADS,
)  # fmt: skip
def timegate(
    request: Request, archive: ArchiveOf, settings: SettingsOf, accept_datetime: Annotated[str | None, Header()] = None
) -> Response:
    wanted = _instant(accept_datetime) if accept_datetime else datetime.max.replace(tzinfo=UTC)
    with archive.read() as connection:
        timeline = _timeline(connection, _asked(request, "/timegate/"), settings)
        version = _not_taken(connection, timeline, wanted)
    headers = {
        "Location": timeline.memento(version),
        "Vary": "accept-datetime",
        "Link": ", ".join(_relations(timeline)),
    }
    return Response(status_code=302, headers=headers)


@router.get(
    "/timemap/link/{url:path}", summary="All versions of an address as links", response_class=Response,
    responses=_LISTS,
)  # fmt: skip
def timemap(request: Request, archive: ArchiveOf, settings: SettingsOf) -> Response:
    with archive.read() as connection:
        timeline = _timeline(connection, _asked(request, "/timemap/link/"), settings)
    first, last = timeline.versions[0].first_at, timeline.versions[-1].first_at
    own = f'<{timeline.timemap()}>; rel="self"; type="{LINK_FORMAT}"; from="{_http(first)}"; until="{_http(last)}"'
    links = [_link(timeline.original, "original"), own, _link(timeline.timegate, "timegate")]
    links += [_memento_link(timeline, at) for at in range(len(timeline.versions))]
    return Response(",\n".join(links) + "\n", media_type=LINK_FORMAT)


@router.get("/timemap/json/{url:path}", summary="All versions of an address as JSON")
def timemap_as_json(request: Request, archive: ArchiveOf, settings: SettingsOf) -> JSONResponse:
    with archive.read() as connection:
        timeline = _timeline(connection, _asked(request, "/timemap/json/"), settings)
    listed = [
        {"datetime": f"{version.first_at:%Y-%m-%dT%H:%M:%SZ}", "uri": timeline.memento(version)}
        for version in timeline.versions
    ]
    body: dict[str, Any] = {
        "original_uri": timeline.original,
        "timegate_uri": timeline.timegate,
        "timemap_uri": {"link_format": timeline.timemap(), "json_format": timeline.timemap("json")},
        "mementos": {"first": listed[0], "last": listed[-1], "list": listed},
    }
    return JSONResponse(body)


@router.get(
    "/memento/{timestamp}/{url:path}", summary="A version of an address, as a page", response_class=HTMLResponse,
    responses=_SHOWS,
)  # fmt: skip
def memento(timestamp: str, request: Request, pages: PagesOf, archive: ArchiveOf, settings: SettingsOf) -> Response:
    at = _timestamp(timestamp)
    with archive.read() as connection:
        timeline = _timeline(connection, _asked(request, f"/memento/{timestamp}/"), settings)
        version = _not_taken(connection, timeline, at)
    if version.first_at.replace(microsecond=0) != at:  # every version has one address
        return Response(status_code=302, headers={"Location": timeline.memento(version)})
    _, page = version_page(pages, archive, version.id)
    page.headers["Memento-Datetime"] = _http(version.first_at)
    page.headers["Link"] = ", ".join(_relations(timeline, version))
    return page


def _asked(request: Request, prefix: str) -> str:
    """The address behind ``prefix``, its query included, as it was spelled."""
    path = request.scope.get("raw_path") or request.url.path.encode()
    asked = path.decode("latin-1").partition("?")[0].partition(prefix)[2]
    if not asked.startswith(("http://", "https://")):
        asked = unquote(asked)  # some clients encode the whole of it
    for scheme in ("http:/", "https:/"):  # some proxies make one slash of two
        if asked.startswith(scheme) and not asked.startswith(f"{scheme}/"):
            asked = f"{scheme}/{asked.removeprefix(scheme)}"
    if not asked.startswith(("http://", "https://")):
        asked = f"http://{asked}"
    return f"{asked}?{request.url.query}" if request.url.query else asked


def _timeline(connection: Connection, original: str, settings: Settings) -> Timeline:
    document = get_by_address(connection, original)
    versions = tuple(list_versions(connection, document))
    if not versions:
        refuse_taken_at(connection, document, None, since=None)
        raise NotFound(f"{original}: is watched, but no version of it is kept yet")
    return Timeline(original, document, versions, settings.public_url)


def _not_taken(connection: Connection, timeline: Timeline, at: datetime) -> Version:
    """The version in force then. Raises Gone where that was taken down."""
    version = timeline.in_force(at)
    refuse_taken_at(connection, timeline.document, at, since=version.first_at)
    return version


def _relations(timeline: Timeline, version: Version | None = None) -> list[str]:
    """The links of an answer: to the original, to the timegate and the map, to the first and last version, and to the
    neighbours of ``version``."""
    links = [
        _link(timeline.original, "original"),
        _link(timeline.timegate, "timegate"),
        f'<{timeline.timemap()}>; rel="timemap"; type="{LINK_FORMAT}"',
    ]
    at = timeline.versions.index(version) if version else None
    near = {0, len(timeline.versions) - 1} | ({at - 1, at, at + 1} if at is not None else set())
    return links + [
        _memento_link(timeline, each, beside=at) for each in sorted(near & set(range(len(timeline.versions))))
    ]


def _memento_link(timeline: Timeline, at: int, *, beside: int | None = None) -> str:
    """The link to the version at that place, seen from the one ``beside`` it."""
    words = ["first"] * (at == 0) + ["last"] * (at == len(timeline.versions) - 1)
    if beside is not None:
        words += {-1: ["prev"], 1: ["next"]}.get(at - beside, [])
    version = timeline.versions[at]
    rel = " ".join([*words, "memento"])
    return f'<{timeline.memento(version)}>; rel="{rel}"; datetime="{_http(version.first_at)}"'


def _link(url: str, rel: str) -> str:
    return f'<{quote(url, safe=_KEPT)}>; rel="{rel}"'


def _http(at: datetime) -> str:
    return format_datetime(at.replace(microsecond=0), usegmt=True)


def _instant(header: str) -> datetime:
    try:
        at = parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise UsageError("Accept-Datetime: is no date of HTTP; write it as in Thu, 31 May 2007 20:35:00 GMT") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _timestamp(text: str) -> datetime:
    try:
        if len(text) != 14 or not text.isascii() or not text.isdigit():
            raise ValueError
        return datetime.strptime(text, _TIMESTAMP).replace(tzinfo=UTC)
    except ValueError:
        raise NotFound(f"{text[:40]}: is no time of a version; write it in 14 digits, as in 20190503000000") from None
