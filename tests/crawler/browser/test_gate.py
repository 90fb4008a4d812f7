"""What a page may ask for, told by the events of the DevTools protocol."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crawler.browser.gate import MAX_NAVIGATIONS, MAX_REQUESTS, Gate
from crawler.outcomes import ErrorKind, Hop
from crawler.settings import LANGUAGES
from tests.crawler.test_guard import HOSTILE

SITE = "https://kites.example"
CLOSED = f"{SITE}/closed"


class Page:
    """A visit whose browser asks what a test has it ask."""

    def __init__(self) -> None:
        self.hosts: list[str] = []
        self.gate = Gate(f"{SITE}/privacy", allow_hosts=(), may_visit=self.may_visit, on_host=self.hosts.append)
        self.gate.frame = "own"

    async def may_visit(self, url: str) -> bool:
        return not url.startswith(CLOSED)

    def asks(self, url: str, *, kind: str = "Document", frame: str = "own", **answer: Any) -> bool:
        """Whether it is let through."""
        request = {"url": url, "headers": {"User-Agent": "x", "accept-language": "en"}}
        event = {"request": request, "resourceType": kind, "frameId": frame, "networkId": "1", **answer}
        command, self.parameters = asyncio.run(self.gate.judge(event))
        return command == "Fetch.continueRequest"

    def answers(self, url: str, status: int, **headers: str) -> bool:
        pairs = [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
        return self.asks(url, responseStatusCode=status, responseHeaders=pairs)


@pytest.fixture
def page() -> Page:
    page = Page()
    assert page.asks(f"{SITE}/privacy")
    return page


def test_the_page_is_asked_for_in_our_languages(page: Page) -> None:
    assert {"name": "Accept-Language", "value": LANGUAGES} in page.parameters["headers"]
    assert page.answers(f"{SITE}/privacy", 200, Content_Type="text/html")
    assert (page.gate.visited.status, page.gate.is_over.is_set()) == (200, False)


@pytest.mark.parametrize("kind", ["Script", "Fetch", "XHR", "Stylesheet", "Document"])
def test_no_request_of_a_page_goes_to_a_hostile_address(page: Page, kind: str) -> None:
    for url in HOSTILE:
        if not url.startswith("data:"):  # which asks nobody
            assert not page.asks(url, kind=kind, frame="inner")
    assert page.asks("https://scripts.example/app.js", kind=kind, frame="inner")
    assert page.hosts == [f"{SITE}/privacy", "https://scripts.example/app.js"]


def test_pictures_are_not_asked_for_and_nothing_without_end(page: Page) -> None:
    assert not page.asks(f"{SITE}/kite.png", kind="Image")
    asked = [page.asks(f"{SITE}/{number}", kind="Fetch") for number in range(MAX_REQUESTS + 5)]
    assert (asked[0], asked[-1]) == (True, False)


def test_a_page_may_go_on_within_its_site_but_not_for_ever(page: Page) -> None:
    page.answers(f"{SITE}/privacy", 200)
    assert page.asks(f"{SITE}/privacy#top")
    for number in range(MAX_NAVIGATIONS):
        page.asks(f"{SITE}/{number}")
    assert page.gate.failure is not None
    assert page.gate.failure.kind is ErrorKind.REDIRECTS


def test_a_redirect_within_the_site_is_followed_and_written_down(page: Page) -> None:
    assert page.answers(f"{SITE}/privacy", 301, Location="/legal/privacy")
    assert page.asks(f"{SITE}/legal/privacy")
    assert page.gate.visited.hops == (Hop(f"{SITE}/privacy", 301, f"{SITE}/legal/privacy"),)
    assert page.gate.visited.url == f"{SITE}/legal/privacy"


@pytest.mark.parametrize(
    "location", ["https://kites.test/", "http://kites.example/", "/closed", "http://[::1", "file:///x"]
)
def test_other_redirects_are_handed_back(page: Page, location: str) -> None:
    assert not page.answers(f"{SITE}/privacy", 302, Location=location)
    assert (page.gate.visited.status, page.gate.visited.location) == (302, location)
    assert page.gate.is_over.is_set()


def test_a_script_that_leads_elsewhere_is_handed_back_but_not_once_the_page_is_read(page: Page) -> None:
    page.gate.is_locked = True
    assert not page.asks("https://kites.test/")
    assert not page.gate.is_over.is_set()
    page.gate.is_locked = False
    assert not page.asks("https://kites.test/")
    assert (page.gate.visited.status, page.gate.visited.location) == (302, "https://kites.test/")


def test_a_page_that_leads_inside_is_kept_where_it_is(page: Page) -> None:
    assert not page.asks("http://10.0.0.1/")
    assert (page.gate.visited.location, page.gate.is_over.is_set()) == (None, False)


def test_a_file_ends_the_visit_without_a_failure(page: Page) -> None:
    assert not page.answers(f"{SITE}/privacy", 200, Content_Type="application/pdf")
    assert (page.gate.is_over.is_set(), page.gate.failure) == (True, None)


def test_an_answer_that_ends_early_is_a_failure_unless_the_page_went_on(page: Page) -> None:
    page.answers(f"{SITE}/privacy", 200)
    page.gate.note_failure({"requestId": "1", "canceled": True})
    page.gate.note_failure({"requestId": "2", "errorText": "net::ERR_FAILED"})
    assert page.gate.failure is None
    page.gate.note_failure({"requestId": "1", "errorText": "net::ERR_CONTENT_LENGTH_MISMATCH"})
    assert page.gate.failure is not None
    assert page.gate.failure.kind is ErrorKind.INCOMPLETE
