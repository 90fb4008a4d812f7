"""Scrapy settings: safe, polite, and honest about who asks. Scrapy's defaults are the opposite in most of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import clausewatch
from clausewatch.settings import Settings
from crawler.guard import is_allowed, refusal
from crawler.outcomes import RETRY_STATUSES, Plan

PRODUCT = "Clausewatch"

# The Internet Archive allows 30 index queries and 600 playbacks a minute and asked clients to stay at 80 % of that
# (edgi-govdata-archiving/wayback, release notes 0.5.1 of June 2026).
INDEX_QUERIES_PER_MINUTE = 24
PLAYBACKS_PER_SECOND = 8
ARCHIVE_CONNECTIONS = 4  # at most, over all processes
SHARED_KEEP_ALIVE_SECONDS = 4.0  # what is open and idle counts as a connection; archive.limits gives it LINGERING
INDEX_SLOT, PLAYBACK_SLOT = "wayback-index", "wayback-playback"

DELAY_SECONDS = 2.0  # between two requests to one public host, until its pace is known
LEAST_DELAY_SECONDS = 1.0  # a person who reads is no faster
LONGEST_DELAY_SECONDS = 60.0  # beyond a minute no batch would end; also the longest Crawl-delay that is kept
RESTS = 5.0  # times as long as the host took to answer
MAX_BYTES = 20 * 1024 * 1024  # of a body, also while it is decompressed; the largest policy seen has 3 MB
MAX_ROBOTS_BYTES = 500 * 1024  # as far as RFC 9309 (2.5) asks a crawler to read; one of 20 MB would take half a minute
FETCH_TIMEOUT_SECONDS = 60.0
MAX_REDIRECTS = 10
LANGUAGES = "en,*;q=0.5"

BOT_NAME = PRODUCT
SPIDER_MODULES = ["crawler.spiders"]
USER_AGENT = f"{PRODUCT}/{clausewatch.__version__}"
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/pdf;q=0.9,text/plain;q=0.8,*/*;q=0.5",
    "Accept-Language": LANGUAGES,
}

DOWNLOAD_HANDLERS = {
    "http": "crawler.download.GuardedDownload", "https": "crawler.download.GuardedDownload",
    "data": None, "file": None, "ftp": None, "s3": None,
}  # fmt: skip
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_MAXSIZE = MAX_BYTES
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = FETCH_TIMEOUT_SECONDS
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.Robots": 100,
    "crawler.middlewares.Pauses": 560,  # after robots.txt was asked for, which may bring the pause
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawler.middlewares.Retries": 550,
}
ITEM_PIPELINES = {"crawler.pipelines.HandOver": 100}

ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = PRODUCT
COOKIES_ENABLED = False  # also keeps tldextract from fetching its list
HTTPPROXY_ENABLED = False  # a proxy of the environment would get past the guard
REFERER_ENABLED = False
METAREFRESH_ENABLED = False
REDIRECT_MAX_TIMES = MAX_REDIRECTS  # for robots.txt alone: spiders follow redirects themselves and write them down
URLLENGTH_LIMIT = 0  # the guard has its own; Scrapy's would drop requests without a word
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

CONCURRENT_ITEMS = 1  # of one answer, which has one; Scrapy starts as many tasks for each answer, whatever comes of it
CONCURRENT_REQUESTS = 64  # over all hosts; what waits for its host counts too
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = LEAST_DELAY_SECONDS
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = DELAY_SECONDS
AUTOTHROTTLE_MAX_DELAY = LONGEST_DELAY_SECONDS
AUTOTHROTTLE_TARGET_CONCURRENCY = 1 / RESTS
EXTENSIONS = {"scrapy.extensions.throttle.AutoThrottle": None, "crawler.pace.Pace": 0}
DOWNLOAD_DELAY_JITTER = 0  # Scrapy's ±50 % would go below it
RETRY_TIMES = 2
RETRY_HTTP_CODES = list(RETRY_STATUSES)
RETRY_EXCEPTIONS = [  # a host that stalls is not asked again at once; the next turn will
    "scrapy.exceptions.CannotResolveHostError",
    "scrapy.exceptions.DownloadConnectionRefusedError",
    "scrapy.exceptions.DownloadFailedError",
    "scrapy.exceptions.ResponseDataLossError",
]
RETRY_GIVE_UP_LOG_LEVEL = "INFO"

LOG_LEVEL = "INFO"

_UNUSED = {
    "EXTENSIONS_BASE": ("closespider", "feedexport", "memdebug", "remote_control", "spiderstate", "telnet"),
    "DOWNLOADER_MIDDLEWARES_BASE": ("cookies", "httpcache", "httpproxy"),
}
"""Modules of Scrapy that are switched off, or without use here. It imports them all the same, set to None even, and a
third of the time in which a child starts goes to what they import."""

_FOR_THE_BROWSER = {
    "DOWNLOAD_HANDLERS": {
        **DOWNLOAD_HANDLERS,
        "http": "crawler.browser.download.BrowserDownload", "https": "crawler.browser.download.BrowserDownload",
    }
}  # fmt: skip
_FOR_THE_ARCHIVE = {"CONCURRENT_REQUESTS": ARCHIVE_CONNECTIONS, "CONCURRENT_REQUESTS_PER_DOMAIN": ARCHIVE_CONNECTIONS}


_BY_TURNS = {
    "DOWNLOAD_HANDLERS": {
        **DOWNLOAD_HANDLERS,
        "http": "crawler.download.DownloadByTurns", "https": "crawler.download.DownloadByTurns",
    },
    "CLAUSEWATCH_KEEP_ALIVE_SECONDS": SHARED_KEEP_ALIVE_SECONDS,
}  # fmt: skip


def agent_of(settings: Settings) -> str:
    """``Clausewatch/1.2 (+you@example.org)``: who asks, and where to complain: the contact or the public address."""
    address = settings.public_url if refusal(settings.public_url, ()) is None else ""
    told = (settings.contact or address).encode("ascii", "ignore").decode().strip()
    return f"{USER_AGENT} (+{told})" if told and told.isprintable() else USER_AGENT


def scrapy_settings(plan: Plan) -> dict[str, Any]:
    """The settings of this module, with what the plan says."""
    names = {name: value for name, value in globals().items() if name.isupper()}
    return names | {
        **_bases(),
        "USER_AGENT": plan.agent,
        "CLAUSEWATCH_ALLOW_HOSTS": list(plan.allow_hosts),
        "DOWNLOAD_SLOTS": _slots(plan),
        "DOWNLOAD_TIMEOUT": plan.fetch_timeout_seconds,
        "DOWNLOAD_MAXSIZE": plan.max_bytes,
        **_delays(plan),
        **(_FOR_THE_BROWSER if plan.spider == "rendered" else {}),
        **(_FOR_THE_ARCHIVE if plan.spider == "wayback" else {}),
        **(_BY_TURNS if plan.turns_fd is not None else {}),
    }


def _bases() -> dict[str, dict[str, int]]:
    """What Scrapy has by itself, without what is unused."""
    from scrapy.settings import default_settings

    return {
        base: {
            name: place for name, place in getattr(default_settings, base).items() if name.split(".")[-2] not in unused
        }
        for base, unused in _UNUSED.items()
    }


def _slots(plan: Plan) -> dict[str, dict[str, Any]]:
    """Lanes with a pace of their own: the Wayback Machine's, and the operator's hosts, which need no rest."""
    rests = 0 if plan.turns_fd is not None or is_allowed(plan.wayback_url, plan.allow_hosts) else 1
    index = {"delay": rests * 60 / INDEX_QUERIES_PER_MINUTE}
    playback = {"delay": rests / PLAYBACKS_PER_SECOND}
    names = [urlsplit(f"//{host}").hostname for host in plan.allow_hosts]
    return {
        INDEX_SLOT: index | {"concurrency": ARCHIVE_CONNECTIONS},
        PLAYBACK_SLOT: playback | {"concurrency": ARCHIVE_CONNECTIONS},
        **{name: {"concurrency": 1, "delay": 0} for name in names if name and plan.allowed_delay_seconds == 0},
    }


def _delays(plan: Plan) -> dict[str, float]:
    if plan.allowed_delay_seconds == 0:
        return {}
    return {"DOWNLOAD_DELAY": plan.allowed_delay_seconds, "AUTOTHROTTLE_START_DELAY": plan.allowed_delay_seconds}
