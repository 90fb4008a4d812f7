"""Find the documents of a vendor from its bare domain: follow its links, site maps and usual paths, read what stands
there, and keep what is a policy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

import differ
from clausewatch.counts import counted
from clausewatch.errors import CrawlError, UsageError
from clausewatch.jobs.leads import (
    USUAL_PATH,
    Lead,
    is_for_all,
    leads_of_addresses,
    leads_of_page,
    place_of,
    usual_leads,
)
from clausewatch.jobs.naming import checked_address, document_type_of, registered_domain
from clausewatch.jobs.pointing import type_of_text
from clausewatch.jobs.rendering import as_shown
from clausewatch.model import Reading
from clausewatch.settings import Settings
from crawler.lanes import Lanes
from crawler.live import longest_seconds
from crawler.outcomes import Fetch, Outcome
from crawler.run import run_batch
from crawler.settings import FETCH_TIMEOUT_SECONDS
from differ.likeness import words_of

MAX_PAGES = 30  # of a site, in all: with two seconds between them, a minute
MAX_PAGES_A_TYPE = 6
MAX_SITE_MAPS = 4
MAX_SITE_MAP_BYTES = 20_000_000
WATCHED_FROM = 0.5
"""The confidence from which ``add`` watches the best document of each type."""
WANTED = ("Privacy Policy", "Terms of Service")

_MIN_WORDS = 120


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that was found, with how sure that is."""

    url: str
    type: str
    language: str | None
    confidence: float  # 0 to 1
    title: str | None
    how: str  # where its address came from
    variants: tuple[Candidate, ...] = ()  # the same document for other languages and regions


@dataclass
class _Site:
    """What is known of the site so far."""

    domain: str
    settings: Settings
    on_progress: Callable[[str], None]
    on_page: Callable[[Outcome, Reading], None]
    stop: threading.Event | None
    lanes: Lanes | None
    seen: set[str] = field(default_factory=set)
    candidates: list[Candidate] = field(default_factory=list)
    pages: int = 0

    def fetch(self, urls: Iterable[str]) -> list[Outcome]:
        """Each address once in a search; none beyond the most that a site may be asked for."""
        new = [url for url in dict.fromkeys(urls) if url not in self.seen][: MAX_PAGES - self.pages]
        self.seen.update(new)
        self.pages += len(new)
        outcomes: list[Outcome] = []
        fetches = [Fetch(url, url) for url in new]
        run_batch(
            fetches, settings=self.settings, on_outcome=outcomes.append, stop=self.stop, lanes=self.lanes,
            timeout_seconds=longest_seconds(fetches, FETCH_TIMEOUT_SECONDS),
        )  # fmt: skip
        return as_shown(outcomes, settings=self.settings, stop=self.stop, lanes=self.lanes)


def discover(
    domain: str,
    *,
    settings: Settings,
    on_progress: Callable[[str], None] = lambda line: None,
    on_page: Callable[[Outcome, Reading], None] = lambda outcome, reading: None,
    stop: threading.Event | None = None,
    lanes: Lanes | None = None,
) -> tuple[Candidate, ...]:
    """The documents of a domain, the surest of each type first; variants by language and region hang on one of them.

    ``on_page`` is called with every page that links, site maps or usual paths led to.

    Raises CrawlError where the site does not answer, UsageError where ``domain`` is none.
    """
    domain = domain.removesuffix("/")
    parts = urlsplit(checked_address(f"https://{domain}/"))
    if parts.path != "/" or parts.query or parts.fragment:
        raise UsageError(f"{domain}: is more than a domain; to watch that page write https://{domain}")
    site = _Site(registered_domain(parts.hostname or ""), settings, on_progress, on_page, stop, lanes)
    home = _home(site, domain)
    leads = _leads_on(home)
    on_progress(f"{home.url}: {counted(len(leads), 'link')} that may lead to policies")
    further = _look(site, leads)
    if _missing(site):  # pages of links, and those behind them
        further += _look(site, [lead for lead in further if lead.type is None])
    if missing := _missing(site):
        mapped = _site_map_leads(site, home.url)
        on_progress(f"{domain}: no {' and no '.join(missing)} yet; {len(mapped)} more in its site maps")
        further += mapped
    _look(site, further)
    if _missing(site):
        _look(site, usual_leads(home.url))
    if _missing(site):
        _look_far(site, leads + further)
    if home.error is not None and not site.candidates:
        raise _unreadable(domain, [home])
    return _grouped(site.candidates)


def _home(site: _Site, domain: str) -> Outcome:
    """The first home page that answers, the encrypted one before others; else the first that is at least there."""
    failed: list[Outcome] = []
    for url in (f"https://{domain}/", f"http://{domain}/", f"https://www.{domain}/"):
        # one by one: within a batch, one scheme's robots.txt that cannot be had closes the host for the other
        for outcome in site.fetch([url]):
            if outcome.error is None and outcome.body is not None:
                return outcome
            failed.append(outcome)
    there = next((outcome for outcome in failed if outcome.status is not None), None)
    if there is None:
        raise _unreadable(domain, failed)
    site.on_progress(f"{there.id}: {there.error}; its usual paths are tried")
    return replace(there, body=None)


def _unreadable(domain: str, failed: Sequence[Outcome]) -> CrawlError:
    said = failed[0].error if failed else "it was stopped"
    return CrawlError(
        f"{domain}: its home page cannot be read ({said}); give the address of the policy itself",
        url=f"https://{domain}/", retryable=any(outcome.retryable for outcome in failed),
    )  # fmt: skip


def _missing(site: _Site) -> list[str]:
    found = {each.type for each in site.candidates if each.confidence >= WATCHED_FROM}
    return [kind for kind in WANTED if kind not in found]


