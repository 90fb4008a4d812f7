"""The ways in which a download fails, and the kind and the words for each."""

from __future__ import annotations

import re

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

from crawler.outcomes import ErrorKind


class AddressRefused(IgnoreRequest):
    """The guard refused the address, by its spelling or by where it leads."""


class TlsFailed(Exception):
    """The host could not prove who it is, or speaks no TLS that we do. Trying again does not help."""


class HostPaused(IgnoreRequest):
    """The host asked for a pause."""


class NotAsked(HostPaused):
    """The host asked for a pause a moment ago, so that this was not asked at all; nothing is known of it."""


class LaneTaken(NotAsked):
    """Another crawl asks the host at the moment, perhaps on another machine."""


class RenderFailed(IgnoreRequest):
    """A browser could not show the page; trying again at once would not help."""

    def __init__(self, kind: ErrorKind, error: str) -> None:
        super().__init__(error)
        self.kind = kind


class RobotsDisallow(IgnoreRequest):
    """robots.txt disallows the address."""


class RobotsUnreadable(Exception):
    """robots.txt answered with an error of the server."""


class RobotsPaused(Exception):
    """robots.txt answered that the site wants a pause."""


class RobotsUnreachable(IgnoreRequest):
    """robots.txt could not be asked for; ``reason`` is why. The page is not asked either."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__(str(reason))
        self.reason = reason


_WORDS: tuple[tuple[type[BaseException], ErrorKind, str], ...] = (
    (RobotsDisallow, ErrorKind.ROBOTS, "robots.txt disallows it"),
    (RobotsUnreadable, ErrorKind.ROBOTS_UNREADABLE, "{detail}"),
    (RobotsPaused, ErrorKind.RATE_LIMITED, "{detail}"),
    (AddressRefused, ErrorKind.FORBIDDEN, "{detail}"),
    (LaneTaken, ErrorKind.BUSY, "{detail}"),
    (HostPaused, ErrorKind.RATE_LIMITED, "{detail}"),
    (TlsFailed, ErrorKind.TLS, "no secure connection: {detail}"),
    (CannotResolveHostError, ErrorKind.DNS, "the host has no address: {detail}"),
    (DownloadConnectionRefusedError, ErrorKind.CONNECT, "no connection: {detail}"),
    (DownloadTimeoutError, ErrorKind.TIMEOUT, "no whole answer in time"),
    (DownloadCancelledError, ErrorKind.TOO_LARGE, "the answer is larger than is fetched"),
    (ResponseDataLossError, ErrorKind.INCOMPLETE, "the answer ended early"),
    (DownloadFailedError, ErrorKind.INCOMPLETE, "the answer cannot be read: {detail}"),
)
_IN_BRACKETS = re.compile(r"\[(.*)\]\s*$", re.DOTALL)  # aiohttp: Cannot connect to host x ssl:<... at 0x7f> [why]


def explain(error: BaseException | None) -> tuple[ErrorKind, str]:
    """The kind of a failure and a line for people; the same failure gives the same line."""
    if isinstance(error, RobotsUnreachable):
        kind, words = explain(error.reason)
        if not was_asked(error):
            return kind, words
        return kind, f"robots.txt cannot be had: {words}"
    if isinstance(error, RenderFailed):
        return error.kind, _detail(error)
    for known, kind, words in _WORDS:
        if isinstance(error, known):
            return kind, words.format(detail=_detail(error))
    if isinstance(error, IgnoreRequest) and "DOWNLOAD_MAXSIZE" in str(error):  # Scrapy has no type for this one
        return ErrorKind.TOO_LARGE, "the answer is larger than is fetched, once unpacked"
    return ErrorKind.ENCODING, f"the body cannot be unpacked: {_detail(error)}"


def was_asked(error: BaseException | None) -> bool:
    """Whether the failure tells of an answer, or of none, rather than that nobody was asked."""
    return not isinstance(error.reason if isinstance(error, RobotsUnreachable) else error, NotAsked)


def _detail(error: BaseException | None) -> str:
    text = str(error) or type(error).__name__
    match = _IN_BRACKETS.search(text)
    return " ".join((match[1] if match else text).split())
