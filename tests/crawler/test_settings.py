"""Scrapy's settings are safe and polite, and the agent says who it is."""

from __future__ import annotations

import subprocess
import sys

import clausewatch
from clausewatch.settings import Settings
from crawler.outcomes import Plan
from crawler.settings import INDEX_SLOT, PLAYBACK_SLOT, agent_of, scrapy_settings


def plan(spider: str = "live", *, allow_hosts: tuple[str, ...] = (), wayback_url: str = "https://a.example") -> Plan:
    return Plan(spider, "Clausewatch/1", "/nowhere", allow_hosts, wayback_url, 60.0, 1000)


def test_what_scrapy_leaves_open_is_shut() -> None:
    settings = scrapy_settings(plan())
    shut = ["COOKIES_ENABLED", "REMOTE_CONTROL_ENABLED", "TELNETCONSOLE_ENABLED", "HTTPPROXY_ENABLED"]
    assert [settings[name] for name in shut] == [False] * len(shut)
    assert settings["ROBOTSTXT_OBEY"]
    assert settings["DOWNLOAD_VERIFY_CERTIFICATES"]
    handlers = settings["DOWNLOAD_HANDLERS"]
    assert {scheme for scheme, handler in handlers.items() if handler} == {"http", "https"}
    assert {scheme for scheme, handler in handlers.items() if not handler} == {"data", "file", "ftp", "s3"}


def test_public_hosts_rest_between_requests_and_the_operators_own_do_not() -> None:
    settings = scrapy_settings(plan(allow_hosts=("127.0.0.1:8080", "[::1]:9000")))
    assert (settings["DOWNLOAD_DELAY"], settings["CONCURRENT_REQUESTS_PER_DOMAIN"]) == (1.0, 1)
    assert settings["AUTOTHROTTLE_START_DELAY"] == 2.0
    assert {name: settings["DOWNLOAD_SLOTS"][name]["delay"] for name in ("127.0.0.1", "::1")} == {
        "127.0.0.1": 0, "::1": 0,
    }  # fmt: skip


def test_the_archive_is_asked_within_its_limits_over_few_connections() -> None:
    settings = scrapy_settings(plan("wayback"))
    slots = settings["DOWNLOAD_SLOTS"]
    assert (slots[INDEX_SLOT]["delay"], slots[PLAYBACK_SLOT]["delay"]) == (2.5, 0.125)
    assert (settings["CONCURRENT_REQUESTS"], settings["DOWNLOAD_DELAY_JITTER"]) == (4, 0)
    own = scrapy_settings(plan("wayback", allow_hosts=("127.0.0.1:8080",), wayback_url="http://127.0.0.1:8080"))
    assert own["DOWNLOAD_SLOTS"][INDEX_SLOT]["delay"] == 0


def test_the_agent_names_a_contact_or_the_public_address_or_only_itself() -> None:
    name = f"Clausewatch/{clausewatch.__version__}"
    assert agent_of(Settings()) == name
    assert agent_of(Settings(public_url="https://clausewatch.example")) == f"{name} (+https://clausewatch.example)"
    assert agent_of(Settings(contact="ops@example.org")) == f"{name} (+ops@example.org)"
    assert agent_of(Settings(contact="x\r\nHost: y")) == name


def test_the_parent_needs_neither_scrapy_nor_a_database_and_the_child_no_database() -> None:
    heavy = "{'scrapy', 'twisted', 'aiohttp', 'sqlalchemy'}"
    for imported, loaded in {
        "crawler.live, crawler.wayback": "[]",
        "crawler.child": "['scrapy', 'twisted']",
    }.items():
        code = f"import sys, {imported}; print(sorted({heavy} & sys.modules.keys()))"
        assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == loaded
