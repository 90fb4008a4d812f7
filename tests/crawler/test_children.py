"""Children that are forked are as good as those that are started afresh, and leave as little behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clausewatch.demo.server import Reply, Request
from clausewatch.settings import Settings
from crawler.children import Children, forked_children
from crawler.outcomes import ErrorKind, Fetch, Outcome
from crawler.run import run_batch
from tests.crawler.test_run import wait_until
from tests.support import VendorSite
from tests.support.processes import children_of, command_of, is_running

PARENT = """
import sys
from clausewatch.settings import Settings
from crawler.children import forked_children
from crawler.outcomes import Fetch
from crawler.run import run_batch
host = sys.argv[1]
with forked_children() as children:
    run_batch([Fetch("stall", f"http://{host}/stall")], settings=Settings(allow_hosts=(host,)), on_outcome=print,
              timeout_seconds=60, children=children)
"""


@pytest.fixture
def children() -> Iterator[Children]:
    before = children_of(os.getpid())
    with forked_children() as children:
        yield children
    assert children_of(os.getpid()) == before


def crawl(site: VendorSite, paths: list[str], children: Children, *, timeout_seconds: float = 60.0) -> list[Outcome]:
    outcomes: list[Outcome] = []
    run_batch(
        [Fetch(path, site.url(path)) for path in paths],
        settings=Settings(allow_hosts=(site.host,)),
        on_outcome=outcomes.append,
        timeout_seconds=timeout_seconds,
        children=children,
    )
    return outcomes


def servers() -> set[int]:
    """Processes of ours that fork."""
    return {pid for pid in children_of(os.getpid()) if "crawler.forks" in command_of(pid)}


def test_every_batch_has_a_process_of_its_own(children: Children) -> None:
    with VendorSite() as site:
        seen: list[set[int]] = []

        def note(request: Request) -> Reply:
            seen.append({child for server in servers() for child in children_of(server)})
            return Reply(200, b"page")

        site.answer("/page", note)
        batches = [crawl(site, ["/page"], children) for _ in range(3)]
    assert [[outcome.body for outcome in batch] for batch in batches] == [[b"page"]] * 3
    assert [len(each) for each in seen] == [1, 1, 1]
    assert len(set.union(*seen)) == 3


def test_a_forked_child_knows_no_secret(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUSEWATCH_SECRET", "hush")
    with VendorSite() as site:
        known: list[bytes] = []

        def note(request: Request) -> Reply:
            known.extend(
                Path(f"/proc/{child}/environ").read_bytes() for each in servers() for child in children_of(each)
            )
            return Reply(200, b"page")

        site.answer("/page", note)
        crawl(site, ["/page"], children)
    assert known
    assert not any(b"hush" in each for each in known)


def test_a_forked_child_that_dies_leaves_an_outcome_and_its_last_words(children: Children) -> None:
    with VendorSite() as site:

        def kill(request: Request) -> Reply:
            for child in [child for each in servers() for child in children_of(each)]:
                os.kill(child, signal.SIGKILL)
            return Reply(200, b"too late")

        site.answer("/kill", kill)
        (outcome,) = crawl(site, ["/kill"], children)
    assert outcome.error_kind is ErrorKind.CRASHED
    assert "ended with -9; its last words" in (outcome.error or "")


def test_a_forked_child_that_takes_too_long_is_ended(children: Children) -> None:
    from clausewatch.demo import answers

    with VendorSite() as site:
        site.answer("/stall", answers.stall(600))
        (outcome,) = crawl(site, ["/stall"], children, timeout_seconds=3)
        assert outcome.error_kind is ErrorKind.TIMEOUT
        wait_until(lambda: not any(children_of(each) for each in servers()))


def test_what_forks_is_replaced_when_it_was_killed(children: Children) -> None:
    with VendorSite() as site:
        site.publish("/page", "page")
        crawl(site, ["/page"], children)
        for each in servers():
            os.kill(each, signal.SIGKILL)
        (outcome,) = crawl(site, ["/page"], children)
    assert outcome.body == b"page"


def test_a_child_goes_on_when_what_forked_it_is_killed(children: Children) -> None:
    with VendorSite() as site:

        def kill(request: Request) -> Reply:
            for each in servers():
                os.kill(each, signal.SIGKILL)
            return Reply(200, b"page")

        site.answer("/kill", kill)
        (outcome,) = crawl(site, ["/kill"], children)
    assert outcome.body == b"page"


def test_a_parent_that_is_killed_leaves_neither_the_child_nor_what_forks(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with VendorSite() as site:
        asked: list[set[int]] = []

        def note(request: Request) -> Reply:
            forking = children_of(parent.pid)
            asked.append(forking | {child for each in forking for child in children_of(each)})
            os.kill(parent.pid, signal.SIGKILL)
            return Reply(200, b"too late", delay_seconds=600)  # a child that is done ends as it would

        site.answer("/stall", note)
        environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(root)}
        parent = subprocess.Popen([sys.executable, "-c", PARENT, site.host], env=environment, cwd=root)
        assert parent.wait(60) == -signal.SIGKILL
        assert len(asked[0]) == 2
        wait_until(lambda: not any(is_running(pid) for pid in asked[0]))
    assert list(tmp_path.iterdir()) == []
