"""The pages and the API over an archive of 40,000 versions: how long answers take with 16 clients, and how much of the
database each reads at 5,000 and at 40,000."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import event
from starlette.testclient import TestClient

from archive import open_archive
from benchmarks.archive_size import sizes
from benchmarks.large_archive import DATABASE, count_versions, enlarged, replayed
from benchmarks.measuring import ROOT, clausewatch
from benchmarks.page_clients import CLIENTS, ask, processor_seconds
from clausewatch.settings import Settings
from clausewatch.web import create_app

SMALL, LARGE = 5_000, 40_000  # versions
ASKED = 480  # times, for each kind of page
DIFFERENT = 60  # pages of a kind that were kept, and whose work in the database is counted
COMPARED = 24  # times that two days are compared anew: it takes up to seconds
WORKERS = 2  # the processors that the issue speaks of
_ORIGINALS = "AND documents.vendor NOT GLOB '*-[0-9][0-9][0-9]'"  # the same ones in any archive
_ORIGINALS_OF_A_PAGE = 3
"""Documents that name a company, of those that are in any archive: with their copies they about fill its page in the
small one too. Of others more is shown in the large one, up to a page of them: that is no growth of what finds it."""
_STEPS = 100  # of SQLite's machine, the finest that is counted
_WORDS = ("arbitration", "retention", "third parties", '"personal data" transfer', "biometric*", "cookies -marketing")


def run() -> dict[str, float] | None:
    """For each kind of page, in milliseconds, the 95th percentile of answers made anew (``_new``) and of those
    kept by the server (``_ms``); where two days are compared and a page is shown meanwhile, until the comparison stands
    there (``compare_whole_ms``); answers a second; what a new one takes of a processor, whatever else the machine does;
    how many times the work in the database grows from the small to the large archive; and the room it takes. None
    without the corpus. CLAUSEWATCH_BENCH names a folder to keep the archives in: making them takes minutes."""
    kept = os.environ.get("CLAUSEWATCH_BENCH")
    if kept:
        return _measured(Path(kept))
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder))


def _measured(folder: Path) -> dict[str, float] | None:
    original = replayed(folder)
    if original is None:
        return None
    small, large = (enlarged(original, folder / str(size), least_versions=size) for size in (SMALL, LARGE))
    figures: dict[str, float] = {"versions": _versions(large)}
    with _serving(large) as (port, server):
        # the processes start one after the other, and each reads its templates at their first use
        ask(port, [paths[0] for paths in pages(large).values()] * CLIENTS)
        for name, paths in pages(large).items():
            fresh = list(_once_each(name, paths))
            busy = -processor_seconds(server)
            new = ask(port, fresh)
            busy += processor_seconds(server)
            some = list(islice(cycle(paths[:DIFFERENT]), ASKED))
            ask(port, some)
            again = ask(port, some)
            figures |= {f"{name}_new_ms": new.p95_ms, f"{name}_new_processor_ms": 1000 * busy / len(fresh)}
            figures |= {f"{name}_ms": again.p95_ms, f"{name}_a_second": again.a_second}
            if name == "compare":
                figures["compare_whole_ms"] = new.whole_p95_ms
    before, after = _steps(small), _steps(large)
    figures |= sizes(large, folder, bodies_as_often=_versions(large) / _versions(original))
    figures |= {f"original_{name}": value for name, value in sizes(original, folder).items()}
    return figures | {f"{name}_growth": after[name] / before[name] for name in after}


def _versions(home: Path) -> int:
    connection = sqlite3.connect(home / DATABASE)
    try:
        return count_versions(connection)
    finally:
        connection.close()


def _once_each(name: str, paths: Sequence[str]) -> Iterator[str]:
    """So many addresses of these pages, none twice: the server has kept none of them. Of versions and comparisons,
    whose bodies it keeps too, each is another one, where there are so many."""
    asked = COMPARED if name == "compare" else ASKED
    for number, path in enumerate(islice(cycle(paths), asked)):
        if name == "timegate":  # an address of others, and kept by nobody
            yield path
            continue
        yield f"{path}{'&' if '?' in path else '?'}n={number}"


def pages(home: Path, *, of: str = "") -> dict[str, list[str]]:
    """Addresses of every kind of page, drawn from what the archive holds of all vendors, or of those that an SQL
    condition on ``documents`` names."""
    connection = sqlite3.connect(home / DATABASE)
    documents = _drawn(connection, f"SELECT vendor || '/' || slug FROM documents WHERE true {of}")
    vendors = sorted({each.partition("/")[0] for each in documents})
    joined = f"JOIN documents ON documents.id = document WHERE is_current {of}"
    versions = _drawn(connection, f"SELECT {{0}}.id FROM {{0}} {joined}".format("versions"))
    comparisons = _drawn(connection, f"SELECT {{0}}.id FROM {{0}} {joined}".format("comparisons"))
    days = _drawn(
        connection,
        "SELECT vendor || '/' || slug || '?from=' || date(first_at) || '&to=' || date(last_at) "
        f"FROM tallies JOIN documents ON documents.id = document WHERE versions > 1 {of}",
    )
    companies = _drawn(
        connection,
        "SELECT name FROM recipients JOIN documents ON documents.id = document "
        f"WHERE true {of} GROUP BY name HAVING count(*) >= {_ORIGINALS_OF_A_PAGE if of else 1}",
    )
    at_address = _drawn(connection, f"SELECT url FROM addresses JOIN documents ON documents.id = document {of}")
    connection.close()
    return {
        "home": ["/"],
        "vendors": ["/vendors"],
        "vendor": [f"/vendors/{each}" for each in vendors],
        "document": [f"/documents/{each}" for each in documents],
        "version": [f"/versions/{each}" for each in versions],
        "comparison": [f"/comparisons/{each}" for each in comparisons],
        "compare": [f"/compare/{each}" for each in days],
        "ledger": [f"/vendors/{each}/ledger" for each in vendors],
        "company": [f"/companies?names={quote(each)}" for each in companies],
        "search": [f"/search?q={quote(each)}" for each in _WORDS],
        "search_vendor": [f"/search?q=data&vendor={each}" for each in vendors],
        "subscribe": ["/subscribe", *(f"/subscribe?vendor={each}" for each in vendors)],
        "feed": [f"/feeds/vendors/{each}" for each in vendors],
        "timegate": [f"/timegate/{each}" for each in at_address],
        "api_at": [f"/api/v1/documents/{each}/version?at=2026-06" for each in documents],
        "api_comparisons": [f"/api/v1/comparisons?vendor={each}" for each in vendors],
        "api_search": [f"/api/v1/search?q={quote(each)}" for each in _WORDS],
    }


def _drawn(connection: sqlite3.Connection, query: str) -> list[str]:
    found = sorted(row[0] for row in connection.execute(query))
    return random.Random(0).sample(found, min(ASKED, len(found)))


@contextmanager
def _serving(home: Path) -> Iterator[tuple[int, int]]:
    """Serve the home's pages; give the port, and the process that started those that serve."""
    command = clausewatch("serve", "--no-scheduler", "--port", "0", "--workers", str(WORKERS))
    environment = os.environ | {"CLAUSEWATCH_HOME": str(home)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, cwd=ROOT, text=True) as process:
        assert process.stderr is not None
        try:
            yield int(process.stderr.readline().split("/ ;")[0].rpartition(":")[2]), process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


def _steps(home: Path) -> dict[str, float]:
    """How many hundreds of steps the database took on average to answer for a page of each kind."""
    count = 0

    def counted() -> int:
        nonlocal count
        count += 1
        return 0

    with open_archive(Settings(home=home)) as archive:
        event.listen(archive.engine, "checkout", lambda raw, *_: raw.set_progress_handler(counted, _STEPS))
        client = TestClient(create_app(Settings(home=home), archive), follow_redirects=False)
        found = {}
        for name, paths in pages(home, of=_ORIGINALS).items():
            count = 0
            for path in paths[:DIFFERENT]:
                client.get(path)
            found[name] = (count + 1) / len(paths[:DIFFERENT])
    return found


if __name__ == "__main__":
    for figure, value in (run() or {}).items():
        print(f"{figure:24} {value:10.1f}", file=sys.stdout)
