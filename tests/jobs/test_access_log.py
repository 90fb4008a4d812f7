"""How politely documents are looked at for weeks, by the access logs of the sites."""

from __future__ import annotations

import itertools
import statistics
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive
from clausewatch.demo.server import LogEntry, Reply
from clausewatch.jobs.capture import crawl_documents
from clausewatch.jobs.watching import add_address
from clausewatch.settings import Settings
from tests.support.gauges import GaugedSite
from tests.support.scenario import policy

pytestmark = pytest.mark.slow
ROUNDS = 10  # after the first, which has nothing to compare with
PAGES = 4  # of each site, that never change
CRAWL_DELAY = 0.1
TICK = 0.02  # what a clock and a socket may be off
ROBOTS = f"User-agent: *\nDisallow: /private\nCrawl-delay: {CRAWL_DELAY}\n"
AHEAD = timedelta(hours=20)  # by then every document is due again but one whose site asked for longer


@pytest.fixture
def sites() -> Iterator[list[GaugedSite]]:
    with ExitStack() as stack:
        yield [stack.enter_context(GaugedSite()) for _ in range(3)]


def publish(site: GaugedSite, archive: Archive) -> None:
    site.set_robots(ROBOTS)
    for path in ("/private/terms", *(f"/privacy/{number}" for number in range(PAGES))):
        site.publish(path, policy())
        add_address(archive, site.url(path), vendor=f"Site {site.host}", now=datetime(2025, 1, 1, tzinfo=UTC))


def asked(site: GaugedSite) -> list[LogEntry]:
    return [entry for entry in site.requests if entry.path != "/robots.txt"]


def test_ten_more_rounds_over_pages_that_stay_are_polite(
    archive: Archive, sites: list[GaugedSite], tmp_path: Path
) -> None:
    *well, busy = sites
    for site in sites:
        publish(site, archive)
    for number in range(PAGES):
        busy.answer(f"/privacy/{number}", lambda request: Reply(503, b"later", (("Retry-After", str(23 * 3600)),)))
    settings = Settings(home=tmp_path, allow_hosts=tuple(site.host for site in sites), contact="ada@example.com")
    for _ in range(1 + ROUNDS):
        crawl_documents(
            archive, None, is_due_only=True, settings=settings, now=lambda: datetime.now(UTC) + AHEAD,
            on_progress=lambda line: None,
        )  # fmt: skip
    assert [entry.status for entry in asked(busy)] == [503]  # kept in the batch, and by the schedule for all its pages
    for site in well:
        log = asked(site)
        counted = Counter(entry.path for entry in log)
        assert counted == {f"/privacy/{number}": 1 + ROUNDS for number in range(PAGES)}  # nothing private
        statuses = [entry.status for entry in log]
        assert statuses[:PAGES] == [200] * PAGES
        assert statuses[PAGES:].count(304) >= 0.9 * ROUNDS * PAGES
        assert site.most == 1
        # a busy machine notes one request late and the next in time: it blurs single rests, not most of them
        rests = [(b.at - a.at).total_seconds() for a, b in itertools.pairwise(log)]
        assert statistics.median(rests) >= CRAWL_DELAY - TICK
    agents = {entry.headers["user-agent"] for site in sites for entry in site.requests}
    assert len(agents) == 1
    assert "ada@example.com" in agents.pop()
    assert not any("cookie" in entry.headers for site in sites for entry in site.requests)
