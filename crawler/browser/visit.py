"""One page in the browser: goes there, waits until its text stands still, opens what is folded, writes it down.

Every request is seen before it is sent. A redirect to another site is not followed but handed back, so that
robots.txt, lanes and the record of redirects hold as for plain pages; where requests lead is the proxy's to judge.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urljoin

from clausewatch.public import host_port, refusal
from crawler.browser.stillness import Stillness
from crawler.failures import RenderFailed
from crawler.outcomes import ErrorKind, Hop
from crawler.settings import LANGUAGES

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession

SETTLE_SECONDS = 20.0  # the longest that a text may take until it stands still
QUIET_SECONDS = 0.7  # so long it stands still, with nothing on its way, ...
STUBBORN_SECONDS = (
    3.0  # ... or so long, though requests are open (some pages keep one for ever) and there is a text, ...
)
GLANCE_SECONDS = 0.3  # ... or so long where nothing was opened and the page was only scrolled, ...
EMPTY_SECONDS = 6.0  # ... or so long while there is hardly a text: some wait for a timer
FEW_CHARACTERS = 400  # below that a page is taken for one that still fills
MAX_NAVIGATIONS = 5  # to another page of the site; pages that check for cookies go to themselves once
MAX_REQUESTS = 500
_LOOK_SECONDS = 0.1
_CALL_SECONDS = 5.0  # for one look into the page; what takes longer is a page that holds on to its thread
_UNFOLD_SECONDS = 15.0  # for all clicks

REDIRECTS = (301, 302, 303, 307, 308)
NOT_LOADED = {"Image", "Media", "Font", "TextTrack", "Ping", "Manifest", "CSPViolationReport", "Prefetch"}
_PAGES = ("text/html", "application/xhtml+xml")
_WORLD = "clausewatch"
_SCRIPT = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")

# In the page's own world, before its scripts: closed shadow roots are opened, windows and dialogs come to nothing, no
# icon is asked for, and there are no calls: Chromium would make itself known to the local network for them
_PREPARE = """(() => {
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) { return attach.call(this, {...options, mode: 'open'}); };
  for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel']) delete window[name];
  window.open = () => null;
  window.alert = window.print = () => undefined;
  window.confirm = () => false;
  window.prompt = () => null;
  document.addEventListener('DOMContentLoaded', () => {
    for (const link of document.querySelectorAll('link[rel~=icon i], link[rel^=apple-touch i]')) link.remove();
    const none = document.createElement('link');
    none.rel = 'icon';
    none.href = 'data:,';
    document.head?.append(none);
  });
})()"""


@dataclass
class Visited:
    """What came of a visit. Without a body it is a redirect (``location``), or no page but a file."""

    url: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes | None = None
    location: str | None = None
    hops: tuple[Hop, ...] = ()  # within the site


class Visit:
    """A visit to one address; used once."""

    def __init__(
        self,
        url: str,
        *,
        allow_hosts: Collection[str],
        may_visit: Callable[[str], Awaitable[bool]],
        max_bytes: int,
        on_host: Callable[[str], None],
    ) -> None:
        """``may_visit`` asks robots.txt about a further page of the site; ``on_host`` hears what is let through."""
        self.visited = Visited(url)
        self._allow_hosts, self._may_visit, self._max_bytes = allow_hosts, may_visit, max_bytes
        self._on_host = on_host
        self._session: CDPSession | None = None
        self._frame, self._world = "", 0
        self._document = ""  # the request that brings the page
        self._is_over = asyncio.Event()  # there is nothing to wait for: a redirect, a file, a failure
        self._failure: RenderFailed | None = None
        self._is_locked = False  # from when on the page may not go elsewhere
        self._navigations = 0
        self._requests = 0
        self._under_way: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def look(self, context: BrowserContext) -> Visited:
        """Goes there. Raises RenderFailed where no page comes of it."""
        page = await context.new_page()
        context.on("page", lambda other: self._do(other.close()))
        page.on("crash", lambda _: self._fail(ErrorKind.CRASHED, "the page brought its process down"))
        self._session = await context.new_cdp_session(page)
        await self._prepare()
        try:
            return await self._go()
        finally:
            for task in self._tasks:
                task.cancel()

    async def _prepare(self) -> None:
        assert self._session is not None
        self._session.on("Fetch.requestPaused", lambda event: self._do(self._judge(event)))
        self._session.on("Network.requestWillBeSent", lambda event: self._note(event))
        self._session.on("Network.loadingFinished", lambda event: self._under_way.discard(event["requestId"]))
        self._session.on("Network.loadingFailed", lambda event: self._note_failure(event))
        await self._send("Network.enable")
        await self._send("Page.enable")
        await self._send("Page.addScriptToEvaluateOnNewDocument", source=_PREPARE)
        at_request = {"urlPattern": "*", "requestStage": "Request"}
        at_response = {"urlPattern": "*", "resourceType": "Document", "requestStage": "Response"}
        await self._send("Fetch.enable", patterns=[at_request, at_response])
        tree = await self._send("Page.getFrameTree")
        self._frame = tree["frameTree"]["frame"]["id"]

    async def _go(self) -> Visited:
        answer = await self._unless_over(self._send("Page.navigate", url=self.visited.url))
        if answer is not None and answer.get("errorText"):
            await asyncio.sleep(0)  # what was noted about it comes first
            raise self._failure or _no_page(answer["errorText"])
        if answer is None or not await self._settle():
            return self._end()
        await self._unless_over(self._unfold_and_write())
        return self._end()

    def _end(self) -> Visited:
        if self._failure is not None:
            raise self._failure
        return self.visited

    async def _unfold_and_write(self) -> None:
        self._is_locked = True
        plain = await self._write()
        opened = await self._call("clausewatch.unfold()", seconds=_UNFOLD_SECONDS)
        await self._settle(is_quick=not opened)
        unfolded = await self._write()
        # a click that closed more than it opened is worth less than none
        text = unfolded if len(unfolded) >= 0.8 * len(plain) else plain
        self.visited.body = text.encode("utf-8", "replace")

    async def _write(self) -> str:
        text = await self._call(f"clausewatch.write({self._max_bytes})")
        if text is None or len(text) > self._max_bytes:
            raise RenderFailed(ErrorKind.TOO_LARGE, "the page is larger than is kept, once its scripts have run")
        return str(text)

    async def _settle(self, *, is_quick: bool = False) -> bool:
        """Waits until the text stands still; whether there is a page to be written. Quick: it stood still before."""
        stillness = Stillness()
        began = time.monotonic()
        while not self._is_over.is_set():
            look = await self._unless_over(self._call("clausewatch.measure()"))
            if look is None:
                break
            if not look["isWhole"]:
                raise RenderFailed(ErrorKind.TOO_LARGE, "the page has more elements than any policy")
            now = time.monotonic() - began
            still = stillness.note(look["sum"], look["length"], now=now)
            is_glance = is_quick and stillness.has_not_changed
            if still >= (GLANCE_SECONDS if is_glance else self._needed_seconds(look)):
                return True
            if now >= SETTLE_SECONDS:
                if look["isLoading"]:  # a script that does not come holds up what stands after it
                    raise RenderFailed(ErrorKind.TIMEOUT, f"not all of it came in {SETTLE_SECONDS:g} seconds")
                if stillness.is_growing():
                    raise RenderFailed(ErrorKind.TIMEOUT, f"its text still grew after {SETTLE_SECONDS:g} seconds")
                return True
            await asyncio.sleep(_LOOK_SECONDS)
        return False

    def _needed_seconds(self, look: dict[str, Any]) -> float:
        if look["isLoading"]:
            return SETTLE_SECONDS
        if look["length"] < FEW_CHARACTERS and self.visited.status < 400 and not self._is_locked:
            return SETTLE_SECONDS if self._under_way else EMPTY_SECONDS
        return STUBBORN_SECONDS if self._under_way else QUIET_SECONDS

    async def _call(self, expression: str, *, seconds: float = _CALL_SECONDS) -> Any:
        """The value of an expression in our world; a navigation in between has it asked again in the new page."""
        for _ in range(MAX_NAVIGATIONS + 2):
            if not self._world and not await self._enter():
                await asyncio.sleep(_LOOK_SECONDS)
                continue
            try:
                return await asyncio.wait_for(self._evaluate(expression), seconds)
            except TimeoutError:
                raise RenderFailed(ErrorKind.TIMEOUT, "its scripts do not let go") from None
            except _Left:
                self._world = 0
        raise RenderFailed(ErrorKind.REDIRECTS, "it goes from page to page without end")

    async def _enter(self) -> bool:
        try:
            made = await asyncio.wait_for(
                self._send("Page.createIsolatedWorld", frameId=self._frame, worldName=_WORLD), _CALL_SECONDS
            )
            self._world = made["executionContextId"]
            await asyncio.wait_for(self._evaluate(_SCRIPT + ";0"), _CALL_SECONDS)
        except TimeoutError:
            raise RenderFailed(ErrorKind.TIMEOUT, "its scripts do not let go") from None
        except _Left:
            self._world = 0
        return bool(self._world)

    async def _evaluate(self, expression: str) -> Any:
        answer = await self._send(
            "Runtime.evaluate", expression=expression, contextId=self._world, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise _Left(str(answer["exceptionDetails"].get("text")))
        return answer["result"].get("value")

    async def _send(self, method: str, **params: Any) -> dict[str, Any]:
        from playwright.async_api import Error

        assert self._session is not None
        try:
            answer: dict[str, Any] = await self._session.send(method, params)
        except Error as error:
            if self._failure is not None:
                raise self._failure from error
            raise _Left(str(error)) from error
        return answer

    async def _unless_over(self, work: Awaitable[Any]) -> Any:
        """What comes of the work, or None if the visit is over before it is done."""
        task, over = asyncio.ensure_future(work), asyncio.ensure_future(self._is_over.wait())
        try:
            await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() and not self._is_over.is_set() else None
        finally:
            over.cancel()
            if not task.done():
                task.cancel()

    def _do(self, work: Any) -> None:
        """Runs what an event asks for, while the visit lasts."""
        task = asyncio.ensure_future(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _fail(self, kind: ErrorKind, error: str) -> None:
        self._failure = self._failure or RenderFailed(kind, error)
        self._is_over.set()

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("type") not in ("EventSource", "WebSocket"):
            self._under_way.add(event["requestId"])

    def _note_failure(self, event: dict[str, Any]) -> None:
        self._under_way.discard(event["requestId"])
        if event["requestId"] == self._document and not event.get("canceled"):
            self._fail(ErrorKind.INCOMPLETE, f"the answer ended early ({event.get('errorText')})")

    async def _judge(self, event: dict[str, Any]) -> None:
        """Lets a request go on, or not."""
        is_own = event["resourceType"] == "Document" and event["frameId"] == self._frame
        if "responseStatusCode" in event or "responseErrorReason" in event:
            is_wanted = not is_own or await self._take_answer(event)
            is_own = False
        elif is_own:
            is_wanted = await self._take_request(event["request"]["url"])
        else:
            is_wanted = self._is_harmless(event["request"]["url"], event["resourceType"])
        if is_wanted:
            self._on_host(event["request"]["url"])
            own = {"headers": _with_languages(event["request"]["headers"])} if is_own else {}
            await self._send("Fetch.continueRequest", requestId=event["requestId"], **own)
        else:
            await self._send("Fetch.failRequest", requestId=event["requestId"], errorReason="Aborted")

    def _is_harmless(self, url: str, kind: str) -> bool:
        self._requests += 1
        if url.startswith(("data:", "blob:", "about:")):
            return True  # nothing is asked of anybody
        return kind not in NOT_LOADED and self._requests <= MAX_REQUESTS and refusal(url, self._allow_hosts) is None

    async def _take_request(self, url: str) -> bool:
        """Whether the page itself may go to an address: the first one, and others of its site."""
        url = urldefrag(url).url
        self._navigations += 1
        if self._navigations == 1:
            return True
        if self._is_locked or self._is_over.is_set() or refusal(url, self._allow_hosts) is not None:
            return False
        if self._navigations > MAX_NAVIGATIONS:
            self._fail(ErrorKind.REDIRECTS, "it goes from page to page without end")
            return False
        if not _is_same_site(url, self.visited.url) or not await self._may_visit(url):
            self._hand_back(302, url)
            return False
        self.visited.hops += (Hop(self.visited.url, self.visited.status or 302, url),)
        self.visited.url = url
        return True

    async def _take_answer(self, event: dict[str, Any]) -> bool:
        """Notes what the page answered; whether it is a page to be looked at."""
        if "responseErrorReason" in event:
            return True
        status = event["responseStatusCode"]
        headers = _headers(event.get("responseHeaders", []))
        if status in REDIRECTS and "location" in headers:
            location = urldefrag(urljoin(event["request"]["url"], headers["location"])).url
            if _is_same_site(location, self.visited.url) and await self._may_visit(location):
                self.visited.status = status
                return True  # and comes back as a request
            self._hand_back(status, headers["location"])
            return False
        self.visited.status, self.visited.headers = status, headers
        self._document = event.get("networkId", "")
        is_attached = headers.get("content-disposition", "").lower().startswith("attachment")
        if is_attached or not headers.get("content-type", "text/html").lower().startswith(_PAGES):
            self._is_over.set()
            return False
        return True

    def _hand_back(self, status: int, location: str) -> None:
        self.visited.status, self.visited.location = status, location
        self.visited.headers = {}
        self._is_over.set()


class _Left(Exception):
    """The page went elsewhere while it was asked."""


async def _quietly(work: Awaitable[Any]) -> None:
    try:
        await work
    except (_Left, RenderFailed):
        return  # the page is gone; the visit itself finds out


def _is_same_site(url: str, other: str) -> bool:
    return host_port(url) is not None and host_port(url) == host_port(other)


def _with_languages(headers: dict[str, str]) -> list[dict[str, str]]:
    """The browser tells the page itself its own language, whatever it was told to tell."""
    others = {name: value for name, value in headers.items() if name.lower() != "accept-language"}
    return [{"name": name, "value": value} for name, value in {**others, "Accept-Language": LANGUAGES}.items()]


def _headers(pairs: list[dict[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for pair in pairs:
        name = pair["name"].lower()
        headers[name] = f"{headers[name]}, {pair['value']}" if name in headers else pair["value"]
    return headers


_ERRORS = (
    ("ERR_CERT", ErrorKind.TLS, "no secure connection"),
    ("ERR_SSL", ErrorKind.TLS, "no secure connection"),
    ("ERR_TOO_MANY_REDIRECTS", ErrorKind.REDIRECTS, "redirects lead in a circle or too far"),
    ("TIMED_OUT", ErrorKind.TIMEOUT, "no whole answer in time"),
    ("ERR_BLOCKED", ErrorKind.FORBIDDEN, "the browser does not go there"),
    ("ERR_UNSAFE_PORT", ErrorKind.FORBIDDEN, "the browser does not go there"),
    ("ERR_CONTENT", ErrorKind.ENCODING, "the body cannot be unpacked"),
    ("ERR_CONNECTION", ErrorKind.CONNECT, "no connection"),
    ("ERR_TUNNEL", ErrorKind.CONNECT, "no connection"),
    ("ERR_PROXY", ErrorKind.CONNECT, "no connection"),
)


def _no_page(error: str) -> RenderFailed:
    for mark, kind, words in _ERRORS:
        if mark in error:
            return RenderFailed(kind, f"{words} ({error})")
    return RenderFailed(ErrorKind.INCOMPLETE, f"the answer cannot be read: {error}")
