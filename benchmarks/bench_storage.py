"""What the bodies of the twelve WARC histories take, and reading and writing one, beside git and whole zstd-19 pages.

All sides in one run. ``as written`` is what stands after the last write, ``compact`` after ``clausewatch compact``.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from archive.blobs import NEAR, Blobs
from benchmarks.measuring import CORPUS

HISTORIES = CORPUS / "captures"
_EVERY = 7  # bodies are read, and compressed at level 19 for comparison
_TRIES = 3
_LONGEST_SECONDS = 600


@dataclass
class Measured:
    """One history."""

    git: int = 0  # bytes of the pack
    written: int = 0
    compact: int = 0
    on_disk: int = 0
    reads: list[float] = field(default_factory=list)  # shares of what `git show` takes, as written
    compact_reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)  # shares of what zstd-19 takes, wall clock
    write_seconds: list[float] = field(default_factory=list)  # of the processor
    whole_seconds: list[float] = field(default_factory=list)


def run() -> dict[str, float] | None:
    """Bytes as multiples of git's, seconds as shares of the other side's."""
    paths = sorted(HISTORIES.glob("*.warc.gz"))
    if not paths:
        return None
    figures: dict[str, float] = {}
    found = []
    for path in paths:
        with tempfile.TemporaryDirectory() as folder:
            measured = _measured(_history(path), Path(folder))
        name = path.name.removesuffix(".warc.gz").rpartition("-privacy")[0] or path.name[:14]
        figures[f"{name}: as written"] = measured.written / measured.git
        figures[f"{name}: compact"] = measured.compact / measured.git
        found.append(measured)
    git = sum(each.git for each in found)
    reads = [share for each in found for share in each.reads]
    compact_reads = [share for each in found for share in each.compact_reads]
    writes = [share for each in found for share in each.writes]
    return figures | {
        "git_mb": git / 1e6,
        "as_written_times_git": sum(each.written for each in found) / git,
        "compact_times_git": sum(each.compact for each in found) / git,
        "compact_disk_times_git": sum(each.on_disk for each in found) / git,
        "read_share_of_git_show": median(reads),
        "read_share_worst": max(reads),
        "compact_read_share": median(compact_reads),
        "compact_read_share_worst": max(compact_reads),
        "write_share_of_zstd_19": median(writes),
        "write_share_worst": max(writes),
        "write_cpu_share": sum(sum(each.write_seconds) for each in found)
        / sum(sum(each.whole_seconds) for each in found),
    }


def _history(path: Path) -> list[bytes]:
    """The bodies in the order of their capture."""
    from clausewatch.jobs.importing import Imported
    from clausewatch.jobs.warc import read_warc

    return [record.body for record in sorted(read_warc(path, Imported()), key=lambda record: record.captured_at)]


def _measured(bodies: Sequence[bytes], folder: Path) -> Measured:
    measured = Measured(git=_pack(bodies, folder / "git"))
    names = list(_written(bodies, Blobs(folder / "blobs"), measured))
    blobs = Blobs(folder / "blobs")
    measured.written = blobs.taken().stored
    measured.reads = list(_shares(bodies, names, folder))
    order = list(dict.fromkeys(names))
    with blobs.alone():
        for at, name in enumerate(order):
            blobs.compact(name, near=order[max(at - NEAR, 0) : at][::-1])
        blobs.gather()
    measured.compact, measured.on_disk = blobs.taken().stored, blobs.taken().on_disk
    measured.compact_reads = list(_shares(bodies, names, folder))
    return measured


def _written(bodies: Sequence[bytes], blobs: Blobs, measured: Measured) -> Iterator[str]:
    import zstandard

    names: dict[str, None] = {}
    for number, body in enumerate(bodies):
        is_compared = number % _EVERY == _EVERY - 1
        near = list(names)[: -NEAR - 1 : -1]
        started, used = time.perf_counter(), time.process_time()
        name = blobs.write(body, near=near)
        seconds, used = time.perf_counter() - started, time.process_time() - used
        if is_compared and name not in names:
            started, whole_used = time.perf_counter(), time.process_time()
            zstandard.ZstdCompressor(level=19).compress(body)
            measured.writes.append(seconds / (time.perf_counter() - started))
            measured.write_seconds.append(used)
            measured.whole_seconds.append(time.process_time() - whole_used)
        names[name] = None
        yield name


def _pack(bodies: Sequence[bytes], repository: Path) -> int:
    """Bytes of the pack of a repository with a commit for each body, after ``git gc --aggressive``."""
    git = ["git", "-C", str(repository)]
    subprocess.run(["git", "init", "-q", "-b", "main", "--bare", repository], check=True)
    with subprocess.Popen([*git, "fast-import", "--quiet"], stdin=subprocess.PIPE) as importing:
        assert importing.stdin is not None
        for number, body in enumerate(bodies):
            head = f"commit refs/heads/main\ncommitter a <a@example.org> {number} +0000\ndata 0\n"
            importing.stdin.write(f"{head}M 644 inline page\ndata {len(body)}\n".encode() + body + b"\n")
            importing.stdin.write(f"reset refs/tags/{number}\nfrom refs/heads/main\n".encode())
    if importing.returncode:
        raise RuntimeError(f"git fast-import ended with {importing.returncode}")
    subprocess.run(
        [*git, "gc", "-q", "--aggressive", "--prune=now"], check=True, timeout=_LONGEST_SECONDS, capture_output=True
    )
    return sum(path.stat().st_size for path in (repository / "objects" / "pack").glob("*.pack"))


def _shares(bodies: Sequence[bytes], names: Sequence[str], folder: Path) -> Iterator[float]:
    """Seconds to read a body as shares of those of a process of ``git show``, by turns."""
    for number in range(_EVERY - 1, len(bodies), _EVERY):
        show = ["git", "-C", str(folder / "git"), "show", f"refs/tags/{number}:page"]
        name, body = names[number], bodies[number]
        ours, gits = [], []
        for _ in range(_TRIES):
            blobs = Blobs(folder / "blobs")
            ours.append(_seconds(lambda: blobs.read(name), body))  # noqa: B023  called at once
            gits.append(_seconds(lambda: subprocess.run(show, capture_output=True, check=True).stdout, body))  # noqa: B023
        yield median(ours) / median(gits)


def _seconds(read: Callable[[], bytes], expected: bytes) -> float:
    started = time.perf_counter()
    body = read()
    seconds = time.perf_counter() - started
    if body != expected:
        raise RuntimeError("a body did not come back as it was")
    return seconds
