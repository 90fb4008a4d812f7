"""The rules of RFC 4287 for what our feeds may hold, written from its text."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree, html

ATOM = "{http://www.w3.org/2005/Atom}"
# RFC 4287, 3.3: RFC 3339 with an upper case T and Z or an offset
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_URN = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_IN_FEED = {"id", "title", "updated", "author", "generator", "link", "entry"}
_IN_ENTRY = {"id", "title", "updated", "published", "link", "category", "summary", "content"}


def checked_feed(body: bytes) -> etree._Element:
    """The feed, parsed; fails at the first rule that it breaks."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    feed = etree.fromstring(body, parser)
    assert feed.tag == ATOM + "feed"
    _check_children(feed, _IN_FEED, once={"id", "title", "updated", "generator"})
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None, (
        "4.1.1: without an author of its own, each entry needs one"
    )
    _check_text(feed)
    _check_links(feed, wanted={"self", "alternate"})
    entries = feed.findall(ATOM + "entry")
    for entry in entries:
        _check_entry(entry)
    ids = [entry.findtext(ATOM + "id") for entry in entries]
    assert len(set(ids)) == len(ids), "4.1.1: entries with one id would need different updated"
    newest = max((_instant(entry, "updated") for entry in entries), default=_instant(feed, "updated"))
    assert _instant(feed, "updated") >= newest
    return feed


def _check_entry(entry: etree._Element) -> None:
    _check_children(entry, _IN_ENTRY, once={"id", "title", "updated", "published", "summary", "content"})
    _check_text(entry)
    _check_links(entry, wanted={"alternate"})
    assert _instant(entry, "published") <= _instant(entry, "updated")
    assert all(category.get("term") for category in entry.findall(ATOM + "category")), "4.2.2.1"
    content = entry.find(ATOM + "content")
    assert content is not None
    assert content.get("type") == "html"
    assert not len(content), "4.1.3.3: html is text, its markup escaped"
    parsed = html.fragment_fromstring(content.text or "", create_parent="div")
    tags = {element.tag for element in parsed.iter()}
    assert tags <= {"div", "p", "h4", "blockquote"}, f"quotes are text, not markup: {tags}"


def _check_children(element: etree._Element, known: set[str], *, once: set[str]) -> None:
    counts = Counter(str(child.tag).removeprefix(ATOM) for child in element)
    assert set(counts) <= known, set(counts) - known
    assert all(counts[name] == 1 for name in {"id", "title", "updated"}), counts
    assert all(counts[name] <= 1 for name in once), counts


def _check_text(element: etree._Element) -> None:
    assert _URN.fullmatch(element.findtext(ATOM + "id") or ""), "4.2.6: an IRI that never changes"
    assert (element.findtext(ATOM + "title") or "").strip()
    for child in element:
        if str(child.tag).removeprefix(ATOM) in ("title", "summary"):
            assert child.get("type") in (None, "text")
            assert not len(child)


def _check_links(element: etree._Element, *, wanted: set[str]) -> None:
    links = element.findall(ATOM + "link")
    assert {link.get("rel") for link in links} == wanted
    pairs = Counter((link.get("rel"), link.get("type"), link.get("hreflang")) for link in links)
    assert max(pairs.values()) == 1, "4.1.1: no two alternates of one type and language"
    for link in links:
        parts = urlsplit(link.get("href") or "")
        assert parts.scheme in ("http", "https")
        assert parts.hostname


def _instant(element: etree._Element, name: str) -> datetime:
    text = element.findtext(ATOM + name) or ""
    assert _INSTANT.fullmatch(text), text
    return datetime.fromisoformat(text)
