from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from archive import Archive
from archive.addresses import addresses_of
from archive.comparisons import list_comparisons
from archive.documents import get_document, list_documents, record_look
from archive.snapshots import Capture, list_snapshots, record_snapshot
from archive.tables import snapshots
from archive.versions import list_versions, text_of
from archive.watches import Watch as DocumentWatch
from archive.watches import get_watch
from clausewatch.demo.server import Reply, Request
from clausewatch.errors import ArchiveError, NotFound
from clausewatch.jobs import capture
from clausewatch.jobs.capture import Looked, crawl_documents
from clausewatch.jobs.pace import SOONEST
from clausewatch.jobs.settle import settle_all
from clausewatch.jobs.watching import add_address
from clausewatch.model import Document, Snapshot, Source
from clausewatch.settings import Settings
from tests.differ.pages import PARAGRAPHS
from tests.differ.test_pdf import pdf
from tests.support import VendorSite
from tests.support.scenario import BOT_WALL, policy

pytestmark = pytest.mark.slow  # each look starts a child process
WATCHED_AT = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[VendorSite]:
    with VendorSite() as site:
        yield site


class Watch:
    """An archive that watches pages of the site."""

    def __init__(self, archive: Archive, site: VendorSite, home: Path) -> None:
        self.archive, self.site = archive, site
        self.settings = Settings(home=home, allow_hosts=(site.host,))
        self.lines: list[str] = []

    def adds(self, path: str, *, vendor: str = "Harbor Kites") -> Document:
        return add_address(self.archive, self.site.url(path), vendor=vendor, now=WATCHED_AT)

    def crawls(self, name: str | None = None, *, is_due_only: bool = False, now: datetime | None = None) -> Looked:
        self.lines.clear()
        return crawl_documents(
            self.archive, name, is_due_only=is_due_only, settings=self.settings, now=lambda: now or datetime.now(UTC),
            on_progress=self.lines.append,
        )  # fmt: skip

    def settles(self) -> None:
        settle_all(self.archive, now=datetime.now(UTC))

    def state(self) -> DocumentWatch:
        with self.archive.read() as connection:
            return get_watch(connection, self.document())

    def document(self, name: str = "harbor-kites/privacy-policy") -> Document:
        with self.archive.read() as connection:
            return get_document(connection, name)

    def snapshots(self, name: str = "harbor-kites/privacy-policy") -> list[Snapshot]:
        with self.archive.read() as connection:
            return list_snapshots(connection, get_document(connection, name))


@pytest.fixture
def watch(archive: Archive, site: VendorSite, tmp_path: Path) -> Watch:
    return Watch(archive, site, tmp_path)


def count(looked: Looked) -> tuple[int, int, int, int]:
    return looked.looked, looked.new, looked.unchanged, looked.failed


def test_the_first_look_is_a_snapshot_with_what_the_page_said(watch: Watch, site: VendorSite) -> None:
    site.publish("/privacy", policy())
    watch.adds("/privacy")
    assert count(watch.crawls()) == (1, 1, 0, 0)
    (snapshot,) = watch.snapshots()
    assert (snapshot.status, snapshot.source, snapshot.is_live, snapshot.sightings) == (200, "live", True, 1)
    assert watch.archive.blobs.read(snapshot.sha256) == policy().encode()
    assert watch.lines == [f"harbor-kites/privacy-policy: new snapshot, {len(policy().encode()):,} bytes"]
    document = watch.document()
    assert document.etag
    assert document.due_at is not None
    interval = timedelta(hours=document.interval_hours)
    assert interval * SOONEST <= document.due_at - snapshot.fetched_at <= interval * (1 + SOONEST)


