"""Where a page leads: its links with their words, frames and forwards, and addresses that its scripts name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urljoin, urlsplit

from differ.normalise.sniff import decode

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MOST_SCRIPT_CHARACTERS = 2_000_000
_NO_PAGE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|css|js|zip|mp4|xml|json|ico|docx?|xlsx?)$", re.IGNORECASE)
_FORWARD = re.compile(r"^\s*[\d.]+\s*[;,]\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)
_ON_CLICK = re.compile(r"(?:location(?:\.href)?\s*=|\.(?:assign|open)\(|location\.replace\()\s*['\"]([^'\"]+)['\"]")
_IN_SCRIPT = re.compile(r"""["'](?=[^"']*\w)(?:https?:\\?/\\?/[^"'\s\\<>]+|\\?/)(?:[\w.~%?=&-]|\\?/){1,200}["']""")


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page. ``words`` are empty where an image, a frame or a script is all there is."""

    url: str  # without a fragment
    words: str = ""
    relation: str = ""
    how: str = "link"  # link, frame, forward, script


def links_of_page(body: bytes, url: str, *, content_type: str | None = None) -> list[Link]:
    """The links of a page to other pages, in its order, those that its scripts name last; none of what is no page."""
    from lxml import etree, html

    text = decode(body, content_type=content_type)  # lxml takes a page that names no encoding for Latin-1
    try:
        root = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, ValueError):
        return []
    base = urljoin(url, next((each.get("href") or "" for each in root.iter("base")), ""))
    found = [*_links(root), *_in_scripts(root)]
    absolute = ((address_of(base, href), link) for href, link in found)
    return [Link(address, link.words, link.relation, link.how) for address, link in absolute if address]


def address_of(base: str, href: str) -> str | None:
    """The absolute address without its fragment; None for what is none of a page."""
    try:
        address = urldefrag(urljoin(base, href.strip())).url
        parts = urlsplit(address)
    except ValueError:
        return None
    is_page = href != "#" and parts.scheme in ("http", "https") and parts.hostname and not _NO_PAGE.search(parts.path)
    return address if is_page else None


def _links(root: HtmlElement) -> Iterator[tuple[str, Link]]:
    for element in root.iter("a", "area", "link", "frame", "iframe", "meta", "button"):
        match element.tag:
            case "a" | "area":
                yield element.get("href") or "#", Link("", _words(element), element.get("rel") or "")
            case "link" if element.get("rel"):
                yield element.get("href") or "#", Link("", "", element.get("rel"))
            case "frame" | "iframe":
                yield element.get("src") or "#", Link("", _one_line(element.get("title")), how="frame")
            case "meta" if (element.get("http-equiv") or "").lower() == "refresh":
                if forward := _FORWARD.match(element.get("content") or ""):
                    yield forward[1], Link("", how="forward")
            case "button":
                if click := _ON_CLICK.search(element.get("onclick") or ""):
                    yield click[1], Link("", _words(element))


def _words(element: Any) -> str:
    """What a reader sees, else what one who cannot see is told."""
    images = [image.get("alt") for image in element.iter("img")]
    told = (element.xpath("string()"), element.get("aria-label"), element.get("title"), element.get("alt"), *images)
    return next(filter(None, map(_one_line, told)), "")


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _in_scripts(root: HtmlElement) -> Iterator[tuple[str, Link]]:
    """Addresses in quotes: a page that a script builds has its links there."""
    scripts = "\n".join(str(each.text or "") for each in root.iter("script"))[:MOST_SCRIPT_CHARACTERS]
    for found in dict.fromkeys(match[0] for match in _IN_SCRIPT.finditer(scripts)):
        yield found[1:-1].replace("\\/", "/"), Link("", how="script")
