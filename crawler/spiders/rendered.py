"""The documents as a browser shows them: the live spider, whose pages ``crawler.browser.download`` renders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.outcomes import Fetch, Hop, Outcome
from crawler.spiders.live import LiveSpider

IS_FILE = "file"
"""A flag of answers that were no page of HTML (a PDF, as a rule) and were left alone by the browser."""


class RenderedSpider(LiveSpider):
    """Redirects from site to site come back here as from plain pages; those within a site the browser followed."""

    name = "rendered"

    def request(
        self, fetch: Fetch, url: str, *, hops: tuple[Hop, ...], meta: Mapping[str, Any] | None = None, **more: Any
    ) -> Request | Outcome:
        return super().request(fetch, url, hops=hops, meta={**(meta or {}), "is_rendered": True}, **more)

    def receive(self, response: Response, fetch: Fetch, hops: tuple[Hop, ...], **state: Any) -> Request | Outcome:
        within: tuple[Hop, ...] = response.meta.get("hops_within", ())
        if IS_FILE in response.flags:
            return super().request(fetch, response.url, hops=hops + within)
        return super().receive(response, fetch, hops + within, **state)
