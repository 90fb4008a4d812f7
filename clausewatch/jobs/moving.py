"""Documents that went elsewhere: where a page points on, it is followed; where one is gone, its vendor's sites are
searched. A document moves only to where its text stands; what is not sure is left to a person."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import differ
from archive import Archive
from archive.addresses import addresses_of, page_of
from archive.documents import documents_of, get_by_address
from archive.readings import Read
from archive.versions import text_of, version_at
from archive.watches import explain_failure, get_watch
from clausewatch.errors import ArchiveError, CrawlError, NotFound, UsageError
from clausewatch.jobs.claims import Claim
from clausewatch.jobs.discovery import discover
from clausewatch.jobs.leads import is_for_all, place_of
from clausewatch.jobs.looks import GONE, SEARCHED, Kind, Look, Said, record_looks
from clausewatch.jobs.naming import registered_domain
from clausewatch.jobs.pointing import pointers_of, shows_policy, type_of_text
from clausewatch.jobs.rendering import as_shown
from clausewatch.model import Document, Fault, Reading, Vendor
from clausewatch.settings import Settings
from crawler.lanes import Lanes
from crawler.live import longest_seconds
from crawler.outcomes import Fetch, Outcome
from crawler.run import run_batch
from crawler.settings import FETCH_TIMEOUT_SECONDS
from differ.likeness import Profile, profile, similarity

ALIKE = 0.5
"""A page with this likeness to the last version is the document, where the old page says that it went there; where
nothing says so, it is shown to a person."""
SURE = 0.8
"""The same where nothing points there: policies of one vendor share phrases, and templates are shared by many."""
TURNS = (3, 10, 30)
"""Looks in a row that found the page gone after which it is searched for, and after each thirtieth: what is gone by
mistake is back by the third, hours later."""
MOST_DOMAINS = 3  # of a vendor, that are searched for one document
MOST_SEARCHES = 12  # in one crawl: each takes a minute or two, and what is due waits; others have their turn later
MOST_CANDIDATES = 2  # that are told of: the reason of a failure is short


@dataclass(frozen=True, slots=True)
class Stray:
    """A document whose page points on, or is gone."""

    document: Document
    pointers: tuple[str, ...]
    is_gone: bool
    is_failing: bool  # the look got no page, and its failure can say more


@dataclass(frozen=True, slots=True)
class _Found:
    """A page that may be the document."""

    outcome: Outcome
    likeness: float  # to the last version
    is_type: bool  # it calls itself by the document's type


@dataclass(frozen=True)
class _Sought:
    """A stray with what it is known by."""

    stray: Stray
    text: Profile | None  # of the last version
    domains: tuple[str, ...]  # where its vendor has pages
    found: list[_Found] = field(default_factory=list)

    @property
    def document(self) -> Document:
        return self.stray.document

    def judge(self, outcome: Outcome, reading: Reading) -> _Found | None:
        if outcome.error is not None or reading.fault or page_of(outcome.url) == page_of(self.document.url or ""):
            return None
        likeness = similarity(profile(reading.text.text), self.text) if self.text else 0.0
        return _Found(outcome, likeness, is_type=type_of_text(reading.text) == self.document.type)


@dataclass(frozen=True, slots=True)
class Pursuit:
    """What is needed to go after documents. ``claim`` holds all that are."""

    archive: Archive
    claim: Claim | None
    settings: Settings
    on_progress: Callable[[str], None]
    stop: threading.Event | None = None

    @property
    def lanes(self) -> Lanes | None:
        return self.claim.lanes if self.claim else None

    @property
    def is_over(self) -> bool:
        return self.stop is not None and self.stop.is_set()


def stray_of(archive: Archive, look: Look, said: Said, *, read: Read | None = None) -> Stray | None:
    """Whether the look shows that the document went elsewhere, and it is time to go after it. Where it is known what
    the page was ``read`` as, this takes less time and comes to the same."""
    document, held, outcome = look.document, look.held, look.outcome
    if said.kind is Kind.FAILED:
        is_gone = outcome.status in GONE and is_turn(said.failures)
        return Stray(document, (), is_gone=True, is_failing=True) if is_gone else None
    if said.kind is Kind.NEW and outcome.body is not None:
        pointers = pointers_of(
            outcome.body, outcome.url, content_type=outcome.headers.get("content-type"), type=document.type,
            is_policy=shows_policy(read, document, outcome.headers),
        )  # fmt: skip
        return Stray(document, pointers, is_gone=False, is_failing=False) if pointers else None
    if held is None or held.fault is None or not is_turn(held.sightings + 1):
        return None
    pointers = stored_pointers(archive, held.sha256, held.url, content_type=held.content_type, type=document.type)
    is_gone = held.fault is Fault.NOT_FOUND  # with a status that denies it
    return Stray(document, pointers, is_gone=is_gone, is_failing=False) if pointers or is_gone else None


def stored_pointers(archive: Archive, sha256: str, url: str, *, content_type: str | None, type: str) -> tuple[str, ...]:
    """As ``pointers_of``, of a page that is stored; none where its bytes are gone."""
    try:
        body = archive.blobs.read(sha256)
    except ArchiveError:
        return ()
    return pointers_of(body, url, content_type=content_type, type=type)


def is_turn(looks: int) -> bool:
    """Whether a page that is gone is searched for after so many looks in a row."""
    return looks in TURNS or (looks > 0 and looks % TURNS[-1] == 0)


def pursue(strays: Sequence[Stray], pursuit: Pursuit) -> list[Document]:
    """Go after the documents; those that were found and moved, as they were before."""
    if not strays or pursuit.is_over:
        return []
    sought = [_sought(pursuit.archive, stray) for stray in strays]
    moved = _follow([each for each in sought if each.stray.pointers], pursuit)
    left = [each for each in sought if each.stray.is_gone and each.document not in moved]
    return moved + _search(left, pursuit)


def _sought(archive: Archive, stray: Stray) -> _Sought:
    document = stray.document
    with archive.read() as connection:
        try:
            text = profile(text_of(connection, version_at(connection, document, None).id).text)
        except NotFound:
            text = None
        own = [each.url for each in reversed(addresses_of(connection, document))]
        beside = documents_of(connection, Vendor(document.vendor, document.vendor_name))
    domains = [_domain(url) for url in (*own, *(each.url for each in beside)) if url]
    return _Sought(stray, text, tuple(dict.fromkeys(filter(None, domains)))[:MOST_DOMAINS])


def _domain(url: str) -> str | None:
    """What is searched for a page of that address: the registered domain, with the port if it is no usual one; None
    for what is no address, as an import may have brought it."""
    try:
        parts = urlsplit(url)
        port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    except ValueError:
        return None
    return registered_domain(parts.hostname) + port if parts.hostname else None


def _follow(sought: Sequence[_Sought], pursuit: Pursuit) -> list[Document]:
    """Fetch what the pages point to, under the guard and manners of every look, and move what stands there."""
    fetches = [Fetch(f"{each.document.id} {url}", url) for each in sought for url in each.stray.pointers]
    if not fetches:
        return []
    outcomes: list[Outcome] = []
    run_batch(
        fetches, settings=pursuit.settings, on_outcome=outcomes.append, stop=pursuit.stop, lanes=pursuit.lanes,
        timeout_seconds=longest_seconds(fetches, FETCH_TIMEOUT_SECONDS),
    )  # fmt: skip
    by_document = {each.document.id: each for each in sought}
    for outcome in as_shown(outcomes, settings=pursuit.settings, stop=pursuit.stop, lanes=pursuit.lanes):
        each = by_document[outcome.id.partition(" ")[0]]
        if found := _judged(each, outcome):
            each.found.append(found)
    moved = []
    for each in sought:
        best = max(each.found, key=lambda found: found.likeness, default=None)
        if best and (best.likeness >= ALIKE or (each.text is None and best.is_type)) and _move(each, best, pursuit):
            moved.append(each.document)
        elif not pursuit.is_over:
            pursuit.on_progress(
                f"{each.document.name}: points on to {each.stray.pointers[0]}, where its text does not stand; "
                "clausewatch doctor says what to do"
            )
    return moved


def _judged(sought: _Sought, outcome: Outcome) -> _Found | None:
    if outcome.body is None:
        return None
    content_type = outcome.headers.get("content-type")
    return sought.judge(outcome, differ.read(outcome.body, content_type=content_type, url=outcome.url))


def _move(sought: _Sought, found: _Found, pursuit: Pursuit) -> bool:
    """The document moves, and what was found there is its newest look; unless another document stands there."""
    document, outcome = sought.document, replace(found.outcome, id=sought.document.id)
    if other := _other_at(pursuit.archive, outcome.url, document):
        pursuit.on_progress(f"{document.name}: seems to be at {outcome.url}, which is watched as {other}; not moved")
        return False
    (said,) = record_looks(pursuit.archive, [Look(document, None, outcome, is_followed=True)], claim=pursuit.claim)
    pursuit.on_progress(f"{document.name}: {said.words}")
    return said.is_moved


def _other_at(archive: Archive, url: str, document: Document) -> str | None:
    """The name of another document that stands at the address now."""
    with archive.read() as connection:
        try:
            other = get_by_address(connection, url)
        except NotFound:
            return None
    stands = other.id != document.id and other.url is not None and page_of(other.url) == page_of(url)
    return other.name if stands else None


def _search(sought: Sequence[_Sought], pursuit: Pursuit) -> list[Document]:
    """Search each domain once for all that may stand there, then move what is sure and note what is not."""
    wanted = list(dict.fromkeys(domain for each in sought for domain in each.domains))
    searched = set()
    for domain in wanted[:MOST_SEARCHES]:
        if pursuit.is_over:
            break
        _search_domain(domain, [each for each in sought if domain in each.domains], pursuit)
        searched.add(domain)
    if pursuit.is_over:  # what was found in half a search is no answer
        return []
    return [each.document for each in sought if searched & set(each.domains) and _settle(each, pursuit)]


def _search_domain(domain: str, sought: Sequence[_Sought], pursuit: Pursuit) -> None:
    def judge(outcome: Outcome, reading: Reading) -> None:
        for each in sought:
            found = each.judge(outcome, reading)
            if found and (found.likeness >= SURE or (found.is_type and (found.likeness >= ALIKE or not each.text))):
                each.found.append(found)

    pursuit.on_progress(f"{domain}: searched for {', '.join(each.document.name for each in sought)}")
    try:
        discover(domain, settings=pursuit.settings, on_page=judge, stop=pursuit.stop, lanes=pursuit.lanes)
    except (CrawlError, UsageError) as error:  # what it showed until then was judged
        pursuit.on_progress(str(error))


def _settle(sought: _Sought, pursuit: Pursuit) -> bool:
    """Whether the document moved: there is one page, and no other, that is surely it."""
    best = _best_of_pages(sought.found)
    sure = [found for found in best if found.likeness >= SURE]
    if len(sure) == 1 and _move(sought, sure[0], pursuit):
        return True
    said = "; ".join(f"perhaps {_told(found)}" for found in best[:MOST_CANDIDATES]) or "not found"
    pursuit.on_progress(f"{sought.document.name}: looked for on {', '.join(sought.domains)}: {said}")
    if sought.stray.is_failing:
        with pursuit.archive.write() as connection:
            if failure := get_watch(connection, sought.document).failure:
                first = failure.reason.partition(SEARCHED)[0]
                reason = f"{first}{SEARCHED}{', '.join(sought.domains)}: {said}"
                explain_failure(connection, sought.document, reason)
    return False


def _best_of_pages(found: Iterable[_Found]) -> list[_Found]:
    """The surest first, of the variants of a page for languages and regions the likest alone."""
    by_place: dict[str, _Found] = {}
    for each in sorted(found, key=lambda each: (-each.likeness, not is_for_all(each.outcome.url), each.outcome.url)):
        by_place.setdefault(place_of(each.outcome.url), each)
    return list(by_place.values())


def _told(found: _Found) -> str:
    return f"{found.outcome.url} ({found.likeness:.0%} alike)"
