"""The documents as their vendors serve them now: conditional requests, redirects written down hop by hop."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urldefrag, urljoin

from scrapy import Request
from scrapy.http import Response
from w3lib.url import safe_url_string

from crawler.outcomes import ErrorKind, Fetch, Hop, Outcome
from crawler.pauses import is_pause, pause_seconds
from crawler.settings import MAX_REDIRECTS
from crawler.spiders.batch import BatchSpider, headers_of

REDIRECTS = (301, 302, 303, 307, 308)


class LiveSpider(BatchSpider):
    """One request a page, plus its redirects. robots.txt holds for each of them."""

    name = "live"

    def begin(self, fetch: Fetch) -> Request | Outcome:
        return self._ask(fetch, urldefrag(fetch.url).url, ())

    def _ask(self, fetch: Fetch, url: str, hops: tuple[Hop, ...]) -> Request | Outcome:
        # Only the address that gave the validators gets them back: elsewhere a 304 could mean another page
        headers = _validators(fetch) if url == urldefrag(fetch.held_url or fetch.url).url else {}
        return self.request(fetch, url, hops=hops, headers=headers)

    def receive(self, response: Response, fetch: Fetch, hops: tuple[Hop, ...], **state: Any) -> Request | Outcome:
        location = redirect_target(response)
        if location is None:
            return _outcome(response, fetch, hops)
        if location in (response.url, *(hop.url for hop in hops)):
            error = f"redirects lead in a circle over {location}"
            return self.failed(fetch, response.url, ErrorKind.REDIRECTS, error=error, hops=hops)
        hops += (Hop(response.url, response.status, location),)
        if len(hops) > MAX_REDIRECTS:
            error = f"more than {MAX_REDIRECTS} redirects"
            return self.failed(fetch, response.url, ErrorKind.REDIRECTS, error=error, hops=hops)
        return self._ask(fetch, location, hops)


def redirect_target(response: Response) -> str | None:
    """Where a redirect points, absolute and without its fragment; None where the answer is none."""
    location = response.headers.get("Location")
    if response.status not in REDIRECTS or not location:
        return None
    try:
        return urldefrag(urljoin(response.url, safe_url_string(location.strip()))).url
    except ValueError:
        return location.decode("latin-1")  # the guard will say what is wrong with it


def _validators(fetch: Fetch) -> dict[str, str]:
    validators = {"If-None-Match": fetch.etag, "If-Modified-Since": fetch.last_modified}
    return {name: value for name, value in validators.items() if value}


def _outcome(response: Response, fetch: Fetch, hops: tuple[Hop, ...]) -> Outcome:
    error, kind, pause = None, None, None
    if is_pause(response):
        error, kind, pause = f"answered {response.status}", ErrorKind.RATE_LIMITED, pause_seconds(response)
    elif response.status >= 400 or (response.status == 304 and not _validators(fetch)):
        error, kind = f"answered {response.status}", ErrorKind.HTTP
    is_held = kind is None and response.status != 304 and _is_held(response, fetch)
    return Outcome(
        id=fetch.id, url=response.url, fetched_at=datetime.now(UTC), status=response.status,
        headers=headers_of(response), body=None if response.status == 304 or is_held else response.body, hops=hops,
        error=error, error_kind=kind, retry_after_seconds=pause, is_held=is_held,
    )  # fmt: skip


def _is_held(response: Response, fetch: Fetch) -> bool:
    return fetch.held_sha256 is not None and hashlib.sha256(response.body).hexdigest() == fetch.held_sha256
