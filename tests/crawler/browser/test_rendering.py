"""A real Chromium in a real child process, over pages that are written by script, folded, endless and hostile."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from clausewatch.demo import answers
from clausewatch.demo.server import Reply
from clausewatch.settings import Settings
from crawler.browser.chromium import find_chromium
from crawler.outcomes import RENDERED_BY, ErrorKind, Fetch, FetchKind, Hop, Outcome
from crawler.run import run_batch
from tests.crawler.browser import pages
from tests.crawler.test_guard import HOSTILE
from tests.support import VendorSite

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium on this machine"),
]

CHROMIUM = f"{(find_chromium() or [''])[0]} --no-sandbox"  # tests run as root, which has no sandbox in Chromium
PAGE_SECONDS = 60.0  # no page that ends by itself is ended by the clock, however slow the machine
STUCK_SECONDS = 7.0
MAX_BYTES = 500_000
REACHED = "reached:"
SENT = [url for url in HOSTILE if "#" not in url]  # what stands behind it goes nowhere: it is not part of a request


@dataclass
class Rendered:
    """One batch over everything; tests look at what came of it."""

    site: VendorSite
    inside: VendorSite  # whose port is not allowed
    busy: VendorSite  # asks for a pause
    udp: socket.socket
    outcomes: dict[str, Outcome]

    def body(self, path: str) -> str:
        outcome = self.outcomes[path]
        assert outcome.body is not None, outcome.error
        return outcome.body.decode()

    def asked(self, path: str) -> int:
        return sum(entry.path == path for entry in self.site.requests)


def fill(site: VendorSite, inside: VendorSite, udp: socket.socket) -> None:
    site.set_robots("User-agent: *\nDisallow: /closed\n")
    site.publish("/written", pages.WRITTEN)
    site.publish("/app.js", pages.APP, content_type="text/javascript")
    site.publish("/text.json", '{"last": "the last words"}', content_type="application/json")
    site.answer("/moved", answers.redirect("/script-on", status=301))
    site.publish("/short", pages.HEAD + pages.PARAGRAPH, status=410)
    site.answer("/to-closed", answers.redirect("/closed/page"))
    site.publish("/closed/page", pages.HEAD + pages.PARAGRAPH)
    site.publish("/script-to-closed", f"{pages.HEAD}<script>location = '/closed/page'</script>")
    site.publish("/script-on", f"{pages.HEAD}<script>location = '/short'</script>")
    site.answer("/to-inside", answers.redirect(inside.url("/redirect")))
    going = pages.GOING_INSIDE.format(head=pages.HEAD, paragraph=pages.PARAGRAPH, inside=inside.root)
    site.publish("/going-inside", going)
    site.answer("/attack", answers.always(Reply(200, pages.attack(
        inside.root, udp_port=udp.getsockname()[1], outside=site.url("/to-inside")
    ).encode(), (("Content-Type", "text/html"),))))  # fmt: skip
    site.publish("/pdf", b"%PDF-1.4", content_type="application/pdf")
    attached = (("Content-Type", "text/html"), ("Content-Disposition", "attachment"))
    site.answer("/attached", answers.always(Reply(200, b"<p>kept", attached)))
    site.answer("/cut", answers.cut_off((pages.HEAD + pages.PARAGRAPH * 9).encode(), after=3000))
    for name in ("FOLDED", "HUNGRY", "RELOADING", "LARGE", "DEEP", "TICKING", "LOUD"):
        site.publish(f"/{name.lower()}", getattr(pages, name))


PATHS = [
    "/written", "/folded", "/moved", "/to-closed", "/script-to-closed", "/to-inside", "/going-inside", "/attack",
    "/pdf", "/attached", "/cut", "/hungry", "/reloading", "/large", "/deep", "/ticking", "/loud",
]  # fmt: skip


def render(fetches: list[Fetch], *, allow_hosts: tuple[str, ...], page_seconds: float) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    run_batch(
        fetches,
        settings=Settings(allow_hosts=allow_hosts, contact="tests@clausewatch.example", chromium=CHROMIUM),
        on_outcome=lambda outcome: outcomes.update({outcome.id: outcome}),
        timeout_seconds=600,
        fetch_timeout_seconds=page_seconds,
        max_bytes=MAX_BYTES,
    )
    return outcomes


@pytest.fixture(scope="module")
def rendered() -> Iterator[Rendered]:
    with (
        VendorSite() as site,
        VendorSite() as inside,
        VendorSite() as busy,
        VendorSite() as stuck,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
    ):
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        fill(site, inside, udp)
        fetches = [Fetch(path, site.url(path), FetchKind.RENDERED) for path in PATHS]
        fetches += [Fetch(url, url, FetchKind.RENDERED) for url in SENT]
        busy.answer("/busy", answers.too_many(retry_after="7"))
        fetches += [Fetch(id, busy.url("/busy"), FetchKind.RENDERED) for id in ("/busy", "/busy again")]
        outcomes = render(fetches, allow_hosts=(site.host, busy.host), page_seconds=PAGE_SECONDS)
        assert outcomes.keys() == {fetch.id for fetch in fetches}
        stuck.publish("/running", pages.RUNNING)
        running = [Fetch("/running", stuck.url("/running"), FetchKind.RENDERED)]
        outcomes |= render(running, allow_hosts=(stuck.host,), page_seconds=STUCK_SECONDS)
        yield Rendered(site, inside, busy, udp, outcomes)


def test_what_scripts_write_is_the_snapshot(rendered: Rendered) -> None:
    body, outcome = rendered.body("/written"), rendered.outcomes["/written"]
    assert "the last words" in body
    assert "<script" not in body
    assert "enable JavaScript" not in body
    assert (outcome.status, outcome.error, outcome.url) == (200, None, rendered.site.url("/written"))
    assert outcome.headers["content-type"] == "text/html; charset=utf-8"
    assert outcome.headers[RENDERED_BY].startswith("Chromium ")
    assert not {"etag", "last-modified"} & outcome.headers.keys()  # they speak of the page without its scripts


def test_what_is_folded_is_opened_and_menus_are_not(rendered: Rendered) -> None:
    body = rendered.body("/folded")
    for text in (
        "text of details", "text of the first panel", "text of the second panel", "text of read more",
        "text in a shadow", "text in a slot", "text behind glass", "text in a frame",
    ):  # fmt: skip
        assert text in body
    assert '<details open="">' in body
    assert "the menu" not in body
    assert rendered.asked("/elsewhere") == rendered.asked("/sent") == 0


def test_a_text_with_a_clock_and_slides_stands_still(rendered: Rendered) -> None:
    assert pages.SENTENCE.strip() in rendered.body("/ticking")


def test_redirects_are_written_down_and_an_error_status_keeps_the_page(rendered: Rendered) -> None:
    outcome, url = rendered.outcomes["/moved"], rendered.site.url
    assert outcome.hops == (Hop(url("/moved"), 301, url("/script-on")), Hop(url("/script-on"), 200, url("/short")))
    assert (outcome.url, outcome.status, outcome.error_kind) == (url("/short"), 410, ErrorKind.HTTP)
    assert pages.SENTENCE.strip() in rendered.body("/moved")


def test_robots_hold_for_where_redirects_and_scripts_lead(rendered: Rendered) -> None:
    assert rendered.outcomes["/to-closed"].error_kind is ErrorKind.ROBOTS
    assert rendered.outcomes["/script-to-closed"].error_kind is ErrorKind.ROBOTS
    assert rendered.asked("/closed/page") == 0
    assert rendered.asked("/robots.txt") == 1


def test_files_are_fetched_plainly(rendered: Rendered) -> None:
    assert rendered.outcomes["/pdf"].body == b"%PDF-1.4"
    assert rendered.outcomes["/attached"].body == b"<p>kept"
    assert RENDERED_BY not in rendered.outcomes["/pdf"].headers


def test_a_pause_that_is_asked_for_is_kept(rendered: Rendered) -> None:
    first, second = rendered.outcomes["/busy"], rendered.outcomes["/busy again"]
    assert {first.error_kind, second.error_kind} == {ErrorKind.RATE_LIMITED}
    assert {first.retry_after_seconds, second.retry_after_seconds} == {7.0}
    assert [entry.path for entry in rendered.busy.requests] == ["/robots.txt", "/busy"]


def test_the_site_is_asked_by_an_honest_name_and_for_text_alone(rendered: Rendered) -> None:
    agents = {entry.headers["user-agent"] for entry in rendered.site.requests}
    assert len(agents) == 1
    assert agents.pop().endswith("(+tests@clausewatch.example)")
    languages = {entry.headers["accept-language"] for entry in rendered.site.requests if entry.path == "/written"}
    assert languages == {"en,*;q=0.5"}
    assert rendered.asked("/picture.png") == rendered.asked("/icon.png") == rendered.asked("/favicon.ico") == 0


@pytest.mark.parametrize("url", SENT)
def test_the_browser_is_not_sent_to_a_hostile_address(rendered: Rendered, url: str) -> None:
    assert rendered.outcomes[url].error_kind is ErrorKind.FORBIDDEN


def test_nothing_that_a_page_does_reaches_inside(rendered: Rendered) -> None:
    assert rendered.body("/attack").count(REACHED) == 1
    assert f'<p id="got">{REACHED}</p>' in rendered.body("/attack")
    assert rendered.inside.requests == ()
    with pytest.raises(BlockingIOError):
        rendered.udp.recv(100)


def test_a_redirect_inside_is_refused(rendered: Rendered) -> None:
    assert rendered.outcomes["/to-inside"].error_kind is ErrorKind.FORBIDDEN


def test_a_page_that_would_go_inside_stays_where_it_is(rendered: Rendered) -> None:
    assert pages.SENTENCE.strip() in rendered.body("/going-inside")
    assert "root:" not in rendered.body("/going-inside")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/running", ErrorKind.TIMEOUT), ("/hungry", ErrorKind.TOO_LARGE), ("/large", ErrorKind.TOO_LARGE),
        ("/reloading", ErrorKind.REDIRECTS), ("/cut", ErrorKind.INCOMPLETE), ("/deep", ErrorKind.CRASHED),
    ],
)  # fmt: skip
def test_a_page_without_end_or_measure_ends_with_a_typed_failure(
    rendered: Rendered, path: str, kind: ErrorKind
) -> None:
    outcome = rendered.outcomes[path]
    assert (outcome.error_kind, outcome.body) == (kind, None), outcome.error
    assert outcome.error
    assert "\n" not in outcome.error


def test_a_page_that_is_loud_is_read_all_the_same(rendered: Rendered) -> None:
    assert pages.SENTENCE.strip() in rendered.body("/loud")
    assert rendered.asked("/popup") == 0


def test_a_killed_batch_leaves_no_browser_behind() -> None:
    before = browsers()
    with VendorSite() as site:
        site.publish("/growing", pages.GROWING)
        outcomes: list[Outcome] = []
        run_batch(
            [Fetch("page", site.url("/growing"), FetchKind.RENDERED)],
            settings=Settings(allow_hosts=(site.host,), chromium=CHROMIUM),
            on_outcome=outcomes.append,
            timeout_seconds=4,  # then the child is killed, without a word to what it started
        )
    assert outcomes[0].error_kind is ErrorKind.TIMEOUT
    assert browsers() - before == set()


def browsers() -> set[str]:
    """The processes that run Chromium; those that ended and wait to be counted out do not."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if b"playwright_chromiumdev_profile" in (entry / "cmdline").read_bytes():
                found.add(entry.name)
        except OSError:
            continue
    return found
