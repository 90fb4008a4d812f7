"""The live spider through real child processes: what each kind of answer becomes, and how politely it is asked."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message

import brotli  # type: ignore[import-untyped]  # ships no types
import pytest
import zstandard

from clausewatch.demo import answers
from clausewatch.demo.server import Reply, Request
from clausewatch.demo.site import Answer
from clausewatch.model import Document, Source
from clausewatch.settings import Settings
from crawler.captures import capture_of
from crawler.live import fetch_live, fetch_page, longest_seconds
from crawler.outcomes import ErrorKind, Fetch, Hop, Outcome
from crawler.run import run_batch
from tests.support import VendorSite
from tests.support.gauges import seconds_since_rules

MAX_BYTES = 200_000
TIMEOUT = 60.0


@dataclass
class Gauge:
    """Answers slowly and notes how many requests were there at once."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    now: int = 0
    most: int = 0

    def __call__(self, request: Request) -> Reply:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.03)
        with self.lock:
            self.now -= 1
        return Reply(200, b"slow")


@dataclass
class Crawl:
    """One batch over everything that a site may answer; tests look at what came of it."""

    site: VendorSite
    neighbour: VendorSite
    gauge: Gauge
    outcomes: dict[str, Outcome]

    def asked(self, path: str) -> int:
        return sum(entry.path == path for entry in self.site.requests)


def encoded(body: bytes, encoding: str) -> Answer:
    return answers.always(Reply(200, body, (("Content-Type", "text/html"), ("Content-Encoding", encoding))))


def fill(site: VendorSite, neighbour: VendorSite, gauge: Gauge) -> None:
    """Puts up pages of every kind."""
    site.set_robots("User-agent: *\nDisallow: /closed\n")
    site.publish("/plain", "<h1>Privacy – notice</h1>")
    site.publish("/held", "held")
    site.answer("/moved", answers.redirect("/again", status=301))
    site.answer("/again", answers.redirect("plain#top", status=302))
    site.answer("/circle", answers.redirect("/circle2"))
    site.answer("/circle2", answers.redirect("/circle"))
    for number in range(12):
        site.answer(f"/far{number}", answers.redirect(f"/far{number + 1}"))
    site.answer("/to-held", answers.redirect("/held"))
    site.answer("/to-closed", answers.redirect("/closed/page"))
    site.answer("/to-neighbour", answers.redirect(neighbour.url("/secret")))
    site.answer("/to-localhost", answers.redirect("http://localhost/secret"))
    site.answer("/to-file", answers.redirect("file:///etc/passwd"))
    site.answer("/to-nowhere", answers.redirect("http://[::1"))
    site.answer("/down", answers.always(Reply(500, b"down")))
    site.answer("/flaky", answers.in_turn(answers.always(Reply(502, b"no")), answers.always(Reply(200, b"back"))))
    site.answer("/gzip", answers.gzipped("zipped"))
    site.answer("/brotli", encoded(brotli.compress(b"squeezed"), "br"))
    site.answer("/zstd", encoded(zstandard.ZstdCompressor().compress(b"pressed"), "zstd"))
    site.answer("/not-gzip", encoded(b"plain after all", "gzip"))
    site.answer("/liar", answers.mislabelled("Datenschutzerklärung", encoding="iso-8859-1", claimed="utf-8"))
    site.publish("/large", b"x" * (MAX_BYTES + 1))
    site.answer("/bomb", encoded(gzip.compress(b"x" * 50 * MAX_BYTES), "gzip"))
    site.answer("/cut", answers.cut_off(b"0123456789", after=4))
    for number in range(4):
        site.answer(f"/slow{number}", gauge)
    neighbour.publish("/secret", "nobody may read this")


def stalled() -> dict[str, Outcome]:
    """Of a batch of its own: what answers is given its time, however slow the machine."""
    outcomes: dict[str, Outcome] = {}
    with VendorSite() as site:
        site.answer("/stall", answers.stall(600))
        run_batch(
            [Fetch("/stall", site.url("/stall"))],
            settings=Settings(allow_hosts=(site.host,)),
            on_outcome=lambda outcome: outcomes.update({outcome.id: outcome}),
            timeout_seconds=TIMEOUT,
            fetch_timeout_seconds=1.5,
        )
    return outcomes


