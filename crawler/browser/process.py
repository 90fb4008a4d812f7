"""Starts and ends Chromium: one process group, whose memory is watched, and which is killed whole when it must be."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.browser.chromium import NO_SANDBOX, RUN_UNPRIVILEGED, WITHOUT_DEFAULTS, environment, switches
from crawler.failures import RenderFailed
from crawler.outcomes import ErrorKind
from crawler.settings import LANGUAGES

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Playwright

MAX_MEMORY_BYTES = 1_200_000_000  # of all its processes; over 22 pages of policies they had 310 MB at most
PAGES_A_BROWSER = 50  # then a new one is started: browsers leak
_BY_KILLING = (ErrorKind.TIMEOUT, ErrorKind.CRASHED, ErrorKind.TOO_LARGE)  # after these a page does not close
_PID_FILE = "browser.pid"
_LOOK_SECONDS = 0.1
_START_SECONDS = 30.0
_CLOSE_SECONDS = 2.0


class Chromium:
    """The browser of a batch: started when it is first needed, started again when it was killed or is worn."""

    def __init__(self, command: Sequence[str], *, folder: Path, agent: str) -> None:
        self._command, self._folder, self._agent = command, folder, agent
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._pid = 0
        self._pages = 0

    @property
    def version(self) -> str:
        return self._browser.version if self._browser else ""

    @asynccontextmanager
    async def context(self, proxy_port: int) -> AsyncIterator[BrowserContext]:
        """A browser without a past, for one page; what it kept goes with it."""
        if self._browser is None or not self._browser.is_connected() or self._pages >= PAGES_A_BROWSER:
            await self._start(proxy_port)
        assert self._browser is not None
        self._pages += 1
        context = await self._browser.new_context(
            user_agent=self._agent, accept_downloads=False, service_workers="block", locale="en",
            extra_http_headers={"Accept-Language": LANGUAGES}, timezone_id="UTC",
            viewport={"width": 1280, "height": 2000}, reduced_motion="reduce",
        )  # fmt: skip
        try:
            yield context
        except RenderFailed as error:
            await (self.kill() if error.kind in _BY_KILLING else self._close(context))
            raise
        except BaseException:
            await self.kill()
            raise
        await self._close(context)

    async def _close(self, context: BrowserContext) -> None:
        try:
            await asyncio.wait_for(context.close(), _CLOSE_SECONDS)
        except Exception:  # Playwright's errors share no root that tells a dead browser from a stuck one; both end here
            await self.kill()

    async def _start(self, proxy_port: int) -> None:
        from playwright.async_api import Error, async_playwright

        await self.kill()
        if self._playwright is None:
            os.environ["TMPDIR"] = str(self._folder)  # for the profiles that its driver makes
            self._playwright = await async_playwright().start()
        path, *own = self._command
        try:
            self._browser = await self._playwright.chromium.launch(
                executable_path=path,
                args=[*switches(proxy_port), *own],
                ignore_default_args=WITHOUT_DEFAULTS,
                chromium_sandbox=NO_SANDBOX not in own,
                env=environment(self._folder),
                timeout=_START_SECONDS * 1000,
            )
            self._pid = await _pid_of(self._browser)
            (self._folder / _PID_FILE).write_text(str(self._pid))
        except Error as error:
            raise RenderFailed(ErrorKind.NO_BROWSER, _why_not_started(path, str(error))) from error
        self._pages = 0

    async def watch_memory(self) -> None:
        """Ends only by killing the browser, when its processes take too much together."""
        while _memory_bytes(self._pid) < MAX_MEMORY_BYTES:
            await asyncio.sleep(_LOOK_SECONDS)
        await self.kill()

    async def kill(self) -> None:
        """Ends the browser with all its processes, whatever they do."""
        if self._pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)  # Playwright makes it the leader of a group of its own
        browser, self._browser, self._pid = self._browser, None, 0
        if browser is not None:
            with contextlib.suppress(Exception):  # it is dead; this only lets its driver forget it
                await asyncio.wait_for(browser.close(), _CLOSE_SECONDS)

    async def stop(self) -> None:
        """Ends the browser and its driver."""
        await self.kill()
        if self._playwright is not None:
            with contextlib.suppress(Exception):  # the driver may be gone already
                await asyncio.wait_for(self._playwright.stop(), _CLOSE_SECONDS)


def kill_left(folder: Path) -> None:
    """For the parent of a batch whose child was killed: ends the browser that it had started, if it did."""
    try:
        pid = int((folder / _PID_FILE).read_text())
        if str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():  # not somebody else's by now
            os.killpg(pid, signal.SIGKILL)
    except (OSError, ValueError):
        return  # none was started, or it ended; without /proc it ends by itself, as the pipe to it is closed
    until = time.monotonic() + _CLOSE_SECONDS
    while _memory_bytes(pid) and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)


async def _pid_of(browser: Browser) -> int:
    session = await browser.new_browser_cdp_session()
    processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    await session.detach()
    return next(int(each["id"]) for each in processes if each["type"] == "browser")


def _why_not_started(path: str, error: str) -> str:
    if "sandbox" in error.lower():
        return f"the page needs a browser: {RUN_UNPRIVILEGED}"
    first = next((line.strip() for line in error.splitlines() if line.strip()), "it said nothing")
    return f"the page needs a browser, and {path} does not start ({first}): see whether it runs by hand"


def _memory_bytes(group: int) -> int:
    """What the processes of a group hold for themselves; 0 on systems without /proc, which have no such bound."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if group and os.getpgid(int(entry.name)) == group:
                total += _own_bytes((entry / "status").read_text())
        except OSError:
            continue  # ended meanwhile
    return total


def _own_bytes(status: str) -> int:
    own = [line.split()[1] for line in status.splitlines() if line.startswith(("RssAnon:", "RssShmem:"))]
    return sum(map(int, own)) * 1024
