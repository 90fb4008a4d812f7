"""Atom documents (RFC 4287) as bytes. What stands in them, others decide. Same input, same bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from clausewatch.instants import rfc3339

NAMESPACE = "http://www.w3.org/2005/Atom"
AUTHOR = "Clausewatch"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was told. The id never changes; ``html`` is markup already."""

    id: str
    title: str
    address: str
    updated_at: datetime
    summary: str
    html: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """Entries, newest first; the feed stands at ``address`` and goes with the page ``page``."""

    id: str
    title: str
    address: str
    page: str
    updated_at: datetime
    entries: Sequence[Entry]


def atom(feed: Feed) -> bytes:
    """The feed as UTF-8. Characters that XML cannot hold are left out."""
    root = etree.Element(_name("feed"), nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # its stubs know no default
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "updated", rfc3339(feed.updated_at))
    _add(_add(root, "author"), "name", AUTHOR)
    _add(root, "generator", AUTHOR)
    _add(root, "link", rel="self", type="application/atom+xml", href=feed.address)
    _add(root, "link", rel="alternate", type="text/html", href=feed.page)
    for entry in feed.entries:
        _add_entry(root, entry)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _add_entry(root: etree._Element, entry: Entry) -> None:
    element = _add(root, "entry")
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    _add(element, "updated", rfc3339(entry.updated_at))
    _add(element, "published", rfc3339(entry.updated_at))
    _add(element, "link", rel="alternate", type="text/html", href=entry.address)
    for category in entry.categories:
        _add(element, "category", term=category)
    _add(element, "summary", entry.summary)
    _add(element, "content", entry.html, type="html")


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    values = {key: _NO_XML.sub("", value) for key, value in attributes.items()}
    element = etree.SubElement(parent, _name(name), values)
    if text is not None:
        element.text = _NO_XML.sub("", text)
    return element


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
