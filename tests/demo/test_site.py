"""The vendor site: what was published comes back, with validators, and is logged."""

from __future__ import annotations

import gzip
import http.client
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from clausewatch.demo import answers
from clausewatch.demo.server import Reply, Request
from tests.support import VendorSite

PRIVACY = "/skyforge/privacy"


@pytest.fixture
def site() -> Iterator[VendorSite]:
    with VendorSite() as site:
        yield site


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=60) as client:
        yield client


def test_a_published_page_is_served_and_logged(site: VendorSite, client: httpx.Client) -> None:
    site.publish(PRIVACY, "<h1>Privacy – notice</h1>")
    reply = client.get(site.url(PRIVACY), headers={"User-Agent": "tester"})
    assert (reply.status_code, reply.text) == (200, "<h1>Privacy – notice</h1>")
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    entry = site.requests[-1]
    assert (entry.method, entry.path, entry.status, entry.headers["user-agent"]) == ("GET", PRIVACY, 200, "tester")
    assert entry.at.tzinfo is not None


def test_an_unknown_path_is_404_and_a_withdrawn_one_too(site: VendorSite, client: httpx.Client) -> None:
    site.publish(PRIVACY, "here")
    site.withdraw(PRIVACY)
    assert client.get(site.url(PRIVACY)).status_code == 404


def test_a_client_that_holds_the_page_gets_304_without_a_body(site: VendorSite, client: httpx.Client) -> None:
    site.publish(PRIVACY, "one")
    first = client.get(site.url(PRIVACY))
    by_tag = client.get(site.url(PRIVACY), headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    by_day = client.get(site.url(PRIVACY), headers={"If-Modified-Since": first.headers["last-modified"]})
    assert [by_tag.status_code, by_day.status_code] == [304, 304]
    assert by_tag.content == b""
    assert by_tag.headers["etag"] == first.headers["etag"]


def test_a_new_text_is_served_in_full_to_a_client_that_holds_the_old_one(client: httpx.Client) -> None:
    now = datetime(2024, 5, 1, tzinfo=UTC)
    with VendorSite(clock=lambda: now) as site:
        site.publish(PRIVACY, "one")
        first = client.get(site.url(PRIVACY))
        now += timedelta(days=1)
        site.publish(PRIVACY, "two")
        held = {"If-None-Match": first.headers["etag"], "If-Modified-Since": first.headers["last-modified"]}
        second = client.get(site.url(PRIVACY), headers=held)
        assert (second.status_code, second.text) == (200, "two")
        assert second.headers["last-modified"] == "Thu, 02 May 2024 00:00:00 GMT"


def test_the_tag_decides_where_tag_and_day_disagree(site: VendorSite, client: httpx.Client) -> None:
    site.publish(PRIVACY, "one")
    day = client.get(site.url(PRIVACY)).headers["last-modified"]
    headers = {"If-None-Match": '"other"', "If-Modified-Since": day}
    assert client.get(site.url(PRIVACY), headers=headers).status_code == 200
    assert client.get(site.url(PRIVACY), headers={"If-Modified-Since": "yesterday"}).status_code == 200


def test_robots_allow_everything_until_told_otherwise(site: VendorSite, client: httpx.Client) -> None:
    assert client.get(site.url("/robots.txt")).text == "User-agent: *\nAllow: /\n"
    site.set_robots("User-agent: *\nDisallow: /skyforge/\n")
    assert "Disallow: /skyforge/" in client.get(site.url("/robots.txt")).text


def test_special_answers_come_as_named(site: VendorSite, client: httpx.Client) -> None:
    site.answer("/moved", answers.redirect("/new", status=301))
    site.answer("/wall", answers.bot_wall(status=200))
    site.answer("/busy", answers.too_many(retry_after="7"))
    site.answer("/packed", answers.gzipped("<p>packed</p>"))
    site.answer("/liar", answers.mislabelled("<p>Datenschutzerklärung</p>", encoding="iso-8859-1", claimed="utf-8"))
    moved, busy = client.get(site.url("/moved")), client.get(site.url("/busy"))
    assert (moved.status_code, moved.headers["location"]) == (301, "/new")
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "7")
    assert "verify that you are a human" in client.get(site.url("/wall")).text
    packed = client.get(site.url("/packed"))
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", "<p>packed</p>")
    assert "erkl\ufffdrung" in client.get(site.url("/liar")).content.decode(errors="replace")


def test_answers_come_in_turn_and_the_last_one_stays(site: VendorSite, client: httpx.Client) -> None:
    site.answer("/flap", answers.in_turn(answers.too_many(), answers.always(Reply(200, b"back"))))
    assert [client.get(site.url("/flap")).status_code for _ in range(3)] == [429, 200, 200]


def test_a_body_that_ends_early_breaks_the_promise_of_its_length(site: VendorSite, client: httpx.Client) -> None:
    site.answer("/cut", answers.cut_off(b"0123456789", after=4))
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(site.url("/cut"))


def test_a_lookup_sends_headers_alone(site: VendorSite, client: httpx.Client) -> None:
    site.publish(PRIVACY, "twelve chars")
    reply = client.head(site.url(PRIVACY))
    assert (reply.status_code, reply.headers["content-length"], reply.content) == (200, "12", b"")


def test_stopping_ends_stalled_and_idle_connections_and_every_thread() -> None:
    with VendorSite() as site:
        site.publish(PRIVACY, "one")
        site.answer("/stall", answers.stall(600))
        idle, stalled = (http.client.HTTPConnection(site.host, timeout=30) for _ in range(2))
        idle.request("GET", PRIVACY)
        assert idle.getresponse().read() == b"one"
        stalled.request("GET", "/stall")
    assert not [thread for thread in threading.enumerate() if "VendorSite" in thread.name]
    assert not [thread for thread in threading.enumerate() if "process_request" in thread.name]
    idle.close()
    stalled.close()


def test_an_answer_that_fails_is_not_passed_over(client: httpx.Client) -> None:
    def broken(request: Request) -> Reply:
        raise ZeroDivisionError(request.path)

    site = VendorSite().start()
    site.answer("/broken", broken)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(site.url("/broken"))
    with pytest.raises(ZeroDivisionError, match="/broken"):
        site.stop()


def test_a_page_is_found_with_its_query_or_without(site: VendorSite, client: httpx.Client) -> None:
    site.publish("/policy", "plain")
    site.publish("/policy?lang=de", "deutsch")
    assert client.get(site.url("/policy?lang=de")).text == "deutsch"
    assert client.get(site.url("/policy?lang=fr")).text == "plain"


def test_compressed_bodies_are_the_same_each_time() -> None:
    replies = [answers.gzipped("x")(None) for _ in range(2)]  # type: ignore[arg-type]  # the request is not looked at
    assert replies[0] == replies[1]
    assert gzip.decompress(replies[0].body) == b"x"
