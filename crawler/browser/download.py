"""Joins the browser to Scrapy: what a spider asks to have rendered comes as the document that a browser shows.

Lanes, delays, robots.txt and redirects stay Scrapy's and the spider's, who also asks plainly for what is no page.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response

from clausewatch.public import host_port
from crawler.browser.chromium import find_chromium, what_is_missing
from crawler.browser.gate import Gate, Visited
from crawler.browser.process import MAX_MEMORY_BYTES, Chromium
from crawler.browser.proxy import REFUSED, GuardProxy
from crawler.browser.visit import Visit
from crawler.download import GuardedDownload
from crawler.failures import RenderFailed, RobotsUnreadable
from crawler.middlewares import Robots
from crawler.outcomes import RENDERED_BY, ErrorKind, Plan
from crawler.pauses import check_pause, note_pause
from crawler.permits import check_lane
from crawler.spiders.batch import BatchSpider, note_begun
from crawler.spiders.rendered import IS_FILE

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_KEPT = ("content-type", "content-language", "date", "retry-after")
"""Of the answer's headers. Its validators speak of the page without its scripts, so they say nothing of the text."""


class BrowserDownload(GuardedDownload):
    """Renders requests whose meta says so, one page at a time: a page that must be killed takes no other with it."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._turn = asyncio.Lock()
        self._proxy = GuardProxy(self._allow_hosts)
        self._proxy_port = 0
        self._chromium: Chromium | None = None

    async def download_request(self, request: Request) -> Response:
        if not request.meta.get("is_rendered"):
            return await super().download_request(request)
        async with self._lanes[request.meta["download_slot"]], self._turn:
            check_pause(self.crawler, request)
            await check_lane(self.crawler, request)
            note_begun(self.crawler, request)
            self._judge(request)
            response = self._response(request, await self._visit(request))
            note_pause(self.crawler, request, response)
            return response

    async def close(self) -> None:
        if self._chromium:
            await self._chromium.stop()
        await self._proxy.stop()
        await super().close()

    def _plan(self) -> Plan:
        assert isinstance(self.crawler.spider, BatchSpider)
        return self.crawler.spider.plan

    async def _visit(self, request: Request) -> Visited:
        plan = self._plan()
        chromium = await self._ready(plan)
        self._proxy.begin_page()
        gate = Gate(request.url, allow_hosts=self._allow_hosts, may_visit=self._may_visit, on_host=self._proxy.expect)
        visit = Visit(gate, max_bytes=plan.max_bytes)
        look = asyncio.ensure_future(self._look(chromium, visit))
        memory = asyncio.ensure_future(chromium.watch_memory())
        try:
            await asyncio.wait({look, memory}, timeout=plan.fetch_timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
            if look.done():
                return self._judged(look.result())
            if memory.done():
                error = f"the page takes more than {MAX_MEMORY_BYTES // 1_000_000} MB of memory"
                raise RenderFailed(ErrorKind.TOO_LARGE, error)
            raise RenderFailed(
                ErrorKind.TIMEOUT, f"no text that stands still in {plan.fetch_timeout_seconds:g} seconds"
            )
        except RenderFailed as error:
            raise self._explained(error, request) from error
        finally:
            memory.cancel()
            if not look.done():
                await chromium.kill()
                look.cancel()
            await asyncio.gather(look, memory, return_exceptions=True)

    async def _ready(self, plan: Plan) -> Chromium:
        if missing := what_is_missing(plan.chromium):
            raise RenderFailed(ErrorKind.NO_BROWSER, missing)
        if self._chromium is None:
            self._proxy_port = await self._proxy.start()
            command = find_chromium(plan.chromium) or []
            self._chromium = Chromium(command, folder=Path(plan.folder), agent=plan.agent)
        return self._chromium

    async def _look(self, chromium: Chromium, visit: Visit) -> Visited:
        from playwright.async_api import Error

        try:
            async with chromium.context(self._proxy_port) as context:
                return await visit.look(context)
        except Error as error:
            raise RenderFailed(ErrorKind.CRASHED, f"the browser ended: {str(error).splitlines()[0]}") from error

    def _judged(self, visited: Visited) -> Visited:
        if REFUSED in visited.headers:  # the proxy's own answer, not the site's
            kind, error = self._proxy.failures.get(host_port(visited.url) or "", (ErrorKind.CONNECT, "no connection"))
            raise RenderFailed(kind, error)
        return visited

    def _explained(self, error: RenderFailed, request: Request) -> RenderFailed:
        """What the proxy knows of a page that was not reached says more than what the browser does."""
        known = self._proxy.failures.get(host_port(request.url) or "")
        return RenderFailed(*known) if known and error.kind in (ErrorKind.CONNECT, ErrorKind.INCOMPLETE) else error

    async def _may_visit(self, url: str) -> bool:
        robots = self.crawler.get_downloader_middleware(Robots)
        assert robots is not None
        try:
            await robots.process_request(Request(url))
        except (IgnoreRequest, RobotsUnreadable):
            return False  # the spider asks by itself then, and is told
        return True

    def _response(self, request: Request, visited: Visited) -> Response:
        request.meta["hops_within"] = visited.hops
        if visited.location is not None:
            return Response(visited.url, status=visited.status, headers={"Location": visited.location}, request=request)
        if visited.body is None and visited.status < 400:
            return Response(visited.url, status=visited.status, flags=[IS_FILE], request=request)
        headers = {name: visited.headers[name] for name in _KEPT if name in visited.headers}
        headers |= {"content-type": "text/html; charset=utf-8", RENDERED_BY: self._version()}
        return HtmlResponse(
            visited.url,
            status=visited.status,
            headers=headers,
            body=visited.body or b"",
            encoding="utf-8",
            request=request,
        )

    def _version(self) -> str:
        return f"Chromium {self._chromium.version}" if self._chromium else ""