def _look(site: _Site, leads: Sequence[Lead]) -> list[Lead]:
    """Fetch and judge what the leads point to; gives the leads on those pages."""
    by_url = {lead.url: lead for lead in _chosen(leads, site.seen)}
    further: list[Lead] = []
    for outcome in site.fetch(by_url):
        lead = by_url[outcome.id]
        if outcome.error is not None or outcome.body is None:
            if lead.how != USUAL_PATH:
                site.on_progress(f"{outcome.id}: {outcome.error}")
            continue
        reading = differ.read(outcome.body, content_type=outcome.headers.get("content-type"), url=outcome.url)
        site.on_page(outcome, reading)
        candidate = _judged(lead, outcome.url, reading, domain=site.domain)
        if candidate:
            site.candidates.append(candidate)
            site.on_progress(f"{outcome.url}: {candidate.type}, {candidate.confidence:.0%} sure")
        further += _leads_on(outcome)
    return further


def _look_far(site: _Site, leads: Sequence[Lead]) -> None:
    """The last resort: pages about the vendor, the pages of links that they lead to, and what stands there."""
    near = [replace(lead, is_remote=False) for lead in leads if lead.is_remote]
    for _ in range(3):
        near = _look(site, near)


def _leads_on(page: Outcome) -> list[Lead]:
    return leads_of_page(page.body or b"", page.url, content_type=page.headers.get("content-type"))


def _chosen(leads: Sequence[Lead], seen: set[str]) -> list[Lead]:
    """What is worth a look: some of each type, told ones first; of variants not more than of documents."""
    taken: dict[str | None, int] = {}
    chosen = []
    for lead in sorted(leads, key=lambda lead: (not lead.is_told, lead.type is None)):
        if not lead.is_remote and lead.url not in seen and taken.get(lead.type, 0) < MAX_PAGES_A_TYPE:
            taken[lead.type] = taken.get(lead.type, 0) + 1
            chosen.append(lead)
    return chosen


def _judged(lead: Lead, url: str, reading: Reading, *, domain: str) -> Candidate | None:
    """How sure it is that this page is a document of that type: by what it calls itself, and by what led to it."""
    text = reading.text
    if reading.fault or len(words_of(text.text)) < _MIN_WORDS:
        return None
    own = type_of_text(text)
    kind = own or lead.type
    if kind is None:
        return None
    confidence = 0.35 + 0.35 * (own is not None) + 0.15 * (lead.type == kind) + 0.1 * lead.is_told
    if registered_domain(urlsplit(url).hostname or "") != domain:
        # other sites are linked to for their own policies: of services that a page embeds, for one
        label = domain.partition(".")[0].replace("-", " ").lower()
        confidence -= 0.1 if label in text.text.lower() else 0.5
    if confidence <= 0:
        return None
    return Candidate(url, kind, text.language, round(confidence, 2), text.title, lead.how)


def _grouped(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """One candidate for the variants of a document: in English if there is one, for nowhere in particular before
    others; then by type and confidence."""
    groups: dict[tuple[str, str], dict[str, Candidate]] = {}
    for each in candidates:
        groups.setdefault((each.type, place_of(each.url)), {}).setdefault(each.url, each)
    found = []
    for group in groups.values():
        first, *others = sorted(group.values(), key=_first_of_variants)
        found.append(replace(first, variants=tuple(others)))
    return tuple(sorted(found, key=lambda each: (each.type, -each.confidence, len(each.url), each.url)))


def _first_of_variants(each: Candidate) -> tuple[bool, bool, int, str]:
    return each.language != "en", not is_for_all(each.url), len(each.url), each.url


def best_of(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The surest of each type, of those that are sure enough to be watched unasked."""
    best: dict[str, Candidate] = {}
    for each in candidates:
        if each.confidence >= WATCHED_FROM:
            best.setdefault(each.type, each)
    return tuple(best.values())


def _site_map_leads(site: _Site, home: str) -> list[Lead]:
    from scrapy.utils.sitemap import sitemap_urls_from_robots

    rules, usual = urljoin(home, "/robots.txt"), urljoin(home, "/sitemap.xml")
    urls: list[str] = []
    maps: list[str] = []
    for outcome in site.fetch([rules, usual]):
        if outcome.id == rules and outcome.error is None:
            maps += sitemap_urls_from_robots(outcome.body or b"", base_url=home)
        elif outcome.id == usual:
            pages, further = _read_site_map(outcome)
            urls, maps = urls + pages, maps + further
    for _ in range(2):  # a map of maps, and those
        likely = sorted(maps, key=lambda url: document_type_of(url) is None and "page" not in url.lower())
        maps = []
        for outcome in site.fetch(likely[:MAX_SITE_MAPS]):
            pages, further = _read_site_map(outcome)
            urls, maps = urls + pages, maps + further
    return leads_of_addresses(urls)


def _read_site_map(outcome: Outcome) -> tuple[list[str], list[str]]:
    """The addresses of pages and of further site maps; none where it cannot be read."""
    from lxml.etree import LxmlError
    from scrapy.exceptions import DownloadCancelledError
    from scrapy.utils.gz import gunzip
    from scrapy.utils.sitemap import Sitemap

    if outcome.error is not None or not outcome.body:
        return [], []
    try:
        is_gzip = outcome.body.startswith(b"\x1f\x8b")
        body = gunzip(outcome.body, max_size=MAX_SITE_MAP_BYTES) if is_gzip else outcome.body
        site_map = Sitemap(body)
        locations = [entry["loc"] for entry in site_map if entry.get("loc")]
    except (LxmlError, OSError, ValueError, AttributeError, DownloadCancelledError):
        return [], []
    return (locations, []) if site_map.type == "urlset" else ([], locations)
