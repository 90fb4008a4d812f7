"""A real pywb over WARC files of fictional policies: its index, its playback, backfills and one-off comparisons."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it has no stubs
import pytest

from archive import Archive
from clausewatch.demo.server import Reply, Request
from clausewatch.jobs.backfill import Filled, backfill_documents
from clausewatch.jobs.capture import crawl_documents
from clausewatch.jobs.history import texts_at
from clausewatch.jobs.watching import add_address
from clausewatch.model import Source
from clausewatch.settings import Settings
from crawler.cdx import Row
from crawler.outcomes import ErrorKind, Hop
from crawler.wayback import Played, list_captures, play_back
from tests.support import VendorSite, WaybackStandIn
from tests.support.pywb import IS_THERE, Pywb, pywb_of
from tests.support.scenario import NOW, URL, Vendor, World, archive_of, day, policy
from tests.support.warcs import Warc, warc_file

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not IS_THERE, reason="pywb is not there; .ci/run makes its environment under .venv/pywb"),
]

LEGAL = "https://harborkites.example/legal"
CIRCLE = "https://harborkites.example/circle"
ITSELF = "https://harborkites.example/itself"
BUSY = "https://gullwing.example/privacy"
PAGE = policy(extra="Zoë's café in Kraków asks for 5 € a day.")

CODINGS: dict[str, tuple[bytes, str, tuple[tuple[str, str], ...]]] = {
    "utf-8": (PAGE.encode(), "text/html; charset=utf-8", ()),
    "latin-2": (PAGE.replace("€", "EUR").encode("iso8859-2"), "text/html; charset=iso-8859-2", ()),
    "gzip": (gzip.compress(PAGE.encode(), mtime=0), "text/html; charset=utf-8", (("Content-Encoding", "gzip"),)),
    "br": (brotli.compress(PAGE.encode()), "text/html; charset=utf-8", (("Content-Encoding", "br"),)),
    "meta": (
        PAGE.replace("<head>", '<head><meta charset="windows-1252">').replace("ó", "o").encode("cp1252"), "text/html",
        (),
    ),
}  # fmt: skip
"""The same words as sites send them: body, content type and further headers."""


@dataclass(frozen=True)
class Place:
    """What all tests share: a vendor's site, a pywb that has its pages and others, and a stand-in with the same."""

    site: VendorSite
    pywb: Pywb
    wayback: WaybackStandIn

    def settings(self, home: Path, *, wayback: str | None = None) -> Settings:
        hosts = (self.site.host, self.pywb.host, self.wayback.host)
        return Settings(home=home, allow_hosts=hosts, wayback_url=wayback or self.pywb.url)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("pywb")
    with VendorSite() as site, WaybackStandIn() as wayback:
        with warc_file(folder / "policies.warc.gz") as warc:
            write_past(warc)
            for name, (body, content_type, headers) in CODINGS.items():
                warc.response(site.url(f"/{name}"), body, at=day(-9), content_type=content_type, headers=headers)
                wayback.add(site.url(f"/{name}"), day(-9), body, content_type=content_type, headers=dict(headers))
        for name, (body, content_type, headers) in CODINGS.items():
            site.answer(f"/{name}", always(Reply(200, body, (("Content-Type", content_type), *headers))))
        with pywb_of([folder / "policies.warc.gz"], folder / "served") as pywb:
            yield Place(site, pywb, wayback)


def always(reply: Reply) -> Callable[[Request], Reply]:
    return lambda request: reply