@pytest.fixture(scope="module")
def crawl() -> Iterator[Crawl]:
    with VendorSite() as site, VendorSite() as neighbour:
        gauge = Gauge()
        fill(site, neighbour, gauge)
        etag = site.respond(_get("/held")).headers[1][1]
        paths = [
            "/plain", "/moved", "/circle", "/far0", "/missing", "/down", "/flaky", "/gzip", "/brotli", "/zstd",
            "/not-gzip", "/liar", "/large", "/bomb", "/cut", "/closed", "/to-closed", "/to-neighbour",
            "/to-localhost", "/to-file", "/to-nowhere", *(f"/slow{number}" for number in range(4)),
        ]  # fmt: skip
        fetches = [Fetch(path, site.url(path)) for path in paths]
        fetches += [
            Fetch("/held", site.url("/held"), etag=etag),
            Fetch("/held-elsewhere", site.url("/to-held"), etag=etag),
            Fetch("/held-there", site.url("/to-held"), etag=etag, held_url=site.url("/held")),
            Fetch("neighbour", neighbour.url("/secret")),
            Fetch("localhost", "http://localhost:80/"),
            Fetch("file", "file:///etc/passwd"),
            Fetch("no-tls", f"https://{site.host}/plain"),
        ]
        outcomes: dict[str, Outcome] = {}
        run_batch(
            fetches,
            settings=Settings(allow_hosts=(site.host,), contact="tests@clausewatch.example"),
            on_outcome=lambda outcome: outcomes.update({outcome.id: outcome}),
            timeout_seconds=10 * TIMEOUT,
            max_bytes=MAX_BYTES,
        )
        assert outcomes.keys() == {fetch.id for fetch in fetches}
        yield Crawl(site, neighbour, gauge, outcomes | stalled())


def _get(path: str) -> Request:
    return Request("GET", path, Message(), b"", datetime(2024, 5, 1, tzinfo=UTC))


def test_a_page_comes_with_its_bytes_and_headers(crawl: Crawl) -> None:
    outcome = crawl.outcomes["/plain"]
    assert (outcome.status, outcome.error, outcome.body) == (200, None, "<h1>Privacy – notice</h1>".encode())
    assert outcome.headers["content-type"] == "text/html; charset=utf-8"
    assert (outcome.url, outcome.hops, outcome.retryable) == (crawl.site.url("/plain"), (), False)
    assert outcome.fetched_at.tzinfo is not None


def test_redirects_are_followed_and_written_down(crawl: Crawl) -> None:
    outcome, url = crawl.outcomes["/moved"], crawl.site.url
    assert (outcome.url, outcome.status) == (url("/plain"), 200)
    assert outcome.hops == (Hop(url("/moved"), 301, url("/again")), Hop(url("/again"), 302, url("/plain")))


@pytest.mark.parametrize("path", ["/circle", "/far0"])
def test_redirects_without_end_are_given_up(crawl: Crawl, path: str) -> None:
    assert crawl.outcomes[path].error_kind is ErrorKind.REDIRECTS
    assert crawl.asked("/far11") == 0


def test_a_page_that_is_still_the_same_comes_without_a_body(crawl: Crawl) -> None:
    outcome = crawl.outcomes["/held"]
    assert (outcome.status, outcome.is_unchanged, outcome.body, outcome.error) == (304, True, None, None)


def test_validators_go_only_to_the_address_that_gave_them(crawl: Crawl) -> None:
    assert (crawl.outcomes["/held-elsewhere"].status, crawl.outcomes["/held-elsewhere"].body) == (200, b"held")
    assert crawl.outcomes["/held-there"].is_unchanged
    sent = [entry.path for entry in crawl.site.requests if "if-none-match" in entry.headers]
    assert sorted(sent) == ["/held", "/held", "/to-held"]  # "/held-elsewhere" was told that its own address gave them


def test_an_error_status_keeps_the_answer(crawl: Crawl) -> None:
    missing, down = crawl.outcomes["/missing"], crawl.outcomes["/down"]
    assert (missing.status, missing.error_kind, missing.retryable) == (404, ErrorKind.HTTP, False)
    assert missing.body is not None
    assert b"Not found" in missing.body
    assert (down.status, down.error_kind, down.retryable) == (500, ErrorKind.HTTP, True)


def test_what_may_pass_is_tried_again_twice(crawl: Crawl) -> None:
    assert crawl.asked("/down") == 3
    assert (crawl.outcomes["/flaky"].status, crawl.outcomes["/flaky"].body) == (200, b"back")
    assert crawl.asked("/missing") == 1


@pytest.mark.parametrize(("path", "body"), [("/gzip", b"zipped"), ("/brotli", b"squeezed"), ("/zstd", b"pressed")])
def test_content_encoding_is_undone(crawl: Crawl, path: str, body: bytes) -> None:
    assert crawl.outcomes[path].body == body
    assert "content-encoding" not in crawl.outcomes[path].headers


def test_a_false_content_encoding_is_told(crawl: Crawl) -> None:
    assert crawl.outcomes["/not-gzip"].error_kind is ErrorKind.ENCODING


def test_a_false_charset_changes_no_byte(crawl: Crawl) -> None:
    assert crawl.outcomes["/liar"].body == "Datenschutzerklärung".encode("iso-8859-1")
    assert crawl.outcomes["/liar"].headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/large", "/bomb"])
