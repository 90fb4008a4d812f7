"""A batch ends as it should, whatever happens to its child process or to its parent."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clausewatch.demo import answers
from clausewatch.demo.server import Reply, Request
from clausewatch.errors import ArchiveError
from clausewatch.settings import Settings
from crawler.child import ORPHANED
from crawler.children import Children, forked_children
from crawler.outcomes import ErrorKind, Fetch, FetchKind, Outcome
from crawler.run import run_batch
from tests.support import VendorSite
from tests.support.processes import children_of, is_running

PARENT = """
import sys
from clausewatch.settings import Settings
from crawler.child import ORPHANED
from crawler.children import Children, forked_children
from crawler.outcomes import Fetch
from crawler.run import run_batch
host = sys.argv[1]
run_batch([Fetch("stall", f"http://{host}/stall")], settings=Settings(allow_hosts=(host,)), on_outcome=print,
          timeout_seconds=60)
"""


def wait_until(holds: Callable[[], object], *, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def ready() -> Iterator[Children]:
    """Children that are there at once: what lasts a few seconds is not their start, which a busy machine draws out."""
    with forked_children() as children, VendorSite() as site:
        run_batch(
            [Fetch("page", site.url("/page"))],
            settings=Settings(allow_hosts=(site.host,)),
            on_outcome=lambda outcome: None,
            timeout_seconds=60,
            children=children,
        )
        yield children


def test_a_batch_that_takes_too_long_is_ended_with_an_outcome_for_every_fetch(ready: Children) -> None:
    with VendorSite() as site:
        site.publish("/quick", "quick")
        site.answer("/stall", answers.stall(600))
        before, outcomes = children_of(os.getpid()), dict[str, Outcome]()
        run_batch(
            [Fetch("quick", site.url("/quick")), Fetch("1", site.url("/stall")), Fetch("2", site.url("/stall"))],
            settings=Settings(allow_hosts=(site.host,)),
            on_outcome=lambda outcome: outcomes.update({outcome.id: outcome}),
            timeout_seconds=4,
            children=ready,
        )
        assert outcomes["quick"].body == b"quick"
        assert [(outcomes[id].error_kind, outcomes[id].retryable) for id in "12"] == [(ErrorKind.TIMEOUT, True)] * 2
        assert children_of(os.getpid()) == before


def test_a_parent_that_records_slowly_gets_every_outcome_whole() -> None:
    """Lines of one page and of several, more than a pipe holds, while nobody reads."""
    with VendorSite() as site:
        headers = [(("X-Long", "x" * (number % 3) * 3000),) for number in range(90)]
        for number, header in enumerate(headers):
            site.answer(f"/{number}", answers.always(Reply(200, b"%d" % number, header)))
        outcomes: dict[str, Outcome] = {}

        def record(outcome: Outcome) -> None:
            if not outcomes:
                wait_until(lambda: len(site.requests) > 60)
            outcomes[outcome.id] = outcome

        run_batch(
            [Fetch(str(number), site.url(f"/{number}")) for number in range(90)],
            settings=Settings(allow_hosts=(site.host,)),
            on_outcome=record,
            timeout_seconds=60,
        )
        assert [outcomes[str(number)].body for number in range(90)] == [b"%d" % number for number in range(90)]
        assert all(len(outcomes[str(number)].headers["x-long"]) == number % 3 * 3000 for number in range(90))


def test_a_child_that_dies_leaves_an_outcome_and_its_last_words() -> None:
    with VendorSite() as site:

        def kill(request: object) -> Reply:
            for child in children_of(os.getpid()) - before:
                os.kill(child, signal.SIGKILL)
            return Reply(200, b"too late")

        site.answer("/kill", kill)
        before, outcomes = children_of(os.getpid()), list[Outcome]()
        run_batch(
            [Fetch("kill", site.url("/kill"))],
            settings=Settings(allow_hosts=(site.host,)),
            on_outcome=outcomes.append,
            timeout_seconds=60,
        )
        assert [(outcome.error_kind, outcome.retryable) for outcome in outcomes] == [(ErrorKind.CRASHED, True)]
        assert "ended with -9; its last words" in (outcomes[0].error or "")


def test_of_a_child_that_dies_only_what_was_under_way_was_asked() -> None:
    with VendorSite() as site:

        def answer(request: Request) -> Reply:
            asked.append(request.path)
            if len(asked) > 2:
                wait_until(lambda: len(outcomes) == 2)  # the pages before have come
                for child in children_of(os.getpid()) - before:
                    os.kill(child, signal.SIGKILL)
            return Reply(200, b"page")

        asked: list[str] = []
        paths = [f"/{number}" for number in range(100)]
        for path in paths:
            site.answer(path, answer)
        before, outcomes = children_of(os.getpid()), dict[str, Outcome]()
        run_batch(
            [Fetch(path, site.url(path)) for path in paths],
            settings=Settings(allow_hosts=(site.host,)),
            on_outcome=lambda outcome: outcomes.update({outcome.id: outcome}),
            timeout_seconds=60,
        )
    assert outcomes.keys() == set(paths)
    assert {id for id, outcome in outcomes.items() if outcome.was_asked} == set(asked)
    assert [outcomes[path].body for path in asked] == [b"page", b"page", None]
    assert {outcome.error_kind for outcome in outcomes.values() if outcome.body is None} == {ErrorKind.CRASHED}


def test_rules_that_end_the_child_are_asked_for_on_behalf_of_one_page() -> None:
    """Were it nobody's, the same site would end every crawl after it too."""
    with VendorSite() as site:

        def kill(request: object) -> Reply:
            for child in children_of(os.getpid()) - before:
                os.kill(child, signal.SIGKILL)
            return Reply(200, b"too late")

        site.answer("/robots.txt", kill)
        before, outcomes = children_of(os.getpid()), list[Outcome]()
        run_batch(
            [Fetch(str(number), site.url(f"/{number}")) for number in range(5)],
            settings=Settings(allow_hosts=(site.host,)),
            on_outcome=outcomes.append,
            timeout_seconds=60,
        )
    assert sorted(outcome.was_asked for outcome in outcomes) == [False] * 4 + [True]


