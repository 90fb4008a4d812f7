"""What one look, one new page and one listing cost in archives of several sizes: processor seconds, those in which
nobody else can write, bytes. The numbers that ``score_scale`` reckons with."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, text

from archive import Archive
from archive.documents import add_document, add_vendor, list_documents
from archive.looks import held_snapshots
from benchmarks.policies import policy
from clausewatch.jobs.kinds import jobs_to_do
from clausewatch.jobs.looks import Look, record_looks
from clausewatch.jobs.settle import settle
from clausewatch.model import BlockKind, Document, Text
from crawler.outcomes import Outcome

START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
GROUP = 100  # looks in one transaction, as a crawl records them
SAMPLE = 200  # documents that each cost is measured on
LANES = 16  # as eight workers have
LONGLIVED = 5  # documents with a long history
SMALL_SECTIONS, USUAL_SECTIONS = 1, 18  # of the pages that fill the archive, and of those that are measured


@dataclass(frozen=True, slots=True)
class Costs:
    """For one of each, at one size. ``_cpu`` in processor seconds of the client, ``_lock`` in those of them in which it
    writes and others may not, what the disk takes aside."""

    documents: int
    listing_cpu: float  # finding the lanes that have something due: once, not for one document
    unchanged_cpu: float  # a look that finds the page as it was
    unchanged_lock: float
    noise_cpu: float  # other bytes, the same text: recorded, read, settled
    noise_lock: float
    noise_bytes: float  # of database and bodies
    change_cpu: float  # another text: compared, findings and facts read
    change_lock: float
    change_bytes: float


class Metered(Archive):
    """An archive that adds up the processor time of its transactions that write."""

    written_seconds = 0.0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._metered(), super().write() as connection:
            yield connection

    @contextmanager
    def write_beside(self, *keys: str) -> Iterator[Connection]:
        with self._metered(), super().write_beside(*keys) as connection:
            yield connection

    @contextmanager
    def _metered(self) -> Iterator[None]:
        started = time.thread_time()  # not the clock: a machine that is busy with other things would count
        yield
        self.written_seconds += time.thread_time() - started


@dataclass(frozen=True, slots=True)
class Spent:
    """What a piece of work took, for each of those that it was done for."""

    cpu: float
    lock: float
    bytes: float


def costs_at(archive: Metered, home: Path, count: int) -> Costs:
    """Fill the archive up to ``count`` documents, then measure. Sizes must grow from call to call."""
    _fill(archive, count)
    with archive.read() as connection:
        everyone = list_documents(connection)
    started = time.process_time()
    jobs_to_do(archive, "crawl", now=START + DAY / 2, lanes=LANES)
    listing = time.process_time() - started
    chance = random.Random(count)
    some = chance.sample(everyone, SAMPLE)
    pages = {each.id: policy(random.Random(each.id), sections=USUAL_SECTIONS) for each in some}
    _make_sure(archive, some, pages, day=count * 10, nonce=f"{count} first")

    def unchanged() -> None:
        _look(archive, some, None, day=count * 10 + 2)

    def noise() -> None:
        _look(archive, some, lambda document: _page(pages[document.id], nonce=f"{count} later"), day=count * 10 + 3)
        _settle(archive, some)

    def change() -> None:
        _look(archive, some, lambda document: _page(_edited(pages[document.id]), nonce="edited"), day=count * 10 + 4)
        _settle(archive, some)

    spent = [_spent(archive, home, work) for work in (unchanged, noise, change)]
    return Costs(
        count, listing, spent[0].cpu, spent[0].lock, spent[1].cpu, spent[1].lock, spent[1].bytes, spent[2].cpu,
        spent[2].lock, spent[2].bytes,
    )  # fmt: skip


def mixed(archive: Metered, costs: Costs) -> tuple[float, float]:
    """Processor seconds for a mix of looks at other documents than those measured: foretold, and taken."""
    with archive.read() as connection:
        some = random.Random(f"mixed {costs.documents}").sample(list_documents(connection), SAMPLE)
    pages = {each.id: policy(random.Random(each.id), sections=USUAL_SECTIONS) for each in some}
    day = costs.documents * 10 + 7
    _make_sure(archive, some, pages, day=day - 2, nonce="mixed first")
    kinds = {each.id: number % 4 for number, each in enumerate(some)}  # a quarter changes, one has noise, half nothing
    edited = {each.id: _page(_edited(pages[each.id]), nonce="mixed") for each in some if kinds[each.id] == 0}
    noisy = {each.id: _page(pages[each.id], nonce="mixed later") for each in some if kinds[each.id] == 1}
    quiet = [each for each in some if kinds[each.id] > 1]
    started = time.process_time()
    _look(archive, quiet, None, day=day + 1)
    loud = [each for each in some if kinds[each.id] <= 1]
    _look(archive, loud, lambda document: (edited | noisy)[document.id], day=day + 1)
    _settle(archive, loud)
    taken = time.process_time() - started
    quarter = SAMPLE / 4
    return quarter * (costs.change_cpu + costs.noise_cpu + 2 * costs.unchanged_cpu), taken


def growth(few: Costs, many: Costs) -> dict[str, float]:
    """By cost, how many times as much it is where there are more documents."""
    ratios = {}
    for field in fields(Costs)[1:]:
        before, after = getattr(few, field.name), getattr(many, field.name)
        ratios[field.name] = after / before if before else float("nan")
    return ratios


def settling_over_history(archive: Metered, lengths: Sequence[int]) -> dict[int, float]:
    """By how many snapshots a document has: processor seconds to record and settle a look that finds another text, the
    median of a few documents. One that finds the text again does not go over the others."""
    with archive.write() as connection:
        some = [
            add_document(
                connection, add_vendor(connection, f"Longlived {number}"), type="Privacy Policy",
                url=f"https://longlived-{number}.example/privacy",
            )
            for number in range(LONGLIVED)
        ]  # fmt: skip
    page = policy(random.Random(7), sections=USUAL_SECTIONS)
    taken, held = {}, 0
    for length in lengths:
        for day in range(held, length):
            body = _page(page, nonce=str(day))
            _look(archive, some, partial(_same, body), day=day)
            if day % 100 == 0:
                _settle(archive, some)
        _settle(archive, some)
        edited = _page(_edited(page, times=length), nonce="edited")
        taken[length] = statistics.median(_seconds_to_take(archive, document, edited, day=length) for document in some)
        held = length + 1
    return taken


def _same(body: bytes, _document: Document) -> bytes:
    return body


def _seconds_to_take(archive: Metered, document: Document, body: bytes, *, day: int) -> float:
    started = time.process_time()
    _look(archive, [document], partial(_same, body), day=day)
    _settle(archive, [document])
    return time.process_time() - started


def _fill(archive: Metered, count: int) -> None:
    """Documents of small pages, ten to a vendor, each seen once and settled."""
    with archive.read() as connection:
        held = len(list_documents(connection))
    new: list[Document] = []
    with archive.write() as connection:
        for number in range(held, count):
            vendor = add_vendor(connection, f"Vendor {number // 10}")
            url = f"https://vendor-{number // 10}.example/policy-{number % 10}"
            new.append(add_document(connection, vendor, type="Privacy Policy", slug=f"policy-{number % 10}", url=url))
    page = {each.id: policy(random.Random(each.id), sections=SMALL_SECTIONS) for each in new}
    _look(archive, new, lambda document: _page(page[document.id], nonce="fill"), day=0)
    _settle(archive, new)


def _make_sure(archive: Metered, some: Sequence[Document], pages: Mapping[str, Text], *, day: int, nonce: str) -> None:
    """Two looks at each, settled: the first that come are less usual than all after them."""
    for number in range(2):
        bodies = {document: _page(pages[document.id], nonce=f"{nonce} {number}") for document in some}
        _look(archive, some, bodies.__getitem__, day=day + number)
        _settle(archive, some)


def _look(archive: Metered, some: Sequence[Document], page_of: Callable[[Document], bytes] | None, *, day: int) -> None:
    """One look at each; without pages, none had changed."""
    at = START + day * DAY
    with archive.read() as connection:
        held = held_snapshots(connection, [document.id for document in some])
    looks = []
    for document in some:
        assert document.url is not None
        body = page_of(document) if page_of else None
        status = 200 if body else 304
        outcome = Outcome(document.id, document.url, at, status, {"content-type": "text/html"}, body)
        looks.append(Look(document, held.get(document.id), outcome))
    for begin in range(0, len(looks), GROUP):
        record_looks(archive, looks[begin : begin + GROUP])


def _settle(archive: Metered, some: Sequence[Document]) -> None:
    for document in some:
        settle(archive, document, now=START)


def _spent(archive: Metered, home: Path, work: Callable[[], None]) -> Spent:
    before, locked = _bytes(archive, home), archive.written_seconds
    started = time.process_time()
    work()
    cpu = time.process_time() - started
    lock = archive.written_seconds - locked
    return Spent(cpu / SAMPLE, lock / SAMPLE, (_bytes(archive, home) - before) / SAMPLE)


def _bytes(archive: Metered, home: Path) -> int:
    """Of the database, as far as pages of it are in use, and of the bodies."""
    bodies = sum(path.stat().st_size for path in (home / "blobs").rglob("*") if path.is_file())
    with archive.read() as connection:
        if connection.dialect.name == "postgresql":
            size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        else:
            pages, free, page_size = (
                connection.execute(text(f"PRAGMA {name}")).scalar_one()
                for name in ("page_count", "freelist_count", "page_size")
            )
            size = (pages - free) * page_size
    return int(size) + bodies


def _edited(page: Text, *, times: int = 1) -> Text:
    """With one paragraph more that matters, and says how many times it does."""
    blocks = list(page.blocks)
    words = "We may now sell your contact details to the advertisers that we choose, in Brazil too."
    words += f" We may do so {times} times."
    blocks.insert(len(blocks) // 2, type(blocks[1])(BlockKind.PARAGRAPH, words))
    return Text(tuple(blocks))


def _page(page: Text, *, nonce: str) -> bytes:
    """As HTML, with something beside the text that differs at each look."""
    tags = {BlockKind.HEADING: "h2", BlockKind.ITEM: "li"}
    rows = [f"<{tags.get(b.kind, 'p')}>{b.text}</{tags.get(b.kind, 'p')}>" for b in page.blocks]
    menu = "".join(f"<a href='/page-{number}'>Page {number}</a> " for number in range(40))
    title = "<title>Privacy Policy</title>"
    return (
        f"<!doctype html><html lang=en><head>{title}<meta name=token content='{nonce}'></head><body><nav>{menu}</nav>"
        f"<main><h1>Privacy Policy</h1>{''.join(rows)}</main><footer>{menu}</footer></body></html>"
    ).encode()
