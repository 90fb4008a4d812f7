"""Which documents a browser looks at, when, and what becomes of them where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from archive.documents import get_document
from archive.looks import held_snapshots
from archive.snapshots import list_snapshots
from archive.versions import list_versions, text_of
from archive.watches import get_watch
from clausewatch.jobs.capture import Looked, crawl_documents
from clausewatch.jobs.discovery import discover
from clausewatch.jobs.failing import advice_on
from clausewatch.jobs.rendering import PLAIN_EVERY_DAYS, begins_in_browser, fetch_shown_page, has_words, is_shell
from clausewatch.jobs.settle import settle_all
from clausewatch.jobs.watching import add_address
from clausewatch.model import Document, Fault, Snapshot, Source
from clausewatch.settings import Settings
from crawler.browser.chromium import find_chromium
from crawler.outcomes import ErrorKind, Outcome
from crawler.rendered import is_rendered
from tests.support import VendorSite
from tests.support.scenario import policy

NAME = "harbor-kites/privacy-policy"
CHROMIUM = f"{(find_chromium() or [''])[0]} --no-sandbox"  # tests run as root, which has no sandbox in Chromium
WATCHED_AT = datetime(2025, 1, 1, tzinfo=UTC)
HEAD = "<!doctype html><html lang=en><head><title>Privacy Policy</title></head><body>"
PIECES = [
    b"<p>", b"</p>", b"<a href='x'>", b" ", b"\n\t", b"words", b"kites fly", b"x", b"<", b">", b"<!-- words -->",
    b"<!--", b"-->", b"<!doctype html>", b"<script>", b"</script>", b"<script src=a>b c</script>", b"<svg", b"</svg>",
    b"<style>", b"</style", b"<scripted>", "данн".encode(), b"<br/>" * 500, b"<template>two words</template>",
]  # fmt: skip
SHELL = f"""{HEAD}<noscript>Enable JavaScript.</noscript><div id=root></div>
<script>fetch('/policy').then((answer) => answer.text()).then((text) => {{
  document.getElementById('root').innerHTML = text;
}})</script></body></html>"""
LINKS = f"""document.getElementById('app').innerHTML =
'<h1>Kites</h1>{"<p>Kites for the harbour, in all winds.</p>" * 15}<a href=/privacy>Privacy policy</a>'"""
WORDS = "<p>We keep what you tell us for a year, and then we erase it.</p>"


class Watch:
    """An archive that watches a page that is a shell."""

    def __init__(self, archive: Archive, site: VendorSite, home: Path) -> None:
        self.archive, self.site = archive, site
        self.settings = Settings(home=home, allow_hosts=(site.host,), chromium=CHROMIUM)
        self.lines: list[str] = []

    def adds(self, path: str, *, render: str = "auto") -> None:
        add_address(self.archive, self.site.url(path), vendor="Harbor Kites", render=render, now=WATCHED_AT)

    def looks(self, *, now: datetime | None = None) -> Looked:
        """One crawl, with what it asked for in the site's log alone."""
        self.site.forget_requests()
        looked = crawl_documents(
            self.archive, None, is_due_only=False, settings=self.settings, now=lambda: now or datetime.now(UTC),
            on_progress=self.lines.append,
        )  # fmt: skip
        settle_all(self.archive, now=datetime.now(UTC))
        return looked

    def asked(self, path: str) -> int:
        return sum(entry.path == path for entry in self.site.requests)

    def snapshots(self) -> list[Snapshot]:
        with self.archive.read() as connection:
            return list_snapshots(connection, get_document(connection, NAME))

    def text(self) -> str:
        with self.archive.read() as connection:
            [version] = list_versions(connection, get_document(connection, NAME))
            return text_of(connection, version.id).text


