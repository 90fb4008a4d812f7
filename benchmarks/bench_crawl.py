"""Crawl pages that did not change through the whole pipeline, against Scrapy alone on the same pages in the same run:
``python -m benchmarks.bench_crawl --full`` takes 5,000 pages on 100 hosts, and 50,000 looks for the memory, which
``--memory LOOKS`` measures alone."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from archive import Archive, open_archive
from archive.documents import add_document, add_vendor
from benchmarks.measuring import ROOT
from clausewatch.jobs.capture import crawl_documents
from clausewatch.jobs.settle import settle_all
from clausewatch.settings import Settings
from crawler.settings import CONCURRENT_ITEMS

HOSTS = 100
PAGES, FULL_PAGES = 1500, 5000
SIZES = {"20kb": 20_000, "200kb": 200_000}
ANSWERS = {"304": "304", "200": "200"}  # what an unchanged page is answered with: not modified, or the same bytes
ROUNDS, FULL_ROUNDS = 3, 3
MEMORY_LOOKS, TENTHS = 50_000, 10
MEMORY_SECONDS = 1500.0  # what the looks may take, whatever the machine is at beside


@dataclass
class Watched:
    """An archive that watches the pages, and how to look at them."""

    archive: Archive
    settings: Settings

    def crawl(self) -> int:
        """Look at all pages, and settle; gives how many were unchanged."""
        looked = crawl_documents(
            self.archive, None, is_due_only=False, settings=self.settings, now=utc_now, on_progress=lambda line: None
        )
        settle_all(self.archive, now=utc_now())
        return looked.unchanged


def utc_now() -> datetime:
    return datetime.now(UTC)


def run(*, pages: int = PAGES, rounds: int = ROUNDS) -> dict[str, float]:
    """Scrapy's seconds as a share of ours, for each size and answer: 1 is as fast. ``_of_tuned`` is Scrapy with the one
    of our settings that saves it most."""
    figures = {}
    for size_name, size in SIZES.items():
        for name, answer in ANSWERS.items():
            ours, bare, tuned = _measure(size, answer, pages=pages, rounds=rounds)
            figures[f"{size_name}_{name}_of_bare"] = bare / ours
            figures[f"{size_name}_{name}_of_tuned"] = tuned / ours
            figures[f"{size_name}_{name}_pages_a_second"] = pages / ours
    return figures


def _measure(size: int, answer: str, *, pages: int, rounds: int) -> tuple[float, float, float]:
    """Seconds of our best round, of Scrapy's and of tuned Scrapy's, taken in turns."""
    ours, bare, tuned = [], [], []
    with served(size, answer) as port, watching(port, pages) as (watched, urls):
        watched.crawl()  # the first look is no repetition
        for _ in range(rounds):
            bare.append(_seconds(lambda: _crawl_bare(urls)))
            tuned.append(_seconds(lambda: _crawl_bare(urls, CONCURRENT_ITEMS)))
            ours.append(_seconds(lambda: _crawl_all(watched, pages)))
    return min(ours), min(bare), min(tuned)


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _crawl_all(watched: Watched, pages: int) -> None:
    if (unchanged := watched.crawl()) != pages:
        raise RuntimeError(f"{pages - unchanged} pages were not found unchanged")


def _crawl_bare(urls: Path, *items: int) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.bare_scrapy", urls, *map(str, items)], check=True, cwd=ROOT)


@contextmanager
def served(size: int, answer: str) -> Iterator[int]:
    """The port of a server with pages of that size."""
    command = [sys.executable, "-m", "benchmarks.page_server", str(size), answer]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()  # it ends


@contextmanager
def watching(port: int, pages: int) -> Iterator[tuple[Watched, Path]]:
    """An archive that watches so many pages, and a file with their addresses."""
    urls = [f"http://127.0.0.{number % HOSTS + 1}:{port}/policy/{number:05d}" for number in range(pages)]
    with tempfile.TemporaryDirectory() as folder:
        hosts = tuple(f"127.0.0.{number + 1}:{port}" for number in range(HOSTS))
        settings = Settings(home=Path(folder), allow_hosts=hosts)
        listed = Path(folder) / "urls"
        listed.write_text("\n".join(urls))
        with open_archive(settings) as archive:
            with archive.write() as connection:
                for number, url in enumerate(urls):
                    vendor = add_vendor(connection, f"Vendor {number // 10}")
                    add_document(
                        connection, vendor, type=f"Policy {number % 10}", url=url, is_watched=True, now=utc_now()
                    )
            yield Watched(archive, settings), listed


def memory(*, looks: int = MEMORY_LOOKS, most_seconds: float = MEMORY_SECONDS) -> dict[str, float]:
    """Memory in MB of this process after each tenth of so many looks, and the most that a child of it took so far.

    The first tenth fills caches and finds all pages new; ``end_of_start`` is the last figure over the second. It ends
    after the tenth in which ``most_seconds`` pass.
    """
    pages, started = max(looks // TENTHS, 1), time.monotonic()
    figures: dict[str, float] = {}
    with served(SIZES["20kb"], "200") as port, watching(port, pages) as (watched, _):
        figures["memory_at_start_mb"] = _memory_mb()
        for tenth in range(1, TENTHS + 1):
            watched.crawl()
            figures[f"memory_after_{tenth * pages}_mb"] = _memory_mb()
            figures[f"child_after_{tenth * pages}_mb"] = _peak_of_children_mb()
            if time.monotonic() - started > most_seconds:
                break
    ours = [value for name, value in figures.items() if name.startswith("memory_after")]
    if len(ours) > 1:
        figures["memory_end_of_start"] = ours[-1] / ours[1]
    return figures


def _memory_mb() -> float:
    """What of this process lies in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024**2


def _peak_of_children_mb() -> float:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main(words: list[str]) -> None:
    """Print all figures, or those of memory alone."""
    match words:
        case ["--full"]:
            figures = run(pages=FULL_PAGES, rounds=FULL_ROUNDS) | memory()
        case ["--memory", looks] if looks.isdigit():
            figures = memory(looks=int(looks))
        case _:
            raise SystemExit("--full, or --memory LOOKS; python -m benchmarks crawl is the short one")
    for name, value in figures.items():
        print(f"{name:32} {value:10.3f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
