"""Where a site says that its policies stand: links of its pages, site maps, usual paths. Pure; fetching and judging
what is found there is left to ``discovery``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from clausewatch.jobs.links import Link, address_of, links_of_page
from clausewatch.jobs.naming import document_type_of

USUAL_PATHS = (
    "/privacy", "/terms", "/privacy-policy", "/terms-of-service", "/legal/privacy", "/legal/terms",
    "/policies/privacy-policy", "/policies/terms-of-service", "/legal/privacy-policy", "/terms-and-conditions",
    "/privacy-notice", "/terms-of-use", "/policies/privacy", "/cookie-policy", "/legal", "/legal/dpa",
    "/legal/subprocessors",
)  # fmt: skip
"""Asked for only where no page of the site leads to a privacy policy or to terms."""

USUAL_PATH = "a usual path"

_RELATIONS = {"privacy-policy": "Privacy Policy", "terms-of-service": "Terms of Service"}
_HUB = re.compile(  # "Legal" in the languages in which types are known, see ``naming``
    r"\blegal\b|polic(?:y|ies)\b|trust|compliance|gdpr|rechtlich|mentions|l[eé]gales?\b|legais|legali\b|juridi"
    r"|pol[ií]ticas\b|riktlinjer|法的|規約|ポリシー|法律|정책|약관|правов",
    re.IGNORECASE,
)
_WIDER_HUB = re.compile(  # where "Legal" stands in turn, on sites that do not name it on their first page
    r"(?:our )?company|about(?: us)?|corporate(?: info(?:rmation)?)?|customer service|help(?: cent(?:er|re))?|support"
    r"|info(?:rmation)?s?|impressum|über uns|unternehmen|hilfe|entreprise|[àa] propos|empresa|azienda|bedrijf",
    re.IGNORECASE,
)
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
    is_remote: bool = False  # worth a look only where nothing else led anywhere

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


def is_for_all(url: str) -> bool:
    """Whether the address names no language and no region, or English.

    >>> is_for_all("https://kites.example/privacy"), is_for_all("https://kites.example/en-gb/privacy")
    (True, True)
    >>> is_for_all("https://kites.example/de/privacy"), is_for_all("https://kites.example/privacy?lang=de")
    (False, False)
    """
    parts = urlsplit(url)
    labels = (parts.hostname or "").split(".")[:-2]
    values = [value for _, value in parse_qsl(parts.query)]
    named = [each for each in (*labels, *parts.path.split("/"), *values) if _LOCALE.fullmatch(each)]
    return all(each.lower().startswith("en") or each.lower() in ("intl", "uk", "us") for each in named)


def leads_of_page(body: bytes, url: str, *, content_type: str | None = None) -> list[Lead]:
    """The leads among the links of a page, each address once, in the order of the page."""
    found: dict[str, Lead] = {}
    for link in links_of_page(body, url, content_type=content_type):
        lead = _lead_of_link(link, url)
        if lead and (lead.url not in found or (lead.is_told and not found[lead.url].is_told)):
            found[lead.url] = lead
    return list(found.values())


def leads_of_addresses(urls: Iterable[str]) -> list[Lead]:
    """The leads among the addresses of a site map: those whose path speaks of a type, no articles."""
    found = {}
    for url in urls:
        address = address_of(url, "")
        kind = address and not _ARTICLE.search(urlsplit(address).path) and document_type_of(_path(address))
        if address and kind:
            found[address] = Lead(address, kind, "the site map", is_told=False)
    return list(found.values())


def usual_leads(url: str) -> list[Lead]:
    """The addresses at which many sites have their policies."""
    return [Lead(urljoin(url, path), document_type_of(path), USUAL_PATH, is_told=False) for path in USUAL_PATHS]


def _lead_of_link(link: Link, page: str) -> Lead | None:
    if kind := next((_RELATIONS[word] for word in link.relation.split() if word in _RELATIONS), None):
        return Lead(link.url, kind, f"a link with the relation {link.relation}", is_told=True)
    if len(link.words) > _LONGEST_TEXT or _ARTICLE.search(urlsplit(link.url).path):
        return None
    if kind := document_type_of(link.words):
        return Lead(link.url, kind, f"a {link.how} {link.words!r}", is_told=True)
    if kind := document_type_of(_path(link.url)):
        return Lead(link.url, kind, f"a {link.how} {link.words!r}" if link.words else f"a {link.how}", is_told=False)
    if link.how in ("frame", "forward") and urlsplit(link.url).hostname == urlsplit(page).hostname:
        return Lead(link.url, None, f"a {link.how}", is_told=False)  # what would be seen in the place of this page
    if _HUB.search(link.words):
        return Lead(link.url, None, f"a link {link.words!r}", is_told=False)
    if _WIDER_HUB.fullmatch(link.words):
        return Lead(link.url, None, f"a link {link.words!r}", is_told=False, is_remote=True)
    return None


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{unquote(parts.path)} {parts.query} {(parts.hostname or '').partition('.')[0]}"
