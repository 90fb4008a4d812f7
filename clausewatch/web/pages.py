"""Pages from templates: the one Jinja environment of the web, its filters, and the files that pages refer to."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from archive import Archive
from clausewatch.settings import Settings
from clausewatch.web.comparison_list import WrittenFindings
from clausewatch.web.parts import Parts

_ASSETS = {
    "style.css": ("clausewatch.web", "static/style.css", "text/css"),
    "icon.svg": ("clausewatch.web", "static/icon.svg", "image/svg+xml"),
    "comparison.css": ("templates", "diff/comparison.css", "text/css"),  # shared with the stand-alone report
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages refer to. The tag changes with its content, so it may be cached for ever."""

    body: bytes
    media_type: str
    tag: str


class Pages:
    """Renders ``templates/web/``. Everything is escaped; a name that is not given is an error."""

    def __init__(self, public_url: str, *, is_indexed: bool = False) -> None:
        self.public_url = public_url
        self.root = urlsplit(public_url).path.rstrip("/")  # behind a proxy the pages may lie below a path
        self.assets = {name: _asset(*where) for name, where in _ASSETS.items()}
        # autoescape is switched on outright, not by file name: a template may get another
        self.parts: Parts[Markup] = Parts()
        self.findings: Parts[WrittenFindings] = Parts()
        self._jinja = Environment(
            loader=PackageLoader("templates", "."),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,  # it would look at the files of a page's templates for each page
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.globals.update(
            to=self.to, permanent=self.permanent, asset=self.asset, once=self.once, is_indexed=is_indexed
        )
        self._jinja.filters.update(
            day=day, moment=moment, number=number, web_link=web_link, length_of_time=length_of_time
        )

    def render(self, name: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """The page ``templates/web/NAME.html``."""
        template = self._jinja.get_template(f"web/{name}.html")
        return HTMLResponse(template.render(context), status_code=status)

    def part(self, template: str, macro: str, *given: Any) -> Markup:
        """What a macro of a template makes of a view, to be kept and put into pages."""
        made: Markup = getattr(self._jinja.get_template(template).module, macro)(*given)
        return made

    def once(self, macro: str, *given: Hashable) -> Markup:
        """What a macro of ``web/parts.html`` makes of values that never change: rows of a long table are mostly those
        of the page before."""
        kept = self.parts.get((macro, *given))
        return (
            kept if kept is not None else self.parts.keep((macro, *given), self.part("web/parts.html", macro, *given))
        )

    def to(self, *parts: str, **query: str | None) -> str:
        """The address of one of our own pages: parts of its path, quoted, and a query of what is not None."""
        path = self.root + _path(parts)
        asked = urlencode({name: value for name, value in query.items() if value is not None}) if query else ""
        return f"{path}?{asked}" if asked else path

    def permanent(self, *parts: str, **query: str | None) -> str:
        """The whole address of one of our pages, to be cited."""
        return self.public_url.rstrip("/").removesuffix(self.root) + self.to(*parts, **query)

    def asset(self, name: str) -> str:
        return self.to("static", name, v=self.assets[name].tag)


def _asset(package: str, path: str, media_type: str) -> Asset:
    body = files(package).joinpath(path).read_bytes()
    return Asset(body, media_type, hashlib.sha256(body).hexdigest()[:12])


@lru_cache(10_000)  # the same ones again and again
def _path(parts: tuple[str, ...]) -> str:
    return "/" + "/".join(quote(part, safe="") for part in parts)


# by isoformat: a page has hundreds, and strftime takes ten times as long
def day(at: datetime | None) -> str | Markup:
    """A day as people write it in tables."""
    if at is None:
        return "–"
    written = at.isoformat()
    return _time(written, written[:10])


def moment(at: datetime | None) -> str | Markup:
    """A day and a time of day in UTC."""
    if at is None:
        return "–"
    written = at.isoformat()
    return _time(written, f"{written[:10]} {written[11:16]} UTC")


def _time(written: str, shown: str) -> Markup:
    return Markup(f'<time datetime="{written[:19]}Z">{shown}</time>')  # noqa: S704  # digits alone


def length_of_time(length: timedelta) -> str:
    """In hours up to three days, then in days."""
    hours = length / timedelta(hours=1)
    return f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"


def number(count: int) -> str:
    """With a thin space between thousands, which no reader takes for a decimal mark."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def web_link(url: str) -> str | Markup:
    """A link, if the address is one of http(s); otherwise only its text: addresses come from imports too."""
    try:
        scheme = urlsplit(url).scheme.lower()
    except ValueError:  # brackets that hold no IPv6
        return url
    if scheme not in ("http", "https"):
        return url
    return Markup('<a href="{0}" rel="noreferrer nofollow">{0}</a>').format(url)


# asynchronous, since others would each be handed to a thread and back
async def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


async def _archive(request: Request) -> Archive:
    archive: Archive = request.app.state.archive
    return archive


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _now(request: Request) -> datetime:
    now: datetime = request.app.state.now()
    return now


PagesOf = Annotated[Pages, Depends(_pages)]
ArchiveOf = Annotated[Archive, Depends(_archive)]
SettingsOf = Annotated[Settings, Depends(_settings)]
NowOf = Annotated[datetime, Depends(_now)]
