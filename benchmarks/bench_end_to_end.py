"""Real pages that change, from the fetch to the mail, against changedetection.io on the same site in the same run.

``CHANGEDETECTION=/path/to/changedetection.io python -m benchmarks end_to_end`` starts the peer; without it only our
side is measured. It stands in no lock file: install it into an environment of its own.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from archive import Archive, open_archive
from archive.comparisons import get_comparison, list_comparisons
from archive.documents import add_document, add_vendor, list_documents, look_soon
from archive.subscriptions import add_subscription
from benchmarks.changing_site import PLACE, changes_in
from benchmarks.measuring import CORPUS, ROOT
from clausewatch.jobs.kinds import jobs_to_do
from clausewatch.jobs.queues import JobQueue
from clausewatch.model import Comparison, ComparisonState, Rule
from clausewatch.scheduler import open_queue
from clausewatch.settings import Settings

DOCUMENTS, ROUNDS = 50, 10
SMALLEST, LARGEST = 20_000, 400_000  # bytes of a page
LEAST_PARAGRAPHS = 5
_PARAGRAPH = re.compile(r"<p(?:\s[^>]*)?>([^<]{80,})</p>", re.IGNORECASE)
STARTED_SECONDS, ROUND_SECONDS = 90.0, 120.0
GLANCE_SECONDS = 0.02


def run() -> dict[str, float] | None:
    """Documents a second, ours and the peer's; our changes told, missed and false. None without the corpus."""
    with tempfile.TemporaryDirectory(prefix="clausewatch-end-to-end-") as folder:
        if not _write_pages(Path(folder) / "pages"):
            return None
        with _site(Path(folder) / "pages") as port, _ours(Path(folder), port) as ours:
            peer_program = os.environ.get("CHANGEDETECTION")
            if not peer_program:
                seconds = [_timed(port, number, ours) for number in range(ROUNDS + 1)][1:]
                return _figures(ours, port, seconds)
            with _peer(peer_program, Path(folder) / "peer", port) as peer:
                both = [(_timed(port, number, ours), _timed(port, number, peer)) for number in range(ROUNDS + 1)][1:]
            figures = _figures(ours, port, [seconds for seconds, _ in both])
            theirs = [seconds for _, seconds in both]
            figures["peer_documents_a_second"] = DOCUMENTS / statistics.median(theirs)
            figures["times_the_peer"] = statistics.median(peer / own for own, peer in both)
            return figures


def _figures(ours: _Ours, port: int, seconds: list[float]) -> dict[str, float]:
    _timed(port, ROUNDS, ours)  # what changed in the last round is confirmed by this one
    made = sum(changes_in(number, each) for number in range(DOCUMENTS) for each in range(1, ROUNDS + 1))
    right, wrong = ours.told()
    return {
        "documents_a_second": DOCUMENTS / statistics.median(seconds),
        "changes_made": made,
        "changes_told": right,
        "others_told": wrong,
        "mails": len(list(ours.settings.home.glob("mail/*.eml"))),
    }


class _Side(Protocol):
    def rest(self) -> None: ...

    def look(self) -> None: ...


