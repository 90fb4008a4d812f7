"""One lane per host over all processes, and pauses that hold for all of them, by the access logs of sites."""

from __future__ import annotations

import os
import select
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive
from archive.documents import due_documents, get_document, list_documents
from archive.watches import get_watch, list_watches
from clausewatch.demo import answers
from clausewatch.demo.server import Reply, Request
from clausewatch.jobs.capture import Looked, crawl_documents
from clausewatch.jobs.claims import claimed
from clausewatch.jobs.watching import add_address
from clausewatch.settings import Settings
from tests.crawler.test_run import wait_until
from tests.support import VendorSite, postgres
from tests.support.gauges import GaugedSite
from tests.support.processes import children_of, is_stopped
from tests.support.scenario import archive_of, day, policy

ROOT = Path(__file__).resolve().parents[2]
PAGES = 6
CLAIM_SECONDS = 2.0
A_CRAWL = """
import sys
from datetime import UTC, datetime
from archive import open_archive
from clausewatch.jobs import claims
from clausewatch.jobs.capture import crawl_documents
from clausewatch.settings import load
settings = load()
claims.CLAIM_SECONDS = float(sys.argv[2])
with open_archive(settings) as archive:
    print("ready", flush=True)
    while sys.stdin.readline() == "go\\n":
        looked = crawl_documents(
            archive, sys.argv[1], is_due_only=False, settings=settings, now=lambda: datetime.now(UTC),
            on_progress=lambda line: print(line, file=sys.stderr),
        )
        print(looked.looked, flush=True)
"""


@pytest.fixture
def site() -> Iterator[GaugedSite]:
    with GaugedSite(seconds=0.03) as site:
        yield site


@contextmanager
def crawling(
    vendor: str, site: VendorSite, home: Path, *, claim_seconds: float = 60.0
) -> Iterator[subprocess.Popen[str]]:  # fmt: skip
    """A process that crawls the vendor's documents each time it is told to go."""
    environ = os.environ | postgres.environ_of(home)
    environ |= {"PYTHONPATH": str(ROOT), "CLAUSEWATCH_ALLOW_HOSTS": site.host}
    command = [sys.executable, "-c", A_CRAWL, vendor, str(claim_seconds)]
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            assert heard(child) == "ready"
            yield child
        finally:
            child.kill()


def say(child: subprocess.Popen[str], word: str) -> None:
    assert child.stdin is not None
    with suppress(BrokenPipeError):  # it was told to end before
        child.stdin.write(f"{word}\n")
        child.stdin.flush()


