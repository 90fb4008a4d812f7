"""Lists and playback from a Wayback stand-in, through real child processes."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from clausewatch.demo.server import Reply
from clausewatch.errors import CrawlError, Forbidden, RateLimited
from clausewatch.model import Source
from clausewatch.settings import Settings
from crawler.captures import capture_of
from crawler.cdx import Row, choose
from crawler.outcomes import ErrorKind, Hop
from crawler.wayback import Excluded, Played, list_captures, play_back
from tests.support import VendorSite, WaybackStandIn

URL = "https://www.skyforge.example/privacy"
LEGAL = "https://www.skyforge.example/legal/privacy"
CIRCLE = "https://www.skyforge.example/circle"


def day(month: int, number: int = 1) -> datetime:
    return datetime(2019, month, number, tzinfo=UTC)


@pytest.fixture
def archive() -> Iterator[WaybackStandIn]:
    with WaybackStandIn() as archive:
        yield archive


def settings_for(archive: WaybackStandIn) -> Settings:
    return Settings(allow_hosts=(archive.host,), wayback_url=archive.url)


def play(rows: list[Row], settings: Settings) -> dict[str, Played]:
    played: dict[str, Played] = {}
    play_back(rows, settings=settings, on_outcome=lambda one: played.update({one.row.timestamp: one}))
    return played


def test_a_past_is_listed_chosen_and_played_back(archive: WaybackStandIn) -> None:
    archive.add(URL, day(1), "one", headers={"Last-Modified": "Mon, 31 Dec 2018 00:00:00 GMT", "Set-Cookie": "a=b"})
    archive.add(URL, day(2), gzip.compress(b"two", mtime=0), headers={"Content-Encoding": "gzip"})
    archive.add_revisit(URL, day(3), of=day(1))
    archive.add(URL, day(4), "gone", status=404)
    archive.add(URL, day(5), "", status=301, headers={"Location": "/legal/privacy"})
    archive.add(LEGAL, day(5) + timedelta(seconds=4), "three")
    archive.add(URL, day(6), "", status=302, headers={"Location": CIRCLE})
    archive.add(CIRCLE, day(6), "", status=302, headers={"Location": URL})
    archive.add(URL, day(7), "busy", status=200)
    settings = settings_for(archive)
    rows = choose(list_captures(URL, settings=settings), every="change")
    # two rows that the index does not have: an archived error, and a time at which nothing was captured
    rows += [Row("20190401000000", URL, 404, "text/html", "GONE"), Row("20180101000000", URL, 200, "text/html", "LOST")]
    played = play(rows, settings)

    bodies = {stamp[4:6]: one.outcome.body for stamp, one in played.items() if one.outcome.body is not None}
    assert bodies == {"01": b"one", "02": b"two", "03": b"one", "04": b"gone", "05": b"three", "07": b"busy"}
    returned, gone, moved = (played[f"2019{month}01000000"] for month in ("03", "04", "05"))
    assert (returned.is_reused, returned.outcome.captured_at) == (True, day(3))
    assert (gone.outcome.status, gone.outcome.error) == (404, None)
    assert (moved.outcome.url, moved.outcome.captured_at) == (LEGAL, day(5))
    assert moved.outcome.hops == (Hop(URL, 301, LEGAL),)
    assert played["20190601000000"].outcome.error_kind is ErrorKind.REDIRECTS
    assert played["20180101000000"].outcome.error_kind is ErrorKind.MISSING
    assert sum(entry.path.endswith(f"20190401000000id_/{URL}") for entry in archive.requests) == 1

    capture = capture_of(played["20190101000000"].outcome, sha256="0" * 64, source=Source.WAYBACK)
    assert (capture.captured_at, capture.url, capture.size, capture.is_live) == (day(1), URL, 3, False)
    assert capture.headers["last-modified"] == "Mon, 31 Dec 2018 00:00:00 GMT"
    assert "set-cookie" not in " ".join(capture.headers).lower()


def test_a_long_list_comes_page_by_page_without_repeats(
    archive: WaybackStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.cdx.ROWS_A_PAGE", 4)  # thousands of rows would show the same more slowly
    archive.repeats_rows = True
    for number in range(1, 7):
        archive.add(URL, day(1, number), f"text {number}")
    rows = list_captures(URL, settings=settings_for(archive), from_at=day(1, 2), to_at=day(1, 5))
    assert [row.captured_at.day for row in rows] == [2, 3, 4, 5]
    assert len(archive.requests) > 1


def test_an_index_that_gives_the_same_page_for_ever_is_read_once() -> None:
    names = '["timestamp","original","statuscode","mimetype","digest"]'
    body = f'[{names},["20190101000000","{URL}","200","text/html","AAAA"],[],["again"]]'
    with VendorSite() as server:
        server.answer("/cdx/search/cdx", lambda request: Reply(200, body.encode()))
        settings = Settings(allow_hosts=(server.host,), wayback_url=server.root)
        assert len(list_captures(URL, settings=settings)) == 1
        assert len(server.requests) == 2


def test_an_excluded_address_is_told_from_one_without_captures(archive: WaybackStandIn) -> None:
    settings = settings_for(archive)
    assert list_captures(URL, settings=settings) == []
    archive.add(URL, day(1), "one")
    archive.exclude(URL)
    with pytest.raises(Excluded, match="does not show it"):
        list_captures(URL, settings=settings)
    played = play([Row("20190101000000", URL, 200, "text/html", "AAAA")], settings)
    assert played["20190101000000"].outcome.error_kind is ErrorKind.EXCLUDED
    assert played["20190101000000"].outcome.body is None


def test_a_429_stops_everything(archive: WaybackStandIn) -> None:
    for number in range(1, 21):
        archive.add(URL, day(1, number), f"text {number}")
    settings = settings_for(archive)
    rows = list_captures(URL, settings=settings)
    archive.limit(3, retry_after="90")
    archive.forget_requests()
    told: list[Played] = []
    with pytest.raises(RateLimited) as error:
        play_back(rows, settings=settings, on_outcome=told.append)
    assert error.value.retry_after_seconds == 90
    assert len(told) == 3
    assert all(one.outcome.body for one in told)
    assert len(archive.requests) <= 3 + 4  # at most four were under way when it came
    with pytest.raises(RateLimited):
        list_captures(URL, settings=settings)


def test_bytes_that_cannot_be_had_from_one_capture_come_from_another(archive: WaybackStandIn) -> None:
    archive.add(URL, day(3), "one")
    digest = archive.add(URL, day(3), "one").digest
    rows = [Row("20190101000000", URL, 200, "text/html", digest), Row("20190301000000", URL, None, "-", digest)]
    played = play(rows, settings_for(archive))
    assert played["20190101000000"].outcome.error_kind is ErrorKind.MISSING
    assert played["20190301000000"].outcome.body == b"one"


def test_pywb_is_read_by_its_own_paths() -> None:
    memento = (("Memento-Datetime", "Tue, 01 Jan 2019 00:00:00 GMT"), ("Content-Type", "text/html"))
    line = f'{{"timestamp": "20190101000000", "url": "{URL}", "mime": "text/html", "status": "301", "digest": "A"}}\n'
    with VendorSite() as server:
        server.answer("/coll/cdx", lambda request: Reply(200, line.encode()))
        moved = Reply(301, b"", (*memento, ("Location", LEGAL)))
        server.answer(f"/coll/20190101000000id_/{URL}", lambda request: moved)
        server.answer(f"/coll/20190101000000id_/{LEGAL}", lambda request: Reply(200, b"one", memento))
        settings = Settings(allow_hosts=(server.host,), wayback_url=server.url("/coll"))
        rows = list_captures(URL, settings=settings)
        assert play(rows, settings)["20190101000000"].outcome.body == b"one"
        assert all(entry.path.startswith("/coll/") for entry in server.requests)


def test_an_archive_that_is_not_one_is_told() -> None:
    with VendorSite() as server:
        server.publish("/cdx/search/cdx", "<html>hello</html>")
        settings = Settings(allow_hosts=(server.host,), wayback_url=server.root)
        with pytest.raises(CrawlError, match="check CLAUSEWATCH_WAYBACK_URL"):
            list_captures(URL, settings=settings)
    with pytest.raises(RateLimited, match="refuses connections"):
        list_captures(URL, settings=settings)


def test_neither_the_archive_nor_the_address_may_be_inside(archive: WaybackStandIn) -> None:
    with pytest.raises(Forbidden, match="CLAUSEWATCH_ALLOW_HOSTS"):
        list_captures("http://10.0.0.1/privacy", settings=settings_for(archive))
    inside = Settings(wayback_url=archive.url)
    with pytest.raises(Forbidden):
        list_captures(URL, settings=inside)
    with pytest.raises(Forbidden):
        play([Row("20190101000000", URL, 200, "text/html", "AAAA")], inside)
    assert archive.requests == ()