def test_a_body_that_is_too_large_is_dropped_packed_or_not(crawl: Crawl, path: str) -> None:
    assert (crawl.outcomes[path].error_kind, crawl.outcomes[path].body) == (ErrorKind.TOO_LARGE, None)
    assert not crawl.outcomes[path].retryable


def test_a_host_that_stalls_is_left_alone_after_a_while(crawl: Crawl) -> None:
    assert (crawl.outcomes["/stall"].error_kind, crawl.outcomes["/stall"].retryable) == (ErrorKind.TIMEOUT, True)


def test_a_body_that_ends_early_is_no_page(crawl: Crawl) -> None:
    assert (crawl.outcomes["/cut"].error_kind, crawl.outcomes["/cut"].body) == (ErrorKind.INCOMPLETE, None)


def test_robots_are_obeyed_at_the_end_of_a_redirect_too(crawl: Crawl) -> None:
    assert crawl.outcomes["/closed"].error_kind is ErrorKind.ROBOTS
    assert crawl.outcomes["/to-closed"].error_kind is ErrorKind.ROBOTS
    assert not any(entry.path.startswith("/closed") for entry in crawl.site.requests)
    assert crawl.asked("/robots.txt") == 1


@pytest.mark.parametrize("id", ["neighbour", "localhost", "file", "/to-neighbour", "/to-localhost", "/to-file"])
def test_what_is_not_public_is_not_asked_at_first_nor_by_redirect(crawl: Crawl, id: str) -> None:
    assert crawl.outcomes[id].error_kind is ErrorKind.FORBIDDEN
    assert crawl.neighbour.requests == ()


def test_a_redirect_to_no_address_is_refused(crawl: Crawl) -> None:
    assert crawl.outcomes["/to-nowhere"].error_kind is ErrorKind.FORBIDDEN


def test_a_host_without_tls_is_told_from_one_that_is_away(crawl: Crawl) -> None:
    assert (crawl.outcomes["no-tls"].error_kind, crawl.outcomes["no-tls"].retryable) == (ErrorKind.TLS, False)


def test_a_host_is_asked_one_thing_at_a_time_by_an_honest_name(crawl: Crawl) -> None:
    assert crawl.gauge.most == 1
    agents = {entry.headers["user-agent"] for entry in crawl.site.requests}
    assert len(agents) == 1
    assert agents.pop().endswith("(+tests@clausewatch.example)")
    assert not any("cookie" in entry.headers or "referer" in entry.headers for entry in crawl.site.requests)


def test_errors_are_a_line_that_says_the_same_each_time(crawl: Crawl) -> None:
    errors = [outcome.error for outcome in crawl.outcomes.values() if outcome.error]
    assert all("\n" not in error and " at 0x" not in error for error in errors)


def test_a_page_becomes_a_capture_with_few_headers(crawl: Crawl) -> None:
    outcome = crawl.outcomes["/moved"]
    capture = capture_of(outcome, sha256="0" * 64, source=Source.LIVE)
    assert (capture.captured_at, capture.is_live, capture.status) == (outcome.fetched_at, True, 200)
    assert capture.url == crawl.site.url("/plain")
    assert set(capture.headers) == {"content-type", "etag", "last-modified"}
    with pytest.raises(ValueError, match="nothing to record"):
        capture_of(crawl.outcomes["/held"], sha256="0" * 64, source=Source.LIVE)


def test_a_pause_that_a_host_asks_for_holds_for_all_its_pages() -> None:
    with VendorSite() as site:
        site.answer("/busy", answers.too_many(retry_after="7"))
        documents = [document(str(number), site.url("/busy")) for number in range(5)]
        outcomes: list[tuple[Document, Outcome]] = []
        fetch_live(
            documents,
            settings=Settings(allow_hosts=(site.host,)),
            on_outcome=lambda document, outcome: outcomes.append((document, outcome)),
        )
        assert sorted(document.id for document, _ in outcomes) == ["0", "1", "2", "3", "4"]
        assert {outcome.error_kind for _, outcome in outcomes} == {ErrorKind.RATE_LIMITED}
        assert {outcome.retry_after_seconds for _, outcome in outcomes} == {7.0}
        assert [entry.path for entry in site.requests] == ["/robots.txt", "/busy"]


