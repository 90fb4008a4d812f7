"""Derive everything anew from the archived histories: ``python -m benchmarks.bench_rebuild --scale 13`` takes them
thirteen times, under other names, which makes 10,000 snapshots."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

from archive import Archive, open_archive
from archive.documents import add_document, add_vendor, list_documents
from archive.snapshots import Capture, list_snapshots, record_snapshot
from benchmarks.measuring import CORPUS, lasting, python
from clausewatch.jobs.importing import Imported, record_all
from clausewatch.jobs.warc import read_warc
from clausewatch.settings import Settings

_LONGEST_SECONDS = 3600.0


def run(*, scale: int = 1) -> dict[str, float] | None:
    """Seconds of the command and of its processors, of the first time, when nothing was derived yet, and of another.
    None without the corpus."""
    files = sorted((CORPUS / "captures").glob("*.warc.gz"))
    if not files:
        return None
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with open_archive(Settings(home=home)) as archive:
            snapshots = fill(archive, files, scale=scale)
        first = rebuilt(home)
        again = rebuilt(home)
    return {
        "snapshots": snapshots,
        **first,
        "cpu_ms_a_snapshot": 1000 * (first["own_cpu_seconds"] + first["workers_cpu_seconds"]) / snapshots,
        **{f"again_{name}": value for name, value in again.items()},
    }


def rebuilt(home: Path) -> dict[str, float]:
    """Rebuild all of the home in a process of its own: seconds, processor seconds of itself and of its workers, and
    megabytes of itself and of the largest worker."""
    code = f"from benchmarks.bench_rebuild import rebuild_here; rebuild_here({str(home)!r})"
    measured: dict[str, float] = json.loads(lasting(python(code), seconds=_LONGEST_SECONDS))
    return measured


def rebuild_here(home: str) -> None:
    """Run the command in this process, and print what it took."""
    from clausewatch.cli import main as command

    os.environ["CLAUSEWATCH_HOME"] = home
    sys.argv = ["clausewatch", "rebuild"]
    started = time.perf_counter()
    with redirect_stdout(sys.stderr):
        try:
            command()
        except SystemExit as end:
            if end.code:
                raise
    seconds = time.perf_counter() - started
    own, workers = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = {
        "seconds": seconds, "own_cpu_seconds": own.ru_utime + own.ru_stime,
        "workers_cpu_seconds": workers.ru_utime + workers.ru_stime, "own_peak_mb": own.ru_maxrss / 1024,
        "worker_peak_mb": workers.ru_maxrss / 1024,
    }  # fmt: skip
    print(json.dumps(taken))


def fill(archive: Archive, files: list[Path], *, scale: int) -> int:
    """Record the histories, and each so often in all under another vendor's name; how many snapshots that makes."""
    now = datetime.now(UTC)
    for path in files:
        name = path.name.removesuffix(".warc.gz")
        type = "Terms of Service" if name.endswith("terms-of-service") else "Privacy Policy"
        imported = Imported()
        record_all(archive, read_warc(path, imported, vendor=name, type=type), imported, is_live=False, now=now)
    with archive.read() as connection:
        held = {document: list_snapshots(connection, document) for document in list_documents(connection)}
    for number in range(2, scale + 1):
        with archive.write() as connection:
            for document, snapshots in held.items():
                vendor = add_vendor(connection, f"{document.vendor_name} {number}")
                copy = add_document(connection, vendor, type=document.type, url=document.url)
                for each in snapshots:
                    capture = Capture(
                        captured_at=each.captured_at, fetched_at=each.fetched_at, source=each.source, url=each.url,
                        sha256=each.sha256, size=each.size, status=each.status, content_type=each.content_type,
                        headers=each.headers,
                    )  # fmt: skip
                    record_snapshot(connection, copy, capture)
    return scale * sum(map(len, held.values()))


def main() -> None:
    """Print the figures of as many copies as were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=int, default=1)
    for name, value in (run(scale=parser.parse_args().scale) or {}).items():
        print(f"{name:26} {value:10.2f}", flush=True)


if __name__ == "__main__":
    main()