def _timed(port: int, number: int, side: _Side) -> float:
    """How long it takes to look at all pages in that round, from rest."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/round/{number}", timeout=10) as answer:
        answer.read()
    side.rest()
    started = time.perf_counter()
    side.look()
    return time.perf_counter() - started


@dataclass
class _Ours:
    archive: Archive
    settings: Settings
    queue: JobQueue

    def rest(self) -> None:
        """Have all documents due."""
        with self.archive.write() as connection:
            for document in list_documents(connection):
                look_soon(connection, document.id, now=_utc_now(), minutes=0)

    def look(self) -> None:
        """One round as the service goes through it: fetched, archived, compared, mailed to files."""
        jobs = [job for kind in ("crawl", "deliver") for job in jobs_to_do(self.archive, kind, now=_utc_now())]
        self.queue.put(jobs, stop=threading.Event())

    def told(self) -> tuple[int, int]:
        """Changes that are sure: of the number of days alone, and all others."""
        with self.archive.read() as connection:
            found = [get_comparison(connection, each.id) for each in list_comparisons(connection)]
        right = sum(each.state is ComparisonState.CONFIRMED and _is_of_days(each) for each in found)
        return right, len(found) - right


def _is_of_days(comparison: Comparison) -> bool:
    """Whether nothing but the number of days is another."""
    edits = [edit for section in comparison.sections for edit in section.edits if edit.op != "="]
    return bool(edits) and all(edit.text.strip().isdigit() for edit in edits)


@contextmanager
def _ours(folder: Path, port: int) -> Iterator[_Ours]:
    kinds = [path.stem.partition(" ")[2] for path in sorted((folder / "pages").glob("*.html"))]
    hosts = tuple(f"127.0.0.{number + 1}:{port}" for number in range(DOCUMENTS))
    settings = Settings(home=folder / "ours", allow_hosts=hosts, mails_a_day=10_000)
    with open_archive(settings) as archive:
        with archive.write() as connection:
            for number, (host, kind) in enumerate(zip(hosts, kinds, strict=True)):
                vendor = add_vendor(connection, f"Vendor {number}")
                add_document(
                    connection, vendor, type=kind, url=f"http://{host}/doc/{number}", is_watched=True,
                    now=_utc_now(),
                )  # fmt: skip
            add_subscription(
                connection, "reader@example.org", Rule(), every="instant", now=_utc_now(), is_confirmed=True
            )
        queue = open_queue(settings)
        with queue.standing_by():
            yield _Ours(archive, settings, queue)


@dataclass
class _Peer:
    root: str
    key: str
    folder: Path
    watched: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def rest(self) -> None:
        """Wait until a check can be told from the one before: the peer notes seconds, rounded, and where two are one it
        sleeps."""
        self.counts = {each: self._noted(each).get("check_count", 0) for each in self.watched}
        last = max(self._noted(each).get("last_checked", 0) for each in self.watched)
        time.sleep(max(0.0, last + 0.6 - time.time()))

    def look(self) -> None:
        """One round: every watch checked once more, to the end."""
        self._ask("GET", "/api/v1/watch?recheck_all=1")
        until = time.perf_counter() + ROUND_SECONDS
        for each in self.watched:
            while self._noted(each).get("check_count", 0) <= self.counts[each]:
                if time.perf_counter() > until:
                    raise RuntimeError("the peer did not check all its watches in time")
                time.sleep(GLANCE_SECONDS)

    def _noted(self, key: str) -> dict[str, Any]:
        """What the peer keeps of a watch, from its file: to be asked would hold it up. It is written at once, last with
        the count of the checks that ended."""
        try:
            noted: dict[str, Any] = json.loads((self.folder / key / "watch.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not there yet, or just written
            return {}
        return noted

    def watch(self, url: str) -> None:
        given = {"url": url, "fetch_backend": "html_requests"}
        self.watched.append(self._ask("POST", "/api/v1/watch", given)["uuid"])

    def forget_all(self) -> None:
        for each in self._ask("GET", "/api/v1/watch"):
            self._ask("DELETE", f"/api/v1/watch/{each}")

    def _ask(self, method: str, path: str, given: object = None) -> Any:
        request = urllib.request.Request(
            self.root + path, method=method, data=None if given is None else json.dumps(given).encode(),
            headers={"x-api-key": self.key, "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:
            body = answer.read()
        try:
            return json.loads(body)
        except ValueError:  # some calls answer in words
            return body


@contextmanager
def _peer(program: str, folder: Path, port: int) -> Iterator[_Peer]:
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        own = probe.getsockname()[1]
    environment = os.environ | {"ALLOW_IANA_RESTRICTED_ADDRESSES": "true"}
    command = [program, "-d", str(folder), "-p", str(own), "-h", "127.0.0.1"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            peer = _started(folder, own)
            peer.forget_all()  # it comes with examples
            for number in range(DOCUMENTS):
                peer.watch(f"http://127.0.0.{number + 1}:{port}/doc/{number}")
            yield peer
        finally:
            process.terminate()


def _started(folder: Path, port: int) -> _Peer:
    until = time.perf_counter() + STARTED_SECONDS
    while True:
        try:
            (found,) = folder.glob("*.json")
            key = json.loads(found.read_text())["settings"]["application"]["api_access_token"]
            peer = _Peer(f"http://127.0.0.1:{port}", key, folder)
            peer._ask("GET", "/api/v1/watch")
            return peer
        except (OSError, ValueError, KeyError):
            if time.perf_counter() > until:
                raise RuntimeError("the peer did not start in time") from None
            time.sleep(0.5)


def _write_pages(folder: Path) -> bool:
    """Pages of the corpus' captures, evenly over documents and time, each with a place amid the paragraphs that were
    selected by hand as its policy. False without the corpus."""
    folder.mkdir()
    histories = [found for path in sorted((CORPUS / "captures").glob("*.warc.gz")) if (found := _pages(path))[1]]
    if not histories:
        return False
    each = -(-DOCUMENTS // len(histories))
    taken = [(kind, pages[len(pages) * part // each]) for part in range(each) for kind, pages in histories]
    for number, (kind, page) in enumerate(taken[:DOCUMENTS]):
        (folder / f"{number:03} {kind}.html").write_text(page, encoding="utf-8")
    return True


def _pages(path: Path) -> tuple[str, list[str]]:
    """The type of one document, and its captures that have such a place, oldest first."""
    from warcio.archiveiterator import ArchiveIterator

    described = json.loads(path.with_name(path.name.replace(".warc.gz", ".json")).read_text(encoding="utf-8"))
    peers = {capture["sha256"]: capture.get("peer_version") for capture in described["captures"]}
    pages = []
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream):
            body = record.content_stream().read()
            peer = CORPUS / "captures" / "peer" / f"{peers.get(hashlib.sha256(body).hexdigest())}.md"
            if record.rec_type == "response" and SMALLEST < len(body) < LARGEST and peer.exists():
                page = _placed(body.decode("utf-8", errors="replace"), peer.read_text(encoding="utf-8"))
                pages += [page] if page else []
    return "Terms of Service" if path.name.endswith("terms-of-service.warc.gz") else "Privacy Policy", pages


def _placed(page: str, policy: str) -> str | None:
    """The page with the place after the middle one of its paragraphs of words that stand in the policy."""
    words = " ".join(policy.split())
    held = [found for found in _PARAGRAPH.finditer(page) if " ".join(html.unescape(found[1]).split()) in words]
    if len(held) < LEAST_PARAGRAPHS:
        return None
    at = held[len(held) // 2].end()
    return page[:at] + PLACE + page[at:]


@contextmanager
def _site(folder: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.changing_site", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as site:
        assert site.stdin is not None
        assert site.stdout is not None
        try:
            yield int(site.stdout.readline())
        finally:
            site.stdin.close()  # it ends


def _utc_now() -> datetime:
    return datetime.now(UTC)