def test_a_pause_is_that_of_the_site_which_asked_for_it() -> None:
    """Other ports of a host are other servers: here each site of the test has one."""
    with VendorSite() as busy, VendorSite() as busier, VendorSite() as well:
        busy.answer("/busy", answers.too_many(retry_after="7"))
        busier.answer("/busy", answers.too_many(retry_after="3600"))
        well.publish("/busy", "page")
        fetches = [
            Fetch(f"{name} {turn}", site.url("/busy"))
            for turn in "ab"
            for name, site in (("busier", busier), ("busy", busy), ("well", well))
        ]
        outcomes: dict[str, Outcome] = {}
        run_batch(
            fetches,
            settings=Settings(allow_hosts=(busy.host, busier.host, well.host)),
            on_outcome=lambda outcome: outcomes.update({outcome.id: outcome}),
            timeout_seconds=TIMEOUT,
        )
    pauses = {id: outcome.retry_after_seconds for id, outcome in sorted(outcomes.items())}
    assert pauses == {
        "busier a": 3600, "busier b": 3600, "busy a": 7, "busy b": 7, "well a": None, "well b": None,
    }  # fmt: skip


def test_of_robots_without_end_the_first_500_kb_hold() -> None:
    filler = "".join(f"Disallow: /filler/{number}\n" for number in range(40_000))
    with VendorSite() as site:
        site.set_robots(f"User-agent: *\nDisallow: /first\n{filler}Disallow: /last\n")
        site.publish("/first", "page")
        site.publish("/last", "page")
        kinds: dict[str, ErrorKind | None] = {}
        run_batch(
            [Fetch("first", site.url("/first")), Fetch("last", site.url("/last"))],
            settings=Settings(allow_hosts=(site.host,)),
            on_outcome=lambda outcome: kinds.update({outcome.id: outcome.error_kind}),
            timeout_seconds=TIMEOUT,
        )
    assert kinds == {"first": ErrorKind.ROBOTS, "last": None}


def test_robots_that_cannot_be_read_close_the_site_and_absent_ones_open_it() -> None:
    with VendorSite() as broken, VendorSite() as without, VendorSite() as elsewhere, VendorSite() as gone:
        for site in (broken, without, elsewhere):
            site.publish("/privacy", "page")
        broken.publish("/robots.txt", "down", status=503)
        without.publish("/robots.txt", "User-agent: *\nDisallow: /\n", status=404)
        elsewhere.answer("/robots.txt", answers.redirect(without.url("/real-robots.txt")))
        without.publish("/real-robots.txt", "User-agent: clausewatch\nDisallow: /priv\nCrawl-delay: 0.1\n")
        gone_url, gone_host = gone.url("/privacy"), gone.host
        gone.stop()
        outcomes: dict[str, Outcome] = {}
        sites = {"broken": broken.url("/privacy"), "without": without.url("/privacy")}
        sites |= {"elsewhere": elsewhere.url("/privacy"), "gone": gone_url}
        run_batch(
            [Fetch(name, url) for name, url in sites.items()],
            settings=Settings(allow_hosts=(broken.host, without.host, elsewhere.host, gone_host)),
            on_outcome=lambda outcome: outcomes.update({outcome.id: outcome}),
            timeout_seconds=TIMEOUT,
        )
        assert (outcomes["broken"].error_kind, outcomes["broken"].retryable) == (ErrorKind.ROBOTS_UNREADABLE, True)
        assert outcomes["broken"].error == "robots.txt cannot be had: answered 503"
        assert outcomes["without"].body == b"page"
        assert outcomes["elsewhere"].error_kind is ErrorKind.ROBOTS
        assert (outcomes["gone"].error_kind, outcomes["gone"].retryable) == (ErrorKind.CONNECT, True)
        assert [entry.path for entry in broken.requests] == ["/robots.txt"] * 3


def test_a_site_that_asks_to_be_read_slowly_is() -> None:
    with VendorSite() as site:
        site.set_robots("User-agent: *\nCrawl-delay: 0.2\n")
        paths = ["/1", "/2", "/3"]
        for path in paths:
            site.publish(path, "page")
        fetch_live(
            [document(path, site.url(path)) for path in paths],
            settings=Settings(allow_hosts=(site.host,)),
            on_outcome=lambda document, outcome: None,
        )
        waited = seconds_since_rules(site)
        assert len(waited) == 3
        assert all(seconds > number * 0.2 - 0.02 for number, seconds in enumerate(waited))


def test_one_page_comes_at_once() -> None:
    with VendorSite() as site:
        site.publish("/privacy", "page")
        assert fetch_page(site.url("/privacy"), settings=Settings(allow_hosts=(site.host,))).body == b"page"
        assert "content-length" not in site.requests[-1].headers


def test_a_batch_may_take_as_long_as_its_busiest_host() -> None:
    one = longest_seconds([Fetch("1", "https://a.example/1"), Fetch("2", "https://b.example/1")], 60)
    two = longest_seconds([Fetch("1", "https://a.example/1"), Fetch("2", "https://a.example/2")], 60)
    assert 60 < one < two


def document(id: str, url: str) -> Document:
    return Document(id=id, vendor="v", vendor_name="V", slug=id, type="Privacy Policy", url=url)
