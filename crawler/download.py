"""The connect-time guard: Scrapy's aiohttp downloader with sockets that open to public addresses only.

The address is judged when its socket is made, after DNS, for every attempt and every redirect; the spelling of the
URL is judged by ``crawler.guard`` just before. Environment proxies are not used: they would hide the address.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import yarl
from aiohttp.connector import AddrInfoType
from scrapy import Request
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler, _ClientResponse
from scrapy.exceptions import DownloadConnectionRefusedError
from scrapy.http import Response
from scrapy.utils.ssl import _make_ssl_context

from crawler.failures import AddressRefused, TlsFailed
from crawler.guard import is_allowed, is_public, refusal
from crawler.pauses import check_pause, note_block, note_pause
from crawler.permits import check_lane
from crawler.spiders.batch import note_begun
from crawler.turns import Closed

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

_KEEP_ALIVE_SECONDS = 15.0  # how long a connection stays open for the next request
_TLS_SETTINGS = (
    "DOWNLOAD_VERIFY_CERTIFICATES", "DOWNLOADER_CLIENT_TLS_CIPHERS", "DOWNLOAD_TLS_MIN_VERSION",
    "DOWNLOAD_TLS_MAX_VERSION",
)  # fmt: skip
_tls: dict[tuple[str, ...], ssl.SSLContext] = {}


@dataclass
class _Attempt:
    is_allowed: bool
    refused: str | None = None


# aiohttp makes sockets in the task of the request, or in tasks made by it, which inherit this
_attempt: ContextVar[_Attempt | None] = ContextVar("attempt", default=None)


def open_socket(address_info: AddrInfoType) -> socket.socket:
    """A socket for the address about to be connected to. Raises PermissionError where that is not public."""
    family, kind, protocol, _, address = address_info
    ip, attempt = str(address[0]), _attempt.get()
    if not (attempt and attempt.is_allowed) and not is_public(ip):
        if attempt:
            attempt.refused = ip
        raise PermissionError(errno.EACCES, f"{ip} is not a public address")
    return socket.socket(family, kind, protocol)


async def _drop_length(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    # Scrapy gives aiohttp an empty body rather than none; no browser sends Content-Length: 0, and bot walls look
    if request.method == "GET":
        request.headers.popall("Content-Length", None)
    return await handler(request)


def tls_of(settings: BaseSettings) -> ssl.SSLContext:
    """How hosts are to prove who they are. It is made once in a process, and shared with what is forked from it: to
    read the certificates that this machine trusts takes 20 ms."""
    named = tuple(str(settings.get(name)) for name in _TLS_SETTINGS)
    if named not in _tls:
        _tls[named] = _make_ssl_context(settings)
    return _tls[named]


class GuardedDownload(AiohttpDownloadHandler):
    """Scrapy's handler with the guard. tests/crawler/test_download.py proves on real crawls that it holds."""

    experimental = False  # the notice would stand in every log; what we rely on is tested
    supports_proxies = False

    def __init__(self, crawler: Crawler) -> None:
        # past AiohttpDownloadHandler's own, which makes a session without a guard that only a loop could close
        super(AiohttpDownloadHandler, self).__init__(crawler)
        self._ssl_context = tls_of(crawler.settings)
        self._allow_hosts = crawler.settings.getlist("CLAUSEWATCH_ALLOW_HOSTS")
        self._lanes: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(self._pool_size_per_host))
        connector = aiohttp.TCPConnector(
            socket_factory=open_socket,
            limit=self._pool_size_total,
            limit_per_host=self._pool_size_per_host,
            keepalive_timeout=crawler.settings.getfloat("CLAUSEWATCH_KEEP_ALIVE_SECONDS", _KEEP_ALIVE_SECONDS),
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            response_class=_ClientResponse,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            trust_env=False,
            middlewares=(_drop_length,),
        )

    async def download_request(self, request: Request) -> Response:
        # Scrapy 2.19 starts all that waits for a host at once where there is no delay: its count of what is under way
        # rises a tick too late. Waiting here, outside of the request's time limit, keeps to the lane.
        async with self._lanes[request.meta["download_slot"]]:
            check_pause(self.crawler, request)
            await check_lane(self.crawler, request)
            note_begun(self.crawler, request)
            response = await super().download_request(request)
            note_pause(self.crawler, request, response)
            return response

    @asynccontextmanager
    async def _make_request(self, request: Request, timeout: float) -> AsyncIterator[_ClientResponse]:
        attempt = _Attempt(is_allowed=self._judge(request))
        token = _attempt.set(attempt)
        try:
            async with super()._make_request(request, timeout) as response:
                yield response
        except DownloadConnectionRefusedError as error:
            if attempt.refused:
                raise AddressRefused(f"{attempt.refused} is not a public address") from error
            if isinstance(error.__cause__, aiohttp.ClientSSLError):
                raise TlsFailed(str(error)) from error
            if _is_refused(error.__cause__):
                note_block(self.crawler, request)
            raise
        finally:
            _attempt.reset(token)

    def _judge(self, request: Request) -> bool:
        """Whether the host is one of the operator's. Raises AddressRefused, also where two parsers read two hosts."""
        if reason := refusal(request.url, self._allow_hosts):
            raise AddressRefused(reason)
        allowed = is_allowed(request.url, self._allow_hosts)
        seen = yarl.URL(request.url, encoded=bool(request.meta.get("verbatim_url")))
        if allowed != is_allowed(f"{seen.scheme}://{seen.host_subcomponent}:{seen.port}/", self._allow_hosts):
            raise AddressRefused("the address can be read in two ways")
        return allowed


class DownloadByTurns(GuardedDownload):
    """Every request takes a turn, also a redirect and a second try."""

    async def download_request(self, request: Request) -> Response:
        spider: Any = self.crawler.spider
        try:
            async with spider.turns.turn(request.meta["download_slot"]):
                return await super().download_request(request)
        except Closed as closed:
            spider.pauses.setdefault(request.meta["pauses_with"], closed.seconds)
            raise


def _is_refused(error: BaseException | None) -> bool:
    return isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno == errno.ECONNREFUSED
