"""The table of hostile addresses, sent through real crawls: asked for directly, by redirects, by robots.txt, and by
a Wayback Machine; what lies inside is never asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from clausewatch.demo import answers
from clausewatch.demo.server import Reply
from clausewatch.errors import Forbidden
from clausewatch.settings import Settings
from crawler.cdx import Row, playback_url
from crawler.outcomes import ErrorKind, Fetch, Outcome
from crawler.run import run_batch
from crawler.wayback import Played, list_captures, play_back
from tests.crawler.test_guard import HOSTILE
from tests.support import VendorSite

pytestmark = pytest.mark.slow

ROW = Row("20200101000000", "https://kites.example/privacy", 200, "text/html", "DIGEST")

SENT = [url for url in HOSTILE if "#" not in url]  # what stands behind it goes nowhere: it is not part of a request
# a redirect is read as browsers read it: a space is written out, a backslash is a slash, no host is the same host
_PLAIN = (
    "http:///",
    "http://",
    "http://example.com\\@127.0.0.1/",
    "http://example.com/ HTTP/1.1",
    " http://example.com/",
)
REDIRECTED = [
    url
    for url in SENT
    if "://" in url and url not in _PLAIN and url.isprintable() and url.isascii() and len(url) < 4000
]


@pytest.fixture
def inside() -> Iterator[VendorSite]:
    with VendorSite() as inside:
        inside.publish("/secret", "nobody may read this")
        yield inside


def crawl(fetches: Sequence[Fetch], *sites: VendorSite) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    run_batch(
        fetches,
        settings=Settings(allow_hosts=tuple(site.host for site in sites)),
        on_outcome=lambda outcome: outcomes.update({outcome.id: outcome}),
        timeout_seconds=600,
        fetch_timeout_seconds=60,
    )
    return outcomes


def test_the_whole_table_is_refused_directly_and_at_the_end_of_redirects(inside: VendorSite) -> None:
    with VendorSite() as site:
        targets = {f"/to/{number}": url for number, url in enumerate([*REDIRECTED, inside.url("/secret")])}
        for path, url in targets.items():
            site.answer(path, answers.redirect(url))
        fetches = [Fetch(url, url) for url in SENT] + [Fetch(path, site.url(path)) for path in targets]
        outcomes = crawl(fetches, site)
    told = {id: outcome.error_kind for id, outcome in outcomes.items()}
    assert {id: kind for id, kind in told.items() if kind is not ErrorKind.FORBIDDEN} == {}
    assert len(REDIRECTED) > 60
    assert inside.requests == ()


def test_robots_that_lead_inside_are_not_followed_there(inside: VendorSite) -> None:
    with VendorSite() as site:
        site.publish("/privacy", "page")
        site.answer("/robots.txt", answers.redirect(inside.url("/robots.txt")))
        outcomes = crawl([Fetch("page", site.url("/privacy"))], site)
    assert outcomes["page"].body is None
    assert inside.requests == ()


def test_a_site_map_inside_is_not_read(inside: VendorSite) -> None:
    outcomes = crawl([Fetch("map", inside.url("/secret"))])  # how ``add DOMAIN`` asks for what robots.txt names
    assert outcomes["map"].error_kind is ErrorKind.FORBIDDEN
    assert inside.requests == ()


@pytest.mark.parametrize(
    "archive", ["http://169.254.169.254", "http://localhost", "file:///srv", "http://[::1]/coll", "http://2130706433"]
)
def test_a_wayback_machine_that_is_not_public_is_not_asked(archive: str) -> None:
    settings = Settings(wayback_url=archive)
    with pytest.raises(Forbidden):
        list_captures("https://kites.example/", settings=settings)
    with pytest.raises(Forbidden):
        play_back([ROW], settings=settings, on_outcome=lambda played: None)


def test_a_wayback_machine_leads_nowhere_but_to_itself(inside: VendorSite, tmp_path: Path) -> None:
    with VendorSite() as archive:
        path = playback_url(archive.root, ROW.original, ROW.timestamp).removeprefix(archive.root)
        settings = Settings(home=tmp_path, allow_hosts=(archive.host,), wayback_url=archive.root)
        for location in (inside.url("/secret"), f"//{inside.host}/secret", "file:///etc/passwd"):
            headers = (("Location", location), ("Memento-Datetime", "Wed, 01 Jan 2020 00:00:00 GMT"))
            archive.answer(path, answers.always(Reply(302, b"", headers)))
            played: list[Played] = []
            play_back([ROW], settings=settings, on_outcome=played.append)
            assert [each.outcome.error for each in played] != [None]
        assert archive.requests
        assert all(entry.path.startswith("/web/") for entry in archive.requests)
    assert inside.requests == ()
