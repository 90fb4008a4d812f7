"""Documents that went elsewhere: what points on is followed, what is gone is searched for, a text must stand there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive
from archive.addresses import addresses_of
from archive.comparisons import list_comparisons
from archive.documents import get_document
from archive.versions import list_versions
from archive.watches import get_watch, record_failure
from clausewatch.demo.server import Reply
from clausewatch.jobs.capture import Looked, crawl_documents
from clausewatch.jobs.failing import advice_on, pointing_advice, unseen_documents
from clausewatch.jobs.moving import is_turn
from clausewatch.jobs.settle import settle_all
from clausewatch.jobs.watching import add_address
from clausewatch.model import Comparison, Document, Version
from clausewatch.settings import Settings
from tests.support import VendorSite
from tests.support.scenario import policy

pytestmark = pytest.mark.slow  # each look starts a child process
NAME = "harbor-kites/privacy-policy"
NOTE = '<h1>Privacy Policy</h1><p>This policy has moved to <a href="{}">its new page</a>.</p>'
OTHER = """<title>Jobs and privacy</title><main><h1>Privacy Policy</h1><p>Who applies for work at the harbour sends us a
letter, a list of schools and two names that we may call. The foreman reads all of it, nobody else does, and what was
not of use goes into the stove before the summer ends. {}</p></main>"""


@pytest.fixture
def site() -> Iterator[VendorSite]:
    with VendorSite() as site:
        yield site


class Watch:
    """An archive that watches the policy at ``/privacy``, seen once."""

    def __init__(self, archive: Archive, site: VendorSite, home: Path) -> None:
        self.archive, self.site, self.lines = archive, site, list[str]()
        self.settings = Settings(home=home, allow_hosts=(site.host,))
        site.publish("/privacy", policy())
        add_address(archive, site.url("/privacy"), vendor="Harbor Kites", now=datetime(2025, 1, 1, tzinfo=UTC))
        self.crawls()

    def crawls(self) -> Looked:
        looked = crawl_documents(
            self.archive, None, is_due_only=False, settings=self.settings, now=lambda: datetime.now(UTC),
            on_progress=self.lines.append,
        )  # fmt: skip
        settle_all(self.archive, now=datetime.now(UTC))
        return looked

    def failed(self, *, times: int) -> None:
        """The page was gone at so many looks before."""
        for minutes in range(times, 0, -1):
            at = datetime.now(UTC) - timedelta(minutes=minutes)
            with self.archive.write() as connection:
                record_failure(connection, self.document, at=at, kind="http", status=404, reason="answered 404")

    @property
    def document(self) -> Document:
        with self.archive.read() as connection:
            return get_document(connection, NAME)

    @property
    def addresses(self) -> list[str]:
        with self.archive.read() as connection:
            found = addresses_of(connection, self.document)
        assert all(old.until_at == new.since_at for old, new in itertools.pairwise(found))
        return [each.url.removeprefix(self.site.root) for each in found]

    @property
    def timeline(self) -> tuple[list[Version], list[Comparison]]:
        with self.archive.read() as connection:
            return list_versions(connection, self.document), list_comparisons(connection, NAME)

    @property
    def reason(self) -> str:
        with self.archive.read() as connection:
            failure = get_watch(connection, self.document).failure
        assert failure
        return failure.reason


@pytest.fixture
def watch(archive: Archive, site: VendorSite, tmp_path: Path) -> Watch:
    return Watch(archive, site, tmp_path)


@pytest.mark.parametrize(
    "page",
    [
        NOTE.format("/legal/p7"),
        '<meta http-equiv="refresh" content="0; url=/legal/p7">',
        '<link rel="canonical" href="/legal/p7"><h1>Harbor Kites</h1><p>Loading</p>',
    ],
)
def test_a_page_that_points_on_moves_its_document_and_the_timeline_stays_one(
    watch: Watch, site: VendorSite, page: str
) -> None:
    site.publish("/legal/p7", policy(nonce="on another page"))
    site.publish("/privacy", page)
    watch.crawls()
    assert watch.addresses == ["/privacy", "/legal/p7"]
    versions, comparisons = watch.timeline
    assert [version.snapshots for version in versions] == [2]
    assert comparisons == []
    site.forget_requests()
    watch.crawls()
    assert [(entry.path, entry.status) for entry in site.requests if entry.path != "/robots.txt"] == [
        ("/legal/p7", 304)
    ]
    assert not unseen_documents(watch.archive, now=datetime.now(UTC))


def test_where_another_text_stands_nothing_moves_and_a_person_is_told(watch: Watch, site: VendorSite) -> None:
    site.publish("/jobs?x=$(reboot)", OTHER.format(""))
    site.publish("/privacy", NOTE.format("/jobs?x=$(reboot)"))
    watch.crawls()
    assert watch.addresses == ["/privacy"]
    assert any("where its text does not stand" in line for line in watch.lines)
    (unseen,) = unseen_documents(watch.archive, now=datetime.now(UTC))
    advice = pointing_advice(watch.archive, unseen)
    assert advice
    assert f"clausewatch add '{site.url('/jobs?x=$(reboot)')}' --vendor harbor-kites --slug privacy-policy" in advice


def test_what_robots_keep_out_of_is_not_followed(watch: Watch, site: VendorSite) -> None:
    site.set_robots("User-agent: *\nDisallow: /legal\n")
    site.publish("/legal/p7", policy())
    site.publish("/privacy", NOTE.format("/legal/p7"))
    site.forget_requests()
    watch.crawls()
    assert watch.addresses == ["/privacy"]
    assert "/legal/p7" not in {entry.path for entry in site.requests}


def test_a_page_that_is_gone_is_found_where_its_text_stands(watch: Watch, site: VendorSite) -> None:
    site.withdraw("/privacy")
    site.publish("/", "".join(f'<a href="{path}">Privacy</a>' for path in ("/jobs", "/de/legal/p7", "/legal/p7")))
    site.publish("/de/legal/p7", policy(months=30, recipient="Quay Metrics"))  # a variant, and less like it
    site.publish("/jobs", OTHER.format(""))
    site.publish("/legal/p7", policy(recipient="Quay Metrics"))
    watch.failed(times=1)
    watch.crawls()
    assert watch.addresses == ["/privacy"]  # it may be back soon
    looked = watch.crawls()
    assert watch.addresses == ["/privacy", "/legal/p7"]
    assert (looked.new, looked.failed) == (1, 0)
    versions, comparisons = watch.timeline
    assert len(versions) == 2
    assert len(comparisons) == 1
    assert not unseen_documents(watch.archive, now=datetime.now(UTC))


def test_of_what_is_gone_and_may_be_elsewhere_it_is_said_where_as_long_as_it_is_gone(
    watch: Watch, site: VendorSite
) -> None:
    half = "We collect your name, your mail address and the orders that you place with our shop. " * 2
    site.withdraw("/privacy")
    site.publish("/", '<a href="/jobs">Privacy</a>')
    site.publish("/jobs", policy().replace("<h2>How long", f"<p>{OTHER.format(half)}</p>" * 2 + "<h2>How long"))
    watch.failed(times=2)
    watch.crawls()
    assert watch.addresses == ["/privacy"]
    said = watch.reason
    assert said.startswith("answered 404; looked for on 127.0.0.1")
    assert f"perhaps {site.url('/jobs')} (" in said
    watch.crawls()
    assert watch.reason == said
    (unseen,) = unseen_documents(watch.archive, now=datetime.now(UTC))
    assert unseen.failure
    assert f"clausewatch add {site.url('/jobs')} --vendor harbor-kites" in (advice_on(unseen.failure, unseen.document))
    site.answer("/privacy", lambda request: Reply(503, b"later"))
    watch.crawls()
    assert "looked for" not in watch.reason


def test_a_document_does_not_move_to_where_another_stands(watch: Watch, site: VendorSite) -> None:
    site.publish("/terms", policy())
    add_address(watch.archive, site.url("/terms"), vendor="Harbor Kites", now=datetime(2025, 1, 1, tzinfo=UTC))
    site.publish("/privacy", NOTE.format("/terms"))
    watch.crawls()
    assert watch.addresses == ["/privacy"]
    assert any("is watched as harbor-kites/terms-of-service" in line for line in watch.lines)


def test_what_is_gone_is_searched_for_seldom() -> None:
    assert [looks for looks in range(100) if is_turn(looks)] == [3, 10, 30, 60, 90]


def test_a_document_that_was_never_seen_moves_to_a_page_that_calls_itself_by_its_type(
    archive: Archive, site: VendorSite, tmp_path: Path
) -> None:
    for name, title in (("terms", "Terms of Service"), ("cookies", "Privacy Policy")):
        site.publish(f"/{name}", f'<meta http-equiv="refresh" content="1; url=/new/{name}">')
        site.publish(f"/new/{name}", policy().replace("Privacy Policy", title))
        add_address(archive, site.url(f"/{name}"), vendor="Harbor Kites", now=datetime(2025, 1, 1, tzinfo=UTC))
    watch = Watch(archive, site, tmp_path)
    with watch.archive.read() as connection:
        moved = [get_document(connection, f"harbor-kites/{slug}").url for slug in ("terms-of-service", "cookie-policy")]
    assert moved == [site.url("/new/terms"), site.url("/cookies")]


def test_a_page_that_is_gone_though_its_status_denies_it_is_searched_for_too(watch: Watch, site: VendorSite) -> None:
    site.publish("/privacy", "<title>Page not found</title><h1>Page not found</h1><p>This page could not be found.</p>")
    site.publish("/", '<a href="/legal/p7">Privacy</a>')
    site.publish("/legal/p7", policy(nonce="on another page"))
    for _ in range(2):
        watch.crawls()
    assert watch.addresses == ["/privacy"]
    watch.crawls()
    assert watch.addresses == ["/privacy", "/legal/p7"]
