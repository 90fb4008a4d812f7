"""Where a site says that its policies stand: links of its pages, site maps, usual paths. Pure; fetching and judging
what is found there is left to ``discovery``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from clausewatch.jobs.naming import document_type_of
from differ.normalise.sniff import decode

USUAL_PATHS = (
    "/privacy", "/privacy-policy", "/legal/privacy", "/legal/privacy-policy", "/policies/privacy", "/terms",
    "/terms-of-service", "/legal/terms", "/cookie-policy", "/legal", "/legal/dpa", "/legal/subprocessors",
)  # fmt: skip
"""Asked for only where no page of the site leads to a privacy policy or to terms."""

USUAL_PATH = "a usual path"

_RELATIONS = {"privacy-policy": "Privacy Policy", "terms-of-service": "Terms of Service"}
_HUB = re.compile(  # "Legal" in the languages in which types are known, see ``naming``
    r"\blegal\b|polic(?:y|ies)\b|trust|compliance|gdpr|rechtlich|mentions|l[eé]gales?\b|legais|legali\b|juridi"
    r"|pol[ií]ticas\b|riktlinjer|法的|規約|ポリシー|法律|정책|약관|правов",
    re.IGNORECASE,
)
_NO_PAGE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|css|js|zip|mp4|xml|json|ico|docx?|xlsx?)$", re.IGNORECASE)
_ARTICLE = re.compile(r"/(?:blog|news|press|articles?|stories|events|jobs|careers|product|shop)s?/", re.IGNORECASE)
_LOCALE = re.compile(r"(?:[a-z]{2}|[a-z]{2}[-_][a-z]{2,4}|intl)", re.IGNORECASE)
_LONGEST_TEXT = 80  # characters; a link over more is a teaser


@dataclass(frozen=True, slots=True)
class Lead:
    """An address that may hold a document: the type that its link or path speaks of, None for a page of such links."""

    url: str
    type: str | None
    how: str  # for people: "a link 'Privacy'"
    is_told: bool  # by a link's own words or relation, not by the address alone

    @property
    def place(self) -> str:
        """The address without what differs between languages and regions: variants of a document share it."""
        return place_of(self.url)


def place_of(url: str) -> str:
    """The address without scheme, locale, ``www`` and what is asked for.

    >>> place_of("https://www.kites.example/de-DE/privacy/"), place_of("https://kites.example/privacy?hl=fr")
    ('kites.example/privacy', 'kites.example/privacy')
    """
    parts = urlsplit(url)
    labels = (parts.hostname or "").split(".")
    host = ".".join(label for label in labels[:-2] if label != "www" and not _LOCALE.fullmatch(label))
    path = "/".join(part for part in parts.path.split("/") if part and not _LOCALE.fullmatch(part))
    return f"{host + '.' if host else ''}{'.'.join(labels[-2:])}/{path.lower()}"


def leads_of_page(body: bytes, url: str, *, content_type: str | None = None) -> list[Lead]:
    """The leads among the links of a page, each address once, in the order of the page."""
    from lxml import etree, html

    text = decode(body, content_type=content_type)  # lxml takes a page that names no encoding for Latin-1
    try:
        root = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, ValueError):
        return []
    base = urljoin(url, next((each.get("href") or "" for each in root.iter("base")), ""))
    found: dict[str, Lead] = {}
    for link in root.iter("a", "link"):
        address = _address(base, link.get("href") or "#")
        if address is None or (link.tag == "link" and link.get("rel") not in _RELATIONS):
            continue
        text = " ".join(str(link.xpath("string()")).split())
        lead = _lead_of_link(address, text, link.get("rel") or "")
        if lead and (address not in found or (lead.is_told and not found[address].is_told)):
            found[address] = lead
    return list(found.values())


def leads_of_addresses(urls: Iterable[str]) -> list[Lead]:
    """The leads among the addresses of a site map: those whose path speaks of a type, no articles."""
    found = {}
    for url in urls:
        address = _address(url, "")
        kind = address and not _ARTICLE.search(urlsplit(address).path) and document_type_of(_path(address))
        if address and kind:
            found[address] = Lead(address, kind, "the site map", is_told=False)
    return list(found.values())


def usual_leads(url: str) -> list[Lead]:
    """The addresses at which many sites have their policies."""
    return [Lead(urljoin(url, path), document_type_of(path), USUAL_PATH, is_told=False) for path in USUAL_PATHS]


def _address(base: str, href: str) -> str | None:
    try:
        address = urldefrag(urljoin(base, href.strip())).url
        parts = urlsplit(address)
    except ValueError:
        return None
    is_page = href != "#" and parts.scheme in ("http", "https") and parts.hostname and not _NO_PAGE.search(parts.path)
    return address if is_page else None


def _lead_of_link(url: str, text: str, relation: str) -> Lead | None:
    if kind := next((_RELATIONS[word] for word in relation.split() if word in _RELATIONS), None):
        return Lead(url, kind, f"a link with the relation {relation}", is_told=True)
    if len(text) > _LONGEST_TEXT or _ARTICLE.search(urlsplit(url).path):
        return None
    if kind := document_type_of(text):
        return Lead(url, kind, f"a link {text!r}", is_told=True)
    if kind := document_type_of(_path(url)):
        return Lead(url, kind, f"a link {text!r}" if text else "a link", is_told=False)
    return Lead(url, None, f"a link {text!r}", is_told=False) if _HUB.search(text) else None


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{unquote(parts.path)} {parts.query} {(parts.hostname or '').partition('.')[0]}"
