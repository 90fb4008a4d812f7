"""From the bytes of a page to its sections, links and hashes, beside what other extractors take for less.

Processor time, each tool on the same page one after the other; ratios are those of medians in one run.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import CORPUS, lasting, python
from clausewatch.model import Reading
from differ import read, sections
from differ.faults import signals_of

_PER_DOCUMENT = 9
_RUNS = 3
_SIZES = (50_000, 160_000, 500_000, 1_600_000, 5_000_000)
_HOSTILE_SECONDS = 60
_IN_A_CHILD = """
import json, sys, time
from pathlib import Path
from benchmarks.bench_normalise import derive
def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024
from tests.differ.hostile import policy_of_size
body, type = Path(sys.argv[1]).read_bytes(), sys.argv[2]
derive(policy_of_size(1000), "text/html")
before, started = peak(), time.process_time()
derive(body, type)
print(json.dumps([time.process_time() - started, peak() - before]))
"""


@dataclass(frozen=True, slots=True)
class _Page:
    document: str
    body: bytes
    content_type: str | None
    url: str | None = None


def derive(body: bytes, content_type: str | None, url: str | None = None) -> Reading:
    """From a body to its text: blocks, links, sections, hashes."""
    reading = read(body, content_type=content_type, url=url, document_type="Privacy Policy")
    sections(reading.text)
    assert reading.text.sha256
    assert reading.text.key
    return reading


def run() -> dict[str, float] | None:
    """The figures; those of other extractors only where the extra ``bench`` is installed. None without the corpus."""
    pages = list(_pages())
    if not pages:
        return None
    sample = _sample(pages)
    figures = {
        "pages": len(sample),
        "median_kb": statistics.median(len(page.body) for page in sample) / 1000,
        **_beside_others(sample),
        "worst_of_size_class": _worst_of_size_class(pages),
        **_of_size(),
    }
    return figures | _hostile()


def _pages() -> Iterator[_Page]:
    from warcio.archiveiterator import ArchiveIterator

    for path in sorted((CORPUS / "captures").glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                body = record.content_stream().read()
                if record.rec_type == "response" and not body.startswith(b"%PDF-"):
                    content_type = record.http_headers.get_header("content-type")
                    yield _Page(path.name, body, content_type, record.rec_headers.get_header("WARC-Target-URI"))


def _sample(pages: list[_Page]) -> list[_Page]:
    """So many of each document, evenly over its time."""
    by_document: dict[str, list[_Page]] = defaultdict(list)
    for page in pages:
        by_document[page.document].append(page)
    return [found[i * len(found) // _PER_DOCUMENT] for found in by_document.values() for i in range(_PER_DOCUMENT)]


def _tools() -> dict[str, Callable[[_Page], object]]:
    tools: dict[str, Callable[[_Page], object]] = {
        "ours": lambda page: derive(page.body, page.content_type, page.url),
        "ours_with_signals": lambda page: signals_of(derive(page.body, page.content_type, page.url)),
        "sha256": lambda page: hashlib.sha256(page.body).hexdigest(),
        "lxml_parse": lambda page: _parsed(page.body),
    }
    try:
        import inscriptis
        import trafilatura
    except ImportError:
        print("trafilatura and inscriptis are not installed (extra `bench`): their figures are left out")
        return tools
    tools["inscriptis"] = lambda page: inscriptis.get_text(page.body.decode("utf-8", "replace"))
    tools["trafilatura"] = lambda page: trafilatura.extract(
        page.body, output_format="markdown", include_links=True, include_formatting=True, include_tables=True
    )
    return tools


def _parsed(body: bytes) -> object:
    from lxml import etree

    return etree.fromstring(body, etree.HTMLParser(huge_tree=True))


def _beside_others(sample: list[_Page]) -> dict[str, float]:
    tools = _tools()
    times: dict[str, list[float]] = {name: [] for name in tools}
    for page in sample:
        best = dict.fromkeys(tools, math.inf)
        for _ in range(_RUNS):
            for name, tool in tools.items():
                best[name] = min(best[name], _seconds(tool, page))
        for name, seconds in best.items():
            times[name].append(seconds)
    medians = {name: statistics.median(found) for name, found in times.items()}
    figures = {f"{name}_ms": 1000 * median for name, median in medians.items()}
    others = medians.keys() - {"ours", "ours_with_signals", "sha256"}
    return figures | {f"share_of_{name}": medians["ours"] / medians[name] for name in sorted(others)}


def _seconds(tool: Callable[[_Page], object], page: _Page) -> float:
    started = time.process_time()
    tool(page)
    return time.process_time() - started


def _worst_of_size_class(pages: list[_Page]) -> float:
    """The slowest page as a multiple of the median of its size class, of the pages between two powers of two."""
    classes: dict[int, list[float]] = defaultdict(list)
    ours = _tools()["ours"]
    for page in pages:
        classes[len(page.body).bit_length()].append(min(_seconds(ours, page) for _ in range(2)))
    return max(max(found) / statistics.median(found) for found in classes.values() if len(found) >= 5)


def _of_size() -> dict[str, float]:
    """How time and memory grow with a page, and what equal bytes cost at a second look."""
    from archive.blobs import Blobs
    from tests.differ.hostile import policy_of_size

    found = []
    for size in _SIZES:
        body = policy_of_size(size)
        runs = [_in_a_child(body, "text/html") for _ in range(3)]
        found.append((len(body), min(seconds for seconds, _ in runs), max(memory for _, memory in runs)))
    with tempfile.TemporaryDirectory() as folder:
        blobs, body = Blobs(Path(folder)), policy_of_size(120_000)
        blobs.write(body)
        again = min(_seconds(lambda page: blobs.write(page.body), _Page("", body, None)) for _ in range(50))
    alone = min(_seconds(lambda page: hashlib.sha256(page.body).digest(), _Page("", body, None)) for _ in range(50))
    exponent, _ = statistics.linear_regression(
        [math.log(size) for size, _, _ in found], [math.log(seconds) for _, seconds, _ in found]
    )
    return {
        "growth_exponent": exponent,
        "memory_times_page": max(memory / size for size, _, memory in found),
        "unchanged_times_sha256": again / alone,
    }


def _in_a_child(body: bytes, content_type: str) -> tuple[float, int]:
    """Processor seconds and bytes of memory that the body takes on top of a running process."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        words = lasting([*python(_IN_A_CHILD), file.name, content_type], seconds=_HOSTILE_SECONDS)
    seconds, memory = json.loads(words)
    return seconds, memory


def _hostile() -> dict[str, float]:
    """The worst of the pages that are built to hurt: seconds and memory a megabyte, and seconds in all."""
    from tests.differ.hostile import HOSTILE

    seconds, per_mb, memory = 0.0, 0.0, 0.0
    for make in HOSTILE.values():
        body = b"<html><body>" + make()
        took, bytes_more = _in_a_child(body, "text/html")
        seconds, per_mb = max(seconds, took), max(per_mb, took / (len(body) / 1e6))
        memory = max(memory, bytes_more / 1e6)
    return {"hostile_seconds": seconds, "hostile_seconds_a_mb": per_mb, "hostile_mb": memory}