def heard(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def first_heard(*children: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """Who says something first."""
    said = {child.stdout: child for child in children if child.stdout}
    return said[select.select(list(said), [], [], 60)[0][0]]


def page(nonce: str) -> Reply:
    return Reply(200, policy(nonce=nonce).encode(), (("Content-Type", "text/html"),))


def watches(archive: Archive, vendor: str, *urls: str) -> None:
    for url in urls:
        add_address(archive, url, vendor=vendor, now=day(0))


def crawl(archive: Archive, settings: Settings, name: str | None = None) -> tuple[Looked, list[str]]:
    lines: list[str] = []
    looked = crawl_documents(
        archive, name, is_due_only=False, settings=settings, now=lambda: datetime.now(UTC), on_progress=lines.append
    )
    return looked, lines


# --- lanes ----------------------------------------------------------------------------------------------------


def test_a_host_is_of_one_crawl_whoever_asks_for_which_of_its_documents(tmp_path: Path) -> None:
    with archive_of(tmp_path) as archive, archive_of(tmp_path) as other:
        watches(archive, "ada", "https://ada.example/privacy", "https://ada.example/terms", "https://eve.example/a")
        with archive.read() as connection:
            documents = list_documents(connection)
        privacy, terms, elsewhere = sorted(documents, key=lambda each: str(each.url))
        with claimed(archive, [privacy], is_due_only=False, now=lambda: day(1)) as mine:
            with claimed(other, [terms, elsewhere], is_due_only=False, now=lambda: day(1)) as theirs:
                assert theirs.documents == [elsewhere]
                assert not theirs.lanes.take("ada.example")  # a redirect leads there
                assert not mine.lanes.take("eve.example")
                assert mine.lanes.take("ada.example")
                assert theirs.lanes.take("bob.example")
                assert not mine.lanes.take("bob.example")
            assert mine.lanes.take("bob.example")
        with claimed(other, documents, is_due_only=False, now=lambda: day(1)) as theirs:
            assert len(theirs.documents) == 3


@pytest.mark.slow
def test_two_processes_never_ask_one_host_at_once(archive: Archive, site: GaugedSite, tmp_path: Path) -> None:
    site.set_robots("User-agent: *\nDisallow:\n")
    is_left = threading.Event()

    def hold(request: Request) -> Reply:
        assert is_left.wait(60)  # until the other one came and left the host alone
        return page(request.path)

    for vendor in ("ada", "bob"):
        for number in range(PAGES):
            site.answer(f"/{vendor}/{number}", hold)
            watches(archive, vendor, site.url(f"/{vendor}/{number}"))
    wanted = sorted(f"/{vendor}/{number}" for vendor in ("ada", "bob") for number in range(PAGES))
    with crawling("ada", site, tmp_path) as ada, crawling("bob", site, tmp_path) as bob:
        for child in (ada, bob):
            say(child, "go")
        late = first_heard(ada, bob)  # the other one has the host
        looked = [heard(late)]
        is_left.set()
        looked.append(heard(bob if late is ada else ada))
        say(late, "go")
        looked.append(heard(late))
        for child in (ada, bob):
            say(child, "no more")
        said = [child.communicate(timeout=60)[1] for child in (ada, bob)]
    assert looked == ["0", str(PAGES), str(PAGES)], said
    assert any("another crawl asks there" in lines for lines in said)
    assert site.most == 1
    assert site.pages == wanted


@pytest.mark.slow
def test_a_page_that_leads_to_a_host_of_another_crawl_is_left_for_later(
    archive: Archive, site: GaugedSite, tmp_path: Path
) -> None:
    with VendorSite() as elsewhere:
        site.publish("/privacy", policy())
        elsewhere.answer("/privacy", answers.redirect(site.url("/privacy")))
        by_name = f"localhost:{elsewhere.port or elsewhere.host.rpartition(':')[2]}"
        settings = Settings(home=tmp_path, allow_hosts=(site.host, by_name))
        watches(archive, "ada", site.url("/privacy"))
        watches(archive, "bob", f"http://{by_name}/privacy")
        with archive.read() as connection:
            ada = get_document(connection, "ada/privacy-policy")
        with archive_of(tmp_path) as other, claimed(other, [ada], is_due_only=False, now=lambda: datetime.now(UTC)):
            looked, lines = crawl(archive, settings, "bob")
            assert (looked.looked, looked.failed, looked.left) == (0, 0, 1)
            assert lines == ["1 document still due: not asked: another crawl asks its host"]
            assert site.requests == ()
        assert crawl(archive, settings, "bob")[0].new == 1
        with archive.read() as connection:
            assert get_watch(connection, get_document(connection, "bob/privacy-policy")).failure is None


@pytest.mark.slow
def test_a_crawl_that_was_held_up_asks_no_host_that_another_one_took_over(
    archive: Archive, site: GaugedSite, tmp_path: Path
) -> None:
    for vendor, pages in (("ada", 150), ("bob", 20)):
        for number in range(pages):
            site.publish(f"/{vendor}/{number}", policy(nonce=f"{vendor} {number}"))
            watches(archive, vendor, site.url(f"/{vendor}/{number}"))

    def wake(request: Request) -> Reply:
        child.send_signal(signal.SIGCONT)
        return page("bob 0")

    with crawling("ada", site, tmp_path, claim_seconds=CLAIM_SECONDS) as child:
        say(child, "go")
        wait_until(lambda: len(site.pages) > 2)
        wait_until(lambda: is_held_up(child, archive))  # its own child goes on, for a while
        time.sleep(CLAIM_SECONDS * 1.2)
        asked = len(site.pages)
        settings = Settings(home=tmp_path, allow_hosts=(site.host,))
        site.answer("/bob/0", wake)  # its lanes are taken by then
        assert crawl(archive, settings, "bob")[0].new == 20
        say(child, "no more")
        said = child.communicate(timeout=60)[1]
    assert "the crawl was held up" in said
    assert "not asked: another crawl asks its host" in said
    assert site.most == 1
    assert len(site.pages) == asked + 20
    assert asked < 150


def is_held_up(process: subprocess.Popen[str], archive: Archive) -> bool:
    """Whether it could be stopped between two transactions: one that is stopped within would hold all others up too."""
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: is_stopped(process.pid))
    if nobody_writes(archive):
        return True
    process.send_signal(signal.SIGCONT)
    return False


def nobody_writes(archive: Archive) -> bool:
    """Whether whoever would write now need not wait."""
    if archive.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(archive.engine.url.database), timeout=0.1)) as connection:
            with suppress(sqlite3.OperationalError):
                connection.execute("BEGIN IMMEDIATE")
            return connection.in_transaction
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' "
        "AND pid <> pg_backend_pid()"
    )
    with archive.read() as connection:
        return not connection.exec_driver_sql(query).scalar_one()