@pytest.mark.sqlite
def test_a_look_that_cannot_be_recorded_holds_no_other_up_and_is_not_taken_at_every_crawl(
    watch: Watch, site: VendorSite, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("/one", "/two", "/three"):
        site.publish(path, policy(nonce=path))
        watch.adds(path, vendor=path[1:])
    with watch.archive.write() as connection:  # as a bug would that this page trips
        refused = text(
            "CREATE TRIGGER refused BEFORE INSERT ON snapshots WHEN NEW.url LIKE '%/two' "
            "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
        connection.execute(refused)
    assert count(watch.crawls(is_due_only=True)) == (3, 2, 0, 1)
    assert "two/privacy-policy: what came cannot be recorded" in caplog.text
    with watch.archive.read() as connection:
        document = get_document(connection, "two/privacy-policy")
        failure = get_watch(connection, document).failure
    assert failure
    assert (failure.kind, failure.looks) == ("crashed", 1)
    assert document.due_at
    assert document.due_at - failure.newest_at > timedelta(minutes=30)
    assert watch.crawls(is_due_only=True).looked == 0


@pytest.mark.sqlite
def test_where_no_look_can_be_recorded_the_crawl_ends_and_all_stay_due(watch: Watch, site: VendorSite) -> None:
    site.publish("/privacy", policy())
    watch.adds("/privacy")
    with watch.archive.write() as connection:
        refused = text("CREATE TRIGGER refused BEFORE UPDATE ON documents BEGIN SELECT RAISE(ABORT, 'none'); END")
        connection.execute(refused)
    with pytest.raises(ArchiveError, match="none"):
        watch.crawls()
    assert watch.document().due_at == WATCHED_AT


def test_a_page_not_modified_is_a_sighting(watch: Watch, site: VendorSite) -> None:
    site.publish("/privacy", policy())
    watch.adds("/privacy")
    watch.crawls()
    (first,) = watch.snapshots()
    assert count(watch.crawls()) == (1, 0, 1, 0)
    assert site.requests[-1].status == 304
    (snapshot,) = watch.snapshots()
    assert (snapshot.sightings, snapshot.captured_at) == (2, first.captured_at)
    assert snapshot.seen_at > first.seen_at
    assert watch.document().etag


def test_what_is_not_modified_is_never_another_snapshot(watch: Watch, site: VendorSite) -> None:
    """The clock was ahead when the first came; then a page of elsewhere came in."""
    site.publish("/privacy", policy())
    watch.adds("/privacy")
    watch.crawls()
    with watch.archive.write() as connection:
        connection.execute(snapshots.update().values(seen_at=datetime.now(UTC) + timedelta(days=1)))
    site.publish("/privacy", policy(months=24))
    watch.crawls()
    watch.crawls()
    assert [snapshot.sightings for snapshot in watch.snapshots()] == [1, 1, 1]
    with watch.archive.write() as connection:
        record_look(connection, watch.document(), due_at=WATCHED_AT, etag='"one"')
        elsewhere = Capture(datetime.now(UTC), datetime.now(UTC), Source.WARC, "", "0" * 64, 1, is_live=True)
        record_snapshot(connection, watch.document(), elsewhere)
    assert watch.document().etag is None


def test_the_same_bytes_in_full_are_a_sighting_too(watch: Watch, site: VendorSite) -> None:
    site.answer("/privacy", lambda request: Reply(200, policy().encode(), (("Content-Type", "text/html"),)))
    watch.adds("/privacy")
    watch.crawls()
    assert count(watch.crawls()) == (1, 0, 1, 0)
    assert watch.lines == ["harbor-kites/privacy-policy: the same bytes"]
    assert [snapshot.sightings for snapshot in watch.snapshots()] == [2]


def test_a_page_that_comes_back_is_a_new_snapshot(watch: Watch, site: VendorSite) -> None:
    watch.adds("/privacy")
    for months in (18, 24, 18):
        site.publish("/privacy", policy(months=months))
        watch.crawls()
    assert len(watch.snapshots()) == 3
    assert len({snapshot.sha256 for snapshot in watch.snapshots()}) == 2


@pytest.mark.parametrize("content_type", ["application/pdf", "application/octet-stream"])
def test_a_pdf_gives_the_text_and_what_changes_in_it(watch: Watch, site: VendorSite, content_type: str) -> None:
    watch.adds("/privacy.pdf")
    kept = "We keep your order history for {} months after your last order."
    for months in (18, 18, 24):
        body = pdf([["PRIVACY POLICY", *PARAGRAPHS, kept.format(months)]])
        site.publish("/privacy.pdf", body, content_type=content_type)
        assert watch.crawls().failed == 0
        watch.settles()
    assert [entry.status for entry in site.requests if entry.path == "/privacy.pdf"] == [200, 304, 200]
    assert [snapshot.fault for snapshot in watch.snapshots()] == [None, None]
    with watch.archive.read() as connection:
        texts = [text_of(connection, each.id).text for each in list_versions(connection, watch.document())]
        (comparison,) = list_comparisons(connection, "harbor-kites/privacy-policy")
    assert all(PARAGRAPHS[3] in text.replace("\n", " ") for text in texts)
    assert [kept.format(months) in text for months, text in zip((18, 24), texts, strict=True)] == [True, True]
    assert [finding.kind for finding in comparison.findings] == ["retention"]


@pytest.mark.parametrize("status", [403, 404, 503])
def test_an_answer_that_is_an_error_is_kept_as_one(watch: Watch, site: VendorSite, status: int) -> None:
    site.publish("/privacy", "<h1>No</h1>", status=status)
    watch.adds("/privacy")
    assert count(watch.crawls()) == (1, 0, 0, 1)
    (snapshot,) = watch.snapshots()
    assert snapshot.status == status
    assert watch.document().etag is None
    assert "(kept as a fault)" in watch.lines[0]


def test_a_pause_that_is_asked_for_puts_the_next_look_off(watch: Watch, site: VendorSite) -> None:
    wait = (("Retry-After", str(20 * 3600)),)
    site.answer("/privacy", lambda request: Reply(429, b"slowly", wait))
    watch.adds("/privacy")
    watch.crawls()
    due_at = watch.document().due_at
    assert due_at is not None
    assert due_at - datetime.now(UTC) > timedelta(hours=19)


def test_a_page_that_cannot_be_fetched_is_counted_and_said(watch: Watch, site: VendorSite) -> None:
    site.set_robots("User-agent: *\nDisallow: /private\n")
    site.publish("/privacy", policy())
    site.publish("/private/terms", policy())
    watch.adds("/privacy")
    watch.adds("/private/terms")
    assert count(watch.crawls()) == (2, 1, 0, 1)
    assert any(line.startswith("harbor-kites/terms-of-service: robots: ") for line in watch.lines)
    assert watch.snapshots("harbor-kites/terms-of-service") == []
    due_at = watch.document("harbor-kites/terms-of-service").due_at
    assert due_at is not None
    assert due_at > datetime.now(UTC)


def test_what_fails_adds_up_until_the_page_is_seen_again(watch: Watch, site: VendorSite) -> None:
    site.publish("/privacy", policy())
    watch.adds("/privacy")
    watch.crawls()
    watch.settles()
    first_good_at = watch.state().last_good_at
    site.publish("/privacy", "<h1>No</h1>", status=404)
    watch.crawls()
    site.set_robots("User-agent: *\nDisallow: /\n")
    watch.crawls()
    watch.settles()
    state = watch.state()
    assert state.last_good_at == first_good_at
    assert state.failure
    assert (state.failure.kind, state.failure.status, state.failure.looks) == ("robots", None, 2)
    site.set_robots("")
    site.publish("/privacy", policy())
    watch.crawls()
    assert watch.state().failure
    watch.settles()
    assert watch.state().failure is None


def test_a_page_not_modified_is_a_good_look_but_no_wall_that_stays_is(watch: Watch, site: VendorSite) -> None:
    site.publish("/privacy", policy())
    watch.adds("/privacy")
    watch.crawls()
    watch.settles()
    first_good_at = watch.state().last_good_at
    watch.crawls()
    good_at = watch.state().last_good_at
    assert site.requests[-1].status == 304
    assert first_good_at
    assert good_at
    assert good_at > first_good_at
    site.publish("/privacy", BOT_WALL)
    watch.crawls()
    watch.settles()
    watch.crawls()
    assert site.requests[-1].status == 304
    assert watch.state().last_good_at == good_at


def test_a_document_that_moved_for_good_keeps_its_history(watch: Watch, site: VendorSite) -> None:
    site.publish("/privacy", policy())
    document = watch.adds("/privacy")
    watch.crawls()
    watch.settles()
    site.answer("/privacy", moved(301, site.url("/legal/privacy")))
    site.publish("/legal/privacy", policy())
    watch.crawls()
    assert (watch.document().id, watch.document().url) == (document.id, site.url("/legal/privacy"))
    with watch.archive.read() as connection:
        old, new = addresses_of(connection, document)
    assert (old.url, new.url, old.until_at) == (site.url("/privacy"), site.url("/legal/privacy"), new.since_at)
    assert new.since_at is not None
    watch.crawls()
    assert site.requests[-1].path == "/legal/privacy"
    assert watch.adds("/privacy").id == document.id


def test_a_redirect_to_what_is_not_the_document_moves_nothing(watch: Watch, site: VendorSite) -> None:
    site.publish("/privacy", policy())
    watch.adds("/privacy")
    site.publish("/", "<title>Harbor Kites</title><h1>Kites</h1><p>Kites of all sizes, for all winds.</p>")
    for answer in (None, moved(301, site.url("/")), moved(301, site.url("/"))):
        if answer:
            site.answer("/privacy", answer)
        watch.crawls()
        watch.settles()
    assert watch.document().url == site.url("/privacy")


def test_a_document_with_other_bytes_at_its_new_address_moves_once_it_was_read(watch: Watch, site: VendorSite) -> None:
    site.answer("/privacy", moved(308, site.url("/legal")))
    watch.adds("/privacy")
    for number in range(2):
        assert watch.document().url == site.url("/privacy")
        site.publish("/legal", policy(nonce=str(number)))
        watch.crawls()
        watch.settles()
    assert watch.document().url == site.url("/legal")


def test_a_detour_for_now_moves_nothing(watch: Watch, site: VendorSite) -> None:
    site.answer("/privacy", moved(302, site.url("/en/privacy")))
    site.publish("/en/privacy", policy())
    watch.adds("/privacy")
    watch.crawls()
    assert watch.document().url == site.url("/privacy")
    assert watch.snapshots()[0].url == site.url("/en/privacy")


def moved(status: int, location: str) -> Callable[[Request], Reply]:
    return lambda request: Reply(status, b"", (("Location", location),))


def test_only_what_is_due_is_looked_at(watch: Watch, site: VendorSite) -> None:
    for name in ("Harbor Kites", "Gullwing"):
        site.publish(f"/{name[0]}/privacy", policy())
        watch.adds(f"/{name[0]}/privacy", vendor=name)
    watch.crawls("gullwing")
    assert count(watch.crawls(is_due_only=True)) == (1, 1, 0, 0)
    assert watch.lines[0].startswith("harbor-kites/")
    assert count(watch.crawls(is_due_only=True)) == (0, 0, 0, 0)
    later = datetime.now(UTC) + timedelta(hours=15)
    assert watch.crawls(is_due_only=True, now=later).looked == 2


def test_what_is_due_is_looked_at_batch_after_batch_each_once(
    watch: Watch, site: VendorSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "BATCH", 2)  # as five thousand
    paths = [f"/{number}" for number in range(5)]
    for path in paths:
        site.publish(path, policy(nonce=path))
        watch.adds(path)
    site.answer("/1", lambda _request: Reply(404, b"gone"))
    looked = watch.crawls(is_due_only=True)
    assert (looked.looked, looked.new, looked.failed) == (5, 4, 1)
    assert sorted(entry.path for entry in site.requests if entry.path in paths) == paths
    assert watch.crawls(is_due_only=True).looked == 0


def test_a_name_of_nothing_that_can_be_crawled_is_said(watch: Watch) -> None:
    with pytest.raises(NotFound, match="gullwing: no such vendor"):
        watch.crawls("gullwing")
    with watch.archive.read() as connection:
        assert list_documents(connection) == []
    assert count(watch.crawls()) == (0, 0, 0, 0)
