"""What a crawl that was killed left in the folder for temporary files goes with the next one, and nothing else does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clausewatch.demo import answers
from clausewatch.demo.server import Reply
from clausewatch.settings import Settings
from crawler.folders import PREFIX, folder_for_bodies, remove_left_over
from crawler.outcomes import Fetch, Outcome
from crawler.run import run_batch
from tests.crawler.test_run import wait_until
from tests.support import VendorSite
from tests.support.processes import children_of, is_running

CRAWL = """
import sys
from clausewatch.settings import Settings
from crawler.outcomes import Fetch
from crawler.run import run_batch
host = sys.argv[1]
run_batch([Fetch("stall", f"http://{host}/stall")], settings=Settings(allow_hosts=(host,)), on_outcome=print,
          timeout_seconds=60)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files of this test, of the processes that it starts too."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def site() -> Iterator[VendorSite]:
    with VendorSite() as site:
        site.answer("/stall", answers.stall(600))
        site.answer("/page", lambda request: Reply(200, b"<p>page</p>"))
        yield site


def crawl(site: VendorSite) -> list[Outcome]:
    outcomes: list[Outcome] = []
    run_batch(
        [Fetch("page", site.url("/page"))], settings=Settings(allow_hosts=(site.host,)), on_outcome=outcomes.append,
        timeout_seconds=60,
    )  # fmt: skip
    return outcomes


@contextmanager
def crawling(site: VendorSite, folders: Callable[[], set[Path]]) -> Iterator[tuple[list[int], Path]]:
    """A crawl in a process of its own that waits for a page: its processes, and its folder."""
    root, before = Path(__file__).parents[2], folders()
    environment = {**os.environ, "PYTHONPATH": str(root)}
    parent = subprocess.Popen([sys.executable, "-c", CRAWL, site.host], env=environment, cwd=root)
    try:
        wait_until(lambda: any((folder / "begun").exists() for folder in folders() - before))
        (folder,) = folders() - before
        yield [parent.pid, *children_of(parent.pid)], folder
    finally:
        parent.kill()
        parent.wait()


def test_a_crawl_removes_what_one_left_whose_processes_were_killed_at_once(site: VendorSite, temporary: Path) -> None:
    def folders() -> set[Path]:
        return set(temporary.iterdir())

    with crawling(site, folders) as (killed, left):
        for sign in (signal.SIGSTOP, signal.SIGKILL):  # none of them sees another one end
            for pid in killed:
                os.kill(pid, sign)
    wait_until(lambda: not any(is_running(pid) for pid in killed[1:]))
    assert left.exists()
    with crawling(site, folders) as (_, living):
        assert not left.exists()
        assert [outcome.status for outcome in crawl(site)] == [200]
        assert folders() == {living}
    wait_until(lambda: folders() == set())


def test_what_is_not_of_a_crawl_of_ours_stays(temporary: Path, tmp_path: Path) -> None:
    kept = [temporary / f"{PREFIX}file", temporary / f"{PREFIX}link", temporary / "another"]
    kept[0].write_text("a file")
    kept[1].symlink_to(tmp_path)
    kept[2].mkdir()
    remove_left_over()
    assert all(path.exists() for path in kept)


def test_a_folder_goes_with_all_that_is_in_it(temporary: Path) -> None:
    with folder_for_bodies() as folder:
        (folder / "body").write_text("a page")
        remove_left_over()
        assert (folder / "body").exists()
    assert list(temporary.iterdir()) == []
