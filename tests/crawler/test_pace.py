"""How long hosts rest, by their own access logs: what answers slowly, fails or asks for it is asked more slowly."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from clausewatch.demo.server import Reply, Request
from clausewatch.settings import Settings
from crawler.outcomes import ErrorKind, Fetch, Outcome
from crawler.run import run_batch
from crawler.settings import RESTS
from tests.support import VendorSite
from tests.support.gauges import seconds_since_rules

LEAST = 0.05
SLOW = 0.1
TICK = 0.02  # what two clocks may be off


@pytest.fixture
def site() -> Iterator[VendorSite]:
    with VendorSite() as site:
        yield site


def crawl(site: VendorSite, *paths: str, timeout_seconds: float = 10.0) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    run_batch(
        [Fetch(str(number), site.url(path)) for number, path in enumerate(paths)],
        settings=Settings(allow_hosts=(site.host,)),
        on_outcome=lambda outcome: outcomes.update({outcome.id: outcome}),
        timeout_seconds=60,
        fetch_timeout_seconds=timeout_seconds,
        allowed_delay_seconds=LEAST,
    )
    return outcomes


def keeps(site: VendorSite, rest_seconds: float) -> bool:
    """Whether no page was asked for before so many rests as pages before it."""
    waited = seconds_since_rules(site)
    return all(seconds >= number * rest_seconds - TICK for number, seconds in enumerate(waited))


def slow_page(request: Request) -> Reply:
    time.sleep(SLOW)
    return Reply(200, b"page")


def test_a_host_rests_a_few_times_as_long_as_it_takes_to_answer(site: VendorSite) -> None:
    site.answer("/slow", slow_page)
    crawl(site, *["/slow"] * 4)
    assert keeps(site, RESTS * SLOW)


def test_a_quick_host_is_asked_no_faster_than_the_least_rest(site: VendorSite) -> None:
    site.publish("/quick", "page")
    crawl(site, *["/quick"] * 6)
    assert keeps(site, LEAST)


def test_what_robots_ask_is_kept_whatever_the_pace(site: VendorSite) -> None:
    site.set_robots("User-agent: *\nCrawl-delay: 0.3\n")
    site.publish("/quick", "page")
    crawl(site, *["/quick"] * 5)
    assert keeps(site, 0.3)


def test_errors_make_the_rests_longer(site: VendorSite) -> None:
    site.publish("/down", "down", status=500)
    outcomes = crawl(site, "/down")
    assert outcomes["0"].error_kind is ErrorKind.HTTP
    _, second, third = seconds_since_rules(site)
    assert second >= 2 * LEAST - TICK
    assert third >= (2 + 4) * LEAST - TICK


def test_a_stall_makes_the_next_rest_longer(site: VendorSite) -> None:
    site.answer("/stall", lambda request: Reply(200, b"late", delay_seconds=600))
    site.publish("/quick", "page")
    outcomes = crawl(site, "/stall", "/quick", "/quick", timeout_seconds=2)  # what quick ones never take
    assert outcomes["0"].error_kind is ErrorKind.TIMEOUT
    assert [outcomes[id].status for id in "12"] == [200, 200]


def test_rules_of_a_site_over_one_scheme_are_not_those_over_the_other(site: VendorSite) -> None:
    """Nothing answers over https: that closes https alone."""
    site.publish("/plain", "page")
    outcomes: dict[str, Outcome] = {}
    run_batch(
        [Fetch("https", f"https://{site.host}/plain"), Fetch("http", site.url("/plain"))],
        settings=Settings(allow_hosts=(site.host,)),
        on_outcome=lambda outcome: outcomes.update({outcome.id: outcome}),
        timeout_seconds=60,
    )
    assert (outcomes["https"].error_kind, outcomes["http"].status) == (ErrorKind.TLS, 200)