# --- pauses ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_of_a_site_that_wants_a_pause_only_the_page_that_was_asked_failed(
    archive: Archive, site: GaugedSite, tmp_path: Path
) -> None:
    paths = [f"/{number}" for number in range(4)]
    for path in paths:
        site.answer(path, answers.too_many(retry_after="7200"))
        watches(archive, "ada", site.url(path))
    settings = Settings(home=tmp_path, allow_hosts=(site.host,))
    started_at = datetime.now(UTC)
    looked, lines = crawl(archive, settings)
    assert (looked.looked, looked.failed, looked.left) == (1, 1, 3)
    assert len(site.pages) == 1
    assert sum("not looked at: not asked: the host wants a pause" in line for line in lines) == 3
    with archive.read() as connection:
        documents = list_documents(connection)
        failures = [get_watch(connection, each).failure for each in documents]
    assert sorted(failure.looks for failure in failures if failure) == [1]
    assert all(each.due_at and each.due_at >= started_at + timedelta(seconds=7200) for each in documents)


@pytest.mark.slow
def test_a_pause_holds_for_every_crawl_and_for_what_was_not_looked_at_by_then(
    archive: Archive, site: GaugedSite, tmp_path: Path
) -> None:
    site.answer("/privacy", answers.too_many(retry_after="7200"))
    site.publish("/terms", policy())
    watches(archive, "ada", site.url("/privacy"))
    watches(archive, "bob", site.url("/terms"))
    settings = Settings(home=tmp_path, allow_hosts=(site.host,))
    crawl(archive, settings, "ada")
    asked = len(site.requests)
    looked, lines = crawl(archive, settings, "bob")
    assert (looked.looked, looked.left) == (0, 1)
    assert lines == ["bob/terms-of-service: not looked at: not asked: the host wants a pause"]
    assert len(site.requests) == asked  # nor for robots.txt


@pytest.mark.slow
def test_of_a_crawl_that_dies_what_was_not_asked_stays_due(archive: Archive, site: GaugedSite, tmp_path: Path) -> None:
    before = children_of(os.getpid())

    def kill(request: object) -> Reply:
        for child in children_of(os.getpid()) - before:
            os.kill(child, signal.SIGKILL)
        return Reply(200, b"too late")

    paths = [f"/{number}" for number in range(5)]
    for path in paths:
        site.answer(path, kill)
        watches(archive, "ada", site.url(path))
    looked, lines = crawl(archive, Settings(home=tmp_path, allow_hosts=(site.host,)))
    assert (looked.looked, looked.failed, looked.left) == (1, 1, 4)
    assert any(line.startswith("4 documents still due: the crawl process ended with -9") for line in lines)
    with archive.read() as connection:
        kinds = [watch.failure.kind for watch in list_watches(connection).values() if watch.failure]
        still_due = due_documents(connection, datetime.now(UTC))
    assert (kinds, len(still_due)) == (["crashed"], 4)


@pytest.mark.slow
def test_rules_that_want_a_pause_are_a_failure_of_every_page(
    archive: Archive, site: GaugedSite, tmp_path: Path
) -> None:
    """Otherwise nobody would ever hear of a site that answers nothing else."""
    site.answer("/robots.txt", answers.too_many(retry_after="60"))
    watches(archive, "ada", site.url("/privacy"), site.url("/terms"))
    looked, lines = crawl(archive, Settings(home=tmp_path, allow_hosts=(site.host,)))
    assert (looked.failed, looked.left) == (2, 0)
    assert all("rate-limited: robots.txt cannot be had: answered 429" in line for line in lines)
    assert [entry.path for entry in site.requests] == ["/robots.txt"]