def test_an_archive_that_fails_stops_the_crawl() -> None:
    def fail(outcome: Outcome) -> None:
        raise ArchiveError("the disk is full")

    with VendorSite() as site:
        site.publish("/page", "page")
        site.answer("/stall", answers.stall(600))
        before = children_of(os.getpid())
        with pytest.raises(ArchiveError, match="the disk is full"):
            run_batch(
                [Fetch("page", site.url("/page")), Fetch("stall", site.url("/stall"))],
                settings=Settings(allow_hosts=(site.host,)),
                on_outcome=fail,
                timeout_seconds=60,
            )
        assert children_of(os.getpid()) == before


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_child_ends_with_its_parent_and_leaves_no_file(how: signal.Signals, tmp_path: Path) -> None:
    with VendorSite() as site:
        site.answer("/stall", answers.stall(600))
        command = [sys.executable, "-c", PARENT, site.host]
        environment = os.environ | {"TMPDIR": str(tmp_path)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as parent:
            wait_until(lambda: any(entry.path == "/robots.txt" for entry in site.requests))
            children = children_of(parent.pid)
            parent.send_signal(how)
            parent.wait(timeout=60)
        assert children
        wait_until(lambda: not any(is_running(child) for child in children))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("said", [b"", b'{"spider"', b'{"spider": "live"}\n{"id": "1"}\n{"id'])
def test_a_parent_that_ends_before_it_has_said_all_leaves_no_folder(said: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "bodies"
    folder.mkdir()
    command = [sys.executable, "-m", "crawler.child", str(folder)]
    child = subprocess.run(command, input=said, capture_output=True, timeout=60, check=False)
    assert (child.returncode, child.stdout, child.stderr) == (ORPHANED, b"", b"")
    assert not folder.exists()


def test_a_service_that_is_told_to_stop_ends_its_batch_by_itself() -> None:
    """Its children are told so too, at the same moment; what they do then must not count as failed."""
    with VendorSite() as site:
        before, outcomes = children_of(os.getpid()), list[Outcome]()

        def tell_all(request: object) -> Reply:
            for child in children_of(os.getpid()) - before:
                os.kill(child, signal.SIGTERM)
            return Reply(200, b"still here")

        site.answer("/page", tell_all)
        run_batch(
            [Fetch("page", site.url("/page"))],
            settings=Settings(allow_hosts=(site.host,)),
            on_outcome=outcomes.append,
            timeout_seconds=60,
        )
    assert [outcome.body for outcome in outcomes] == [b"still here"]


def test_the_log_of_the_child_is_there_for_who_asks(caplog: pytest.LogCaptureFixture) -> None:
    with VendorSite() as site, caplog.at_level(logging.DEBUG, logger="scrapy"):
        site.publish("/page", "page")
        run_batch(
            [Fetch("page", site.url("/page"))],
            settings=Settings(allow_hosts=(site.host,), secret="do not tell"),
            on_outcome=lambda outcome: None,
            timeout_seconds=60,
        )
    assert "Spider closed (finished)" in caplog.text
    assert "do not tell" not in caplog.text


def test_a_batch_of_which_nothing_may_be_asked_ends_at_once(ready: Children, caplog: pytest.LogCaptureFixture) -> None:
    outcomes: list[Outcome] = []
    with caplog.at_level(logging.DEBUG, logger="scrapy"):
        run_batch(
            [Fetch(str(number), "http://127.0.0.1:9/privacy") for number in range(20)],
            settings=Settings(),
            on_outcome=outcomes.append,
            timeout_seconds=4,  # less than the five seconds after which Scrapy would look for itself
            children=ready,
        )
    assert [outcome.error_kind for outcome in outcomes] == [ErrorKind.FORBIDDEN] * 20
    assert "Spider closed (finished)" in caplog.text


def test_a_batch_that_is_told_to_stop_hands_on_what_came_and_says_nothing_of_the_rest() -> None:
    with VendorSite() as site:
        site.publish("/quick", "quick")
        site.answer("/stall", answers.stall(600))
        before, outcomes, stop = children_of(os.getpid()), list[Outcome](), threading.Event()

        def receive(outcome: Outcome) -> None:
            outcomes.append(outcome)
            stop.set()

        for _ in range(2):  # the second does not even begin
            run_batch(
                [Fetch("quick", site.url("/quick")), Fetch("stall", site.url("/stall"))],
                settings=Settings(allow_hosts=(site.host,)),
                on_outcome=receive,
                timeout_seconds=600,
                stop=stop,
            )
        assert [outcome.id for outcome in outcomes] == ["quick"]
        assert children_of(os.getpid()) == before


def test_a_batch_is_of_one_kind_and_names_each_fetch_once() -> None:
    mixed = [Fetch("1", "https://a.example/"), Fetch("2", "https://b.example/", FetchKind.INDEX)]
    for fetches in (mixed, [Fetch("1", "https://a.example/")] * 2):
        with pytest.raises(ValueError, match="batch"):
            run_batch(fetches, settings=Settings(), on_outcome=print, timeout_seconds=1)


def test_nothing_to_fetch_starts_nothing() -> None:
    run_batch([], settings=Settings(), on_outcome=print, timeout_seconds=1)
