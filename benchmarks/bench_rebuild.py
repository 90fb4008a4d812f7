"""Derive everything anew from the archived histories: ``python -m benchmarks.bench_rebuild --scale 13`` takes them
thirteen times, under other names, which makes 10,000 snapshots."""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from archive import Archive, open_archive
from archive.documents import add_document, add_vendor, list_documents
from archive.snapshots import Capture, list_snapshots, record_snapshot
from benchmarks.measuring import CORPUS, clausewatch, measure
from clausewatch.jobs.importing import Imported, record_all
from clausewatch.jobs.warc import read_warc
from clausewatch.settings import Settings


def run(*, scale: int = 1) -> dict[str, float] | None:
    """Seconds of the command and of its processors, of the first time, when nothing was derived yet, and of another.
    None without the corpus."""
    files = sorted((CORPUS / "captures").glob("*.warc.gz"))
    if not files:
        return None
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with open_archive(Settings(home=home)) as archive:
            snapshots = _fill(archive, files, scale=scale)
        first = measure(clausewatch("rebuild"), home=home)
        again = measure(clausewatch("rebuild"), home=home)
    return {
        "snapshots": snapshots,
        "seconds": first.wall_seconds,
        "cpu_seconds": first.cpu_seconds,
        "cpu_ms_a_snapshot": 1000 * first.cpu_seconds / snapshots,
        "again_seconds": again.wall_seconds,
        "again_cpu_seconds": again.cpu_seconds,
        "peak_mb": max(first.peak_mb, again.peak_mb),
    }


def _fill(archive: Archive, files: list[Path], *, scale: int) -> int:
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
        print(f"{name:20} {value:10.2f}", flush=True)


if __name__ == "__main__":
    main()