def write_past(warc: Warc) -> None:
    """Changes, a return, a revisit, redirects, an archived error; and a page that was captured every day."""
    for number, months in enumerate((18, 24, 18)):
        warc.response(URL, policy(months=months), at=day(number))
    warc.revisit(URL, at=day(3), of=policy(months=24))
    warc.response(URL, "<h1>gone</h1>", at=day(4), status="404 Not Found")
    warc.response(URL, "", at=day(60), status="301 Moved Permanently", headers=(("Location", "/legal#top"),))
    warc.response(LEGAL, policy(months=30), at=day(60) + timedelta(seconds=4))
    for url, target in ((CIRCLE, LEGAL + "/"), (LEGAL + "/", CIRCLE), (ITSELF, ITSELF)):
        warc.response(url, "", at=day(0), status="302 Found", headers=(("Location", target),))
    for number in range(40):
        warc.response(BUSY, policy(months=12 + number // 10), at=day(number))


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[Vendor]:
    with archive_of(tmp_path) as archive:
        yield Vendor(archive, add_address(archive, URL, vendor="Harbor Kites", now=NOW))


def filled(vendor: Vendor, place: Place, home: Path, *, every: str = "change") -> Filled:
    return backfill_documents(
        vendor.archive, vendor.document.name, from_at=None, to_at=None, every=every, settings=place.settings(home),
        on_progress=lambda line: None,
    )  # fmt: skip


def play(rows: list[Row], settings: Settings) -> dict[str, Played]:
    played: dict[str, Played] = {}
    play_back(rows, settings=settings, on_outcome=lambda one: played.update({one.row.timestamp: one}))
    return played


def test_its_index_and_its_playback_are_read(place: Place, tmp_path: Path) -> None:
    settings = place.settings(tmp_path)
    rows = list_captures(URL, settings=settings, to_at=day(61))
    assert [(row.captured_at, row.status) for row in rows if row.captured_at != day(4)] == [
        (day(0), 200), (day(1), 200), (day(2), 200), (day(3), None), (day(60), 301),
    ]  # fmt: skip
    assert list_captures("https://nobody.example/", settings=settings) == []
    far = Row("20300101000000", URL, 200, "text/html", "FAR")
    gone = Row(f"{day(4):%Y%m%d%H%M%S}", URL, 404, "text/html", "GONE")
    circle = Row(f"{day(0):%Y%m%d%H%M%S}", CIRCLE, 302, "text/html", "CIRCLE")
    itself = Row(f"{day(0):%Y%m%d%H%M%S}", ITSELF, 302, "text/html", "ITSELF")
    played = play([rows[-1], far, gone, circle], settings)
    moved = played[rows[-1].timestamp].outcome
    assert (moved.url, moved.captured_at, moved.hops) == (LEGAL, day(60), (Hop(URL, 301, LEGAL),))
    assert b"30 months" in (moved.body or b"")
    assert played[far.timestamp].outcome.error_kind is ErrorKind.MISSING  # the nearest is served, years away
    assert (played[gone.timestamp].outcome.status, played[gone.timestamp].outcome.error) == (404, None)
    assert played[circle.timestamp].outcome.error_kind is ErrorKind.REDIRECTS
    # it answers 400 to a redirect to itself, and will
    assert play([itself], settings)[itself.timestamp].outcome.error_kind is ErrorKind.MISSING


def test_a_backfill_from_it_is_one_from_the_stand_in(place: Place, vendor: Vendor, tmp_path: Path) -> None:
    done = filled(vendor, place, tmp_path)
    assert (done.new, done.failed) == (5, 0)
    World(vendor.archive).settles()
    assert [each.first_at for each in vendor.versions] == [day(0), day(1), day(2), day(3), day(60)]
    assert vendor.states == ["history"] * 4
    asked = [path for path in place.pywb.requests if f"{day(3):%Y%m%d%H%M%S}" in path]
    assert not asked  # a revisit has the bytes of an earlier capture
    assert filled(vendor, place, tmp_path).known == 5


def test_revisits_whose_first_capture_is_out_of_sight_are_played_back(place: Place, tmp_path: Path) -> None:
    settings = place.settings(tmp_path)
    (revisit,) = list_captures(URL, settings=settings, from_at=day(3), to_at=day(3))
    played = play([revisit], settings)[revisit.timestamp].outcome
    assert (played.body, played.captured_at) == (policy(months=24).encode(), day(3))


@pytest.mark.parametrize(("every", "count"), [("week", 6), ("month", 2)])
def test_steps_choose_what_is_played_back(place: Place, tmp_path: Path, every: str, count: int) -> None:
    with archive_of(tmp_path) as archive:
        vendor = Vendor(archive, add_address(archive, BUSY, vendor="Gull Wing", now=NOW))
        done = filled(vendor, place, tmp_path, every=every)
        assert done.new == len(vendor.snapshots) == count
        if every == "month":
            assert [each.captured_at for each in vendor.snapshots] == [day(0), day(31)]


@pytest.mark.parametrize("dialect", ["pywb", "internet archive"])
def test_the_same_pages_by_live_and_by_wayback_have_the_same_text(place: Place, tmp_path: Path, dialect: str) -> None:
    settings = place.settings(tmp_path, wayback=place.wayback.url if dialect == "internet archive" else None)
    names = list(CODINGS) if dialect == "pywb" else ["latin-2", "gzip"]
    with archive_of(tmp_path) as archive:
        documents = [
            add_address(archive, place.site.url(f"/{name}"), vendor=name, type="Privacy Policy", now=NOW)
            for name in names
        ]
        crawl_documents(
            archive, None, is_due_only=False, settings=settings, now=lambda: NOW, on_progress=lambda line: None
        )
        for document in documents:
            backfill_documents(
                archive, document.name, from_at=None, to_at=None, every="change", settings=settings,
                on_progress=lambda line: None,
            )  # fmt: skip
        World(archive).settles()
        for document in documents:
            one_version_of_two_looks(archive, Vendor(archive, document))


def one_version_of_two_looks(archive: Archive, vendor: Vendor) -> None:
    assert {each.source for each in vendor.snapshots} == {Source.LIVE, Source.WAYBACK}
    assert len({each.sha256 for each in vendor.snapshots}) == 1
    (version,) = vendor.versions
    assert (version.first_at, version.snapshots) == (day(-9), 2)


def test_one_off_comparisons_ask_it_and_keep_nothing_unless_asked(place: Place, tmp_path: Path) -> None:
    settings = replace(place.settings(tmp_path / "home"), wayback_url="https://web.archive.org")
    for keeps in (False, True):
        before, after = texts_at(
            URL, (day(0.5), day(1.5)), settings=settings, wayback=place.pywb.url,
            open_archive=(lambda: archive_of(tmp_path / "home")) if keeps else None, on_progress=lambda line: None,
        )  # fmt: skip
        assert ("18 months" in before.text.text, "24 months" in after.text.text) == (True, True)
        assert (before.side.at, after.side.at) == (day(0), day(1))
        assert (tmp_path / "home").exists() == keeps
