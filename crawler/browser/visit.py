"""One page in the browser: goes there, waits until its text stands still, opens what is folded, writes it down.

What the page asks for and where it goes is judged by ``gate``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.browser.gate import MAX_NAVIGATIONS, Gate, Visited
from crawler.browser.stillness import Stillness
from crawler.failures import RenderFailed
from crawler.outcomes import ErrorKind

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession

SETTLE_SECONDS = 20.0  # the longest that a text may take until it stands still
QUIET_SECONDS = 0.7  # so long it stands still, with nothing on its way, ...
STUBBORN_SECONDS = 3.0  # ... or so long, if there is a text and requests are open: some pages keep one for ever, ...
GLANCE_SECONDS = 0.3  # ... or so long where nothing was opened and the page was only scrolled, ...
EMPTY_SECONDS = 6.0  # ... or so long while there is hardly a text: some wait for a timer
FEW_CHARACTERS = 400  # below that a page is taken for one that still fills
_LOOK_SECONDS = 0.1
_CALL_SECONDS = 15.0  # for one look into the page; what takes longer is a page that holds on to its thread
_UNFOLD_SECONDS = 15.0  # for all clicks

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


class Visit:
    """A visit to one address; used once."""

    def __init__(self, gate: Gate, *, max_bytes: int) -> None:
        self._gate, self._max_bytes = gate, max_bytes
        self._session: CDPSession | None = None
        self._world = 0  # of our scripts in the page, as it is now
        self._tasks: set[asyncio.Task[None]] = set()

    async def look(self, context: BrowserContext) -> Visited:
        """Goes there. Raises RenderFailed where no page comes of it."""
        page = await context.new_page()
        context.on("page", lambda other: self._do(other.close()))
        page.on("crash", lambda _: self._gate.fail(ErrorKind.CRASHED, "the page brought its process down"))
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
        self._session.on("Network.requestWillBeSent", self._gate.note)
        self._session.on("Network.loadingFinished", self._gate.note_end)
        self._session.on("Network.loadingFailed", self._gate.note_failure)
        await self._send("Network.enable")
        await self._send("Page.enable")
        await self._send("Page.addScriptToEvaluateOnNewDocument", source=_PREPARE)
        at_request = {"urlPattern": "*", "requestStage": "Request"}
        at_response = {"urlPattern": "*", "resourceType": "Document", "requestStage": "Response"}
        await self._send("Fetch.enable", patterns=[at_request, at_response])
        tree = await self._send("Page.getFrameTree")
        self._gate.frame = tree["frameTree"]["frame"]["id"]

    async def _go(self) -> Visited:
        answer = await self._unless_over(self._send("Page.navigate", url=self._gate.visited.url))
        if answer is not None and answer.get("errorText"):
            await asyncio.sleep(0)  # what was noted about it comes first
            raise self._gate.failure or _no_page(answer["errorText"])
        if answer is None or not await self._settle():
            return self._end()
        await self._unless_over(self._unfold_and_write())
        return self._end()

    def _end(self) -> Visited:
        if self._gate.failure is not None:
            raise self._gate.failure
        return self._gate.visited

    async def _unfold_and_write(self) -> None:
        self._gate.is_locked = True
        plain = await self._write()
        opened = await self._call("clausewatch.unfold()", seconds=_UNFOLD_SECONDS)
        await self._settle(is_quick=not opened)
        unfolded = await self._write()
        # a click that closed more than it opened is worth less than none
        text = unfolded if len(unfolded) >= 0.8 * len(plain) else plain
        self._gate.visited.body = text.encode("utf-8", "replace")

    async def _write(self) -> str:
        text = await self._call(f"clausewatch.write({self._max_bytes})")
        if text is None or len(text) > self._max_bytes:
            raise RenderFailed(ErrorKind.TOO_LARGE, "the page is larger than is kept, once its scripts have run")
        return str(text)

    async def _settle(self, *, is_quick: bool = False) -> bool:
        """Waits until the text stands still; whether there is a page to be written. Quick: it stood still before."""
        stillness = Stillness()
        began = time.monotonic()
        while not self._gate.is_over.is_set():
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
        if look["length"] < FEW_CHARACTERS and self._gate.visited.status < 400 and not self._gate.is_locked:
            return SETTLE_SECONDS if self._gate.under_way else EMPTY_SECONDS
        return STUBBORN_SECONDS if self._gate.under_way else QUIET_SECONDS

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
                self._send("Page.createIsolatedWorld", frameId=self._gate.frame, worldName=_WORLD), _CALL_SECONDS
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
            if self._gate.failure is not None:
                raise self._gate.failure from error
            raise _Left(str(error)) from error
        return answer

    async def _unless_over(self, work: Awaitable[Any]) -> Any:
        """What comes of the work, or None if the visit is over before it is done."""
        task, over = asyncio.ensure_future(work), asyncio.ensure_future(self._gate.is_over.wait())
        try:
            await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
            if not self._gate.is_over.is_set():
                return task.result()
            if task.done() and not task.cancelled():
                task.exception()  # what ended the visit is known better
            return None
        finally:
            over.cancel()
            if not task.done():
                task.cancel()

    async def _judge(self, event: dict[str, Any]) -> None:
        command, parameters = await self._gate.judge(event)
        await self._send(command, requestId=event["requestId"], **parameters)

    def _do(self, work: Any) -> None:
        """Runs what an event asks for, while the visit lasts."""
        task = asyncio.ensure_future(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Left(Exception):
    """The page went elsewhere while it was asked."""


async def _quietly(work: Awaitable[Any]) -> None:
    try:
        await work
    except (_Left, RenderFailed):
        return  # the page is gone; the visit itself finds out


_ERRORS = (
    ("ERR_CERT", ErrorKind.TLS, "no secure connection"),
    ("ERR_SSL", ErrorKind.TLS, "no secure connection"),
    ("ERR_TOO_MANY_REDIRECTS", ErrorKind.REDIRECTS, "redirects lead in a circle or too far"),
    ("TIMED_OUT", ErrorKind.TIMEOUT, "no whole answer in time"),
    ("ERR_BLOCKED", ErrorKind.FORBIDDEN, "the browser does not go there"),
    ("ERR_UNSAFE_PORT", ErrorKind.FORBIDDEN, "the browser does not go there"),
    ("ERR_CONTENT_DECODING", ErrorKind.ENCODING, "the body cannot be unpacked"),
    ("ERR_CONNECTION", ErrorKind.CONNECT, "no connection"),
    ("ERR_TUNNEL", ErrorKind.CONNECT, "no connection"),
    ("ERR_PROXY", ErrorKind.CONNECT, "no connection"),
)


def _no_page(error: str) -> RenderFailed:
    for mark, kind, words in _ERRORS:
        if mark in error:
            return RenderFailed(kind, f"{words} ({error})")
    return RenderFailed(ErrorKind.INCOMPLETE, f"the answer cannot be read: {error}")
