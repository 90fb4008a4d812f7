"""Where a page that is no longer the document says that it went: by a refresh, its canonical address, or in words.
Pure; whether the document stands there is for ``moving`` to see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import differ
from archive.addresses import page_of
from archive.readings import Read
from clausewatch.jobs.links import Link, address_of, links_of_page
from clausewatch.jobs.naming import document_type_of, registered_domain
from clausewatch.jobs.rendering import has_words
from clausewatch.model import BlockKind, Document, Fault, Text

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from scrapy.http import HtmlResponse


MOST_POINTERS = 3
"""Addresses that are tried of one page."""
SOONEST_SECONDS = 10
"""A refresh after longer is no way on: pages with news reload themselves, and sessions end."""
FEW_WORDS = 120
"""A page with fewer words of its own may be a note that the policy went elsewhere."""
_MANY_WORDS = 1000  # no note has so many around it, menus and all
_LONGEST_NOTE = 400  # characters of the sentence that says where it went, with those beside it
_NO_TEXT = (Fault.EMPTY, Fault.OTHER_DOCUMENT, Fault.NOT_FOUND)
_MOVED = re.compile(
    r"\b(?:has|have|was|were|been) (?:re)?(?:moved|located|published)|\bmoved to\b|\b(?:super|re)(?:seded|placed) by\b"
    r"|\bnew (?:home|address|location|page)\b|\b(?:now|can be) (?:be )?found (?:at|here|on|under)\b"
    r"|umgezogen|verschoben|finden sie (?:jetzt|nun|hier)|neue adresse|d[ée]plac[ée]|nouvelle (?:adresse|page)"
    r"|se ha (?:movido|trasladado)|nueva (?:direcci[oó]n|p[aá]gina)|spostat[ao]|mudou|verplaatst"
    r"|移動しました|移转|이동",
    re.IGNORECASE,
)
_NOTE_TAGS = ("p", "li", "td", "div", "section", "main", "body")
_DEEPEST_LINK = 10  # elements below its note
_MOST_PIECES = 50  # of the text of a note
_MOST_LINKS = 2000  # that are looked at; pages may be hostile


def pointers_of(
    body: bytes, url: str, *, content_type: str | None, type: str, is_policy: bool = False
) -> tuple[str, ...]:
    """The addresses to which a page at ``url`` sends its readers, the surest first, at most MOST_POINTERS.

    A page that shows a policy itself points on by a refresh alone, and is not read for it where somebody knows already
    that it ``is_policy``; ``type`` is that of the document looked for.
    """
    if content_type and "html" not in content_type.lower():
        return ()
    lower = body.lower()
    refresh = _refresh(_page(body, url, content_type)) if b"refresh" in lower else None
    if refresh is None and (is_policy or has_words(lower, _MANY_WORDS)):
        return ()
    found = [refresh] if refresh else []
    if not is_policy and _is_note(body, url, content_type):
        links = links_of_page(body, url, content_type=content_type)
        found += [*_canonical(links, url), *_told(_page(body, url, content_type)), *_named(links, url, type)]
    by_page: dict[str, str] = {}
    for each in found:
        if _path_of(each) != _path_of(url):  # a token or a language beside it makes a detour, no move
            by_page.setdefault(page_of(each), each)
    return tuple(by_page.values())[:MOST_POINTERS]


def _is_note(body: bytes, url: str, content_type: str | None) -> bool:
    reading = differ.read(body, content_type=content_type, url=url)
    return reading.fault in _NO_TEXT or (reading.fault is None and reading.text.words < FEW_WORDS)


def shows_policy(read: Read | None, document: Document, headers: Mapping[str, str]) -> bool:
    """Whether the page that was read as this for the document, if it was, is none that ``pointers_of`` reads for more
    than a refresh, as anybody would read it."""
    if read is None or document.include or document.exclude or "x-file-name" in headers:
        return False
    return read.fault is None and read.words >= FEW_WORDS


def _path_of(url: str) -> str:
    return page_of(url).partition("?")[0]


def type_of_text(text: Text) -> str | None:
    """The document type that a text gives itself, by its first heading or its title."""
    heading = next((block.text for block in text.blocks[:20] if block.kind is BlockKind.HEADING), "")
    return document_type_of(heading) or document_type_of(text.title or "")


def _page(body: bytes, url: str, content_type: str | None) -> HtmlResponse:
    from scrapy.http import HtmlResponse

    return HtmlResponse(url, body=body, headers={"Content-Type": content_type or "text/html"})


def _refresh(page: HtmlResponse) -> str | None:
    from scrapy.utils.response import get_meta_refresh

    seconds, target = get_meta_refresh(page)
    if not target or seconds is None or not 0 <= seconds <= SOONEST_SECONDS:
        return None
    return address_of(page.url, target)


def _canonical(links: Sequence[Link], url: str) -> Iterator[str]:
    """To another site it is no word of the vendor's: copies and mirrors say so of themselves."""
    domain = _domain(url)
    for link in links:
        if "canonical" in link.relation.lower().split() and _domain(link.url) == domain:
            yield link.url


def _told(page: HtmlResponse) -> Iterator[str]:
    """What a sentence about a move links to."""
    if not _MOVED.search(page.text):
        return
    for link in islice(page.selector.root.iter("a"), _MOST_LINKS):
        address = address_of(page.url, page.urljoin(link.get("href") or "#"))
        if address and _MOVED.search(_note_around(link)):
            yield address


def _note_around(link: HtmlElement) -> str:
    """The few words that the link stands among; none where these are a whole text, or a menu."""
    above = islice(link.iterancestors(), _DEEPEST_LINK)
    note = next((element for element in above if element.tag in _NOTE_TAGS), None)
    if note is None:
        return ""
    words = " ".join(" ".join(islice(note.itertext(), _MOST_PIECES + 1)).split())
    is_menu = len(list(islice(note.iter("a"), MOST_POINTERS + 1))) > MOST_POINTERS
    return "" if is_menu or len(words) > _LONGEST_NOTE else words


def _named(links: Sequence[Link], url: str, type: str) -> Iterator[str]:
    """The only link that speaks of a document of that type, if there is no other."""
    named = {page_of(each.url): each.url for each in links if not each.relation and _is_named(each, type)}
    named.pop(page_of(url), None)
    if len(named) == 1:
        yield from named.values()


def _is_named(link: Link, type: str) -> bool:
    return type in (document_type_of(link.words), document_type_of(unquote(urlsplit(link.url).path)))


def _domain(url: str) -> str:
    return registered_domain(urlsplit(url).hostname or "")