@pytest.fixture
def watch(archive: Archive, tmp_path: Path) -> Iterator[Watch]:
    with VendorSite() as site:
        site.publish("/privacy", SHELL)
        site.publish("/policy", policy())
        yield Watch(archive, site, tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium on this machine")
def test_a_shell_is_rendered_and_then_rendered_at_once(watch: Watch) -> None:
    watch.adds("/privacy")
    day = datetime.now(UTC)
    watch.looks(now=day)
    assert watch.asked("/privacy") == 2  # plainly, then by the browser
    assert "How long we keep data" in watch.text()
    [first] = watch.snapshots()
    assert is_rendered(first)
    watch.looks(now=other_day(watch, day))
    assert watch.asked("/privacy") == 1
    assert [(each.id, each.sightings, each.fault) for each in watch.snapshots()] == [(first.id, 2, None)]


def other_day(watch: Watch, day: datetime) -> datetime:
    """That day, or the next one if the page's plain day falls on it."""
    with watch.archive.read() as connection:
        document = get_document(connection, NAME)
        held = held_snapshots(connection, [document.id])[document.id]
    return day if begins_in_browser(document, held, now=day) else day + timedelta(days=1)


@pytest.mark.slow
def test_without_a_browser_a_shell_is_kept_and_what_is_missing_is_said(watch: Watch) -> None:
    watch.settings = Settings(home=watch.settings.home, allow_hosts=(watch.site.host,), chromium="/nowhere/chromium")
    watch.adds("/privacy")
    assert watch.looks().failed == 1
    [snapshot] = watch.snapshots()
    assert snapshot.fault is Fault.EMPTY
    with watch.archive.read() as connection:
        document = get_document(connection, NAME)
        failure = get_watch(connection, document).failure
    assert failure is not None
    assert failure.kind == ErrorKind.NO_BROWSER
    assert "/nowhere/chromium is no program" in failure.reason
    assert "clausewatch[browser]" in advice_on(failure, document)
    # the same bytes again are no look that was good
    assert watch.looks().failed == 1
    assert len(watch.snapshots()) == 1


@pytest.mark.slow
def test_a_document_that_never_asks_for_a_browser_is_taken_as_it_is(watch: Watch) -> None:
    watch.adds("/privacy", render="never")
    assert watch.looks().failed == 0
    assert [snapshot.fault for snapshot in watch.snapshots()] == [Fault.EMPTY]
    assert watch.asked("/privacy") == 1


@pytest.mark.slow
@pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium on this machine")
def test_a_site_that_is_written_by_scripts_is_searched_as_it_is_shown(watch: Watch) -> None:
    watch.site.publish("/", f"{HEAD}<div id=app></div><script>{LINKS}</script>")
    found = discover(watch.site.host, settings=watch.settings)
    assert [(each.type, each.url) for each in found] == [("Privacy Policy", watch.site.url("/privacy"))]


@pytest.mark.slow
def test_a_page_asked_for_once_says_that_it_needs_a_browser(watch: Watch) -> None:
    without = replace(watch.settings, chromium="/nowhere/chromium")
    assert fetch_shown_page(watch.site.url("/privacy"), settings=without).error_kind is ErrorKind.NO_BROWSER
    assert not fetch_shown_page(watch.site.url("/policy"), settings=without).error


def test_a_rendered_document_is_tried_plainly_on_one_day_of_a_month() -> None:
    document = Document(
        "00000000000000ff", "kites", "Kites", "privacy-policy", "Privacy Policy", "https://kites.example/"
    )
    rendered = snapshot_with({"x-clausewatch-rendered": "Chromium 1"})
    days = [WATCHED_AT + timedelta(days=number) for number in range(3 * PLAIN_EVERY_DAYS)]
    assert sum(not begins_in_browser(document, rendered, now=day) for day in days) == 3
    assert not any(begins_in_browser(document, snapshot_with({}), now=day) for day in days)
    assert not begins_in_browser(document, None, now=WATCHED_AT)


@pytest.mark.parametrize(("render", "at_once"), [("always", True), ("never", False)])
def test_what_was_chosen_for_a_document_holds(render: str, at_once: bool) -> None:
    document = Document("0", "kites", "Kites", "privacy-policy", "Privacy Policy", "https://kites.example/", render)
    for held in (None, snapshot_with({}), snapshot_with({"x-clausewatch-rendered": "Chromium 1"})):
        assert begins_in_browser(document, held, now=WATCHED_AT) is at_once


def snapshot_with(headers: dict[str, str]) -> Snapshot:
    return Snapshot(
        "0", "0", WATCHED_AT, WATCHED_AT, WATCHED_AT, 1, source=Source.LIVE, is_live=True, is_upgrade=False,
        url="https://kites.example/", status=200, content_type="text/html", headers=headers, sha256="0", size=1,
    )  # fmt: skip


def outcome(body: str, *, status: int = 200, content_type: str = "text/html; charset=utf-8") -> Outcome:
    return Outcome(
        "0", "https://kites.example/privacy", WATCHED_AT, status=status, headers={"content-type": content_type},
        body=body.encode(),
    )  # fmt: skip


SHELLS = {
    "a frame": SHELL,
    "words about scripts": f"{HEAD}You need to enable JavaScript to run this app.<div id=root></div><script></script>",
    "a menu and a footer": f"""{HEAD}<nav><a href=/>Home</a><a href=/b>Buy</a></nav><h1>Privacy Policy</h1>
        <div data-policy=7></div><footer>© Harbor Kites</footer><SCRIPT src=//policies.example/embed.js></SCRIPT>""",
    "a frame among words": f"{HEAD}{WORDS * 6}<main id='content' class=x>\n</main><script></script>",
    "an element of its own": f"{HEAD}{WORDS * 6}<app-root></app-root><script></script>",
}
NO_SHELLS = {
    "a policy": outcome(policy()),
    "a policy with scripts": outcome(policy() + "<script></script>"),
    "a long page with an empty frame": outcome(f"{HEAD}{WORDS * 40}<div id=root></div><script></script>"),
    "an empty page without scripts": outcome(HEAD),
    "an error": outcome(SHELL, status=404),
    "a text": outcome(SHELL, content_type="text/plain"),
    "nothing": Outcome("0", "https://kites.example/", WATCHED_AT, status=304),
}


@pytest.mark.parametrize("page", SHELLS.values(), ids=SHELLS.keys())
def test_a_page_that_scripts_are_to_fill_is_a_shell(page: str) -> None:
    assert is_shell(outcome(page))


@pytest.mark.parametrize("answer", NO_SHELLS.values(), ids=NO_SHELLS.keys())
def test_what_says_something_or_cannot_is_no_shell(answer: Outcome) -> None:
    assert not is_shell(answer)


@pytest.mark.parametrize(
    "piece", ["<script>", "<!--", "<", "<div id=root", "<svg", "<a-root", "x <", "<script></script>"]
)
def test_a_hostile_page_is_judged_in_no_time(piece: str) -> None:
    is_shell(outcome(piece * 200_000 + "<script"))  # would take minutes if each opening searched for its end


@given(st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join), st.integers(1, 12))
def test_words_beside_markup_are_counted_as_piece_by_piece(page: bytes, most: int) -> None:
    assert has_words(page, most) == (words_piece_by_piece(page) >= most)


def words_piece_by_piece(page: bytes) -> int:
    """One tag, comment or word after the other."""
    words, at = 0, 0
    while at < len(page):
        opens = page.find(b"<", at)
        words += len(re.findall(rb"[^\W\d]{2,}|[\x80-\xff]{6,}", page[at:] if opens < 0 else page[at:opens]))
        if opens < 0:
            break
        raw = re.compile(rb"<(script|style|noscript|template|svg)\b").match(page, opens)
        end = b"-->" if page.startswith(b"<!--", opens) else b"</" + raw[1] if raw else b">"
        closes = page.find(end, opens + 1)
        if closes < 0:
            break
        at = closes + len(end)
    return words
