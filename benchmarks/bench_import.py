"""Import the twelve archived histories through versions, comparisons and findings; and again, when all is known."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.measuring import CORPUS, clausewatch, measure, python

PARSE = """
import sys
from warcio.archiveiterator import ArchiveIterator
from lxml import html
for name in sys.argv[1:]:
    for record in ArchiveIterator(open(name, 'rb')):
        body = record.content_stream().read()
        if record.rec_type == 'response' and body[:5] != b'%PDF-':
            html.fromstring(body)
"""


def run() -> dict[str, float] | None:
    """Seconds for all files, and as a multiple of reading the same records and parsing their HTML once. None without
    the corpus."""
    files = sorted((CORPUS / "captures").glob("*.warc.gz"))
    if not files:
        return None
    parsed = measure([*python(PARSE), *map(str, files)])
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        first, peak = _import(files, home)
        again, _ = _import(files, home)
        stored = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    return {
        "files": len(files),
        "seconds": first,
        "times_parsing_alone": first / parsed.wall_seconds,
        "again_share": again / first,
        "peak_mb": peak,
        "stored_times_warc": stored / sum(path.stat().st_size for path in files),
    }


def _import(files: list[Path], home: Path) -> tuple[float, float]:
    started, peak = time.perf_counter(), 0.0
    for path in files:
        name = path.name.removesuffix(".warc.gz")
        kind = "Terms of Service" if name.endswith("terms-of-service") else "Privacy Policy"
        measured = measure(clausewatch("import", "warc", path, "--vendor", name, "--document", kind), home=home)
        peak = max(peak, measured.peak_mb)
    return time.perf_counter() - started, peak
