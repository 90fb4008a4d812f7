"""Compare many pairs of files: a comparison a line out, in the order in; one broken pair is an error row."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.jobs.cluster import EndsWorkers
from clausewatch.jobs.workers import worker_processes

if TYPE_CHECKING:
    from clausewatch.jobs.sources import Given

AHEAD = 4
"""Pairs handed to each worker before the first one's result is awaited: enough to keep it busy, few in memory."""

BATCH, BATCH_BYTES = 8, 4_000_000
"""Pairs that go to another machine at once, at most: a message costs, and so does what an ended worker had begun."""

STANDARD_INPUT = Path("-")

Wanted = tuple[bytes, str]
"""A line, and the folder that its paths are relative to."""

Row = dict[str, Any]

Side = Path | tuple[Path, bytes]
"""A file, or what it held where it lay."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A pair with what its files hold: another machine has not our files."""

    id: object
    before: tuple[Path, bytes]
    after: tuple[Path, bytes]

    @property
    def size(self) -> int:
        return len(self.before[1]) + len(self.after[1])


def compare_pairs(file: Path, *, jobs: int = 1, cluster: Executor | None = None) -> Iterator[Row]:
    """A comparison as JSON, or ``{"id", "error"}``, for each line ``{"id", "before", "after"}`` of the file.

    Paths are relative to the file; ``-`` is standard input, whose paths are relative to the working folder. Lines are
    read as they are needed. They are compared here, or by ``jobs`` processes, or by as many workers of a ``cluster``
    that the caller opened and closes. Raises UsageError where the file cannot be read, BrokenExecutor where the cluster
    is gone.
    """
    wanted = _wanted(file)
    if cluster:
        yield from _by_batches(cluster, wanted, window=jobs * AHEAD)
    elif jobs > 1:
        yield from _by_processes(wanted, jobs)
    else:
        yield from map(compare_pair, wanted)


def _wanted(file: Path) -> Iterator[Wanted]:
    if file == STANDARD_INPUT:
        yield from ((line, ".") for line in sys.stdin.buffer if line.strip())
        return
    try:
        lines = file.open("rb")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror})") from error
    with lines:
        yield from ((line, str(file.parent)) for line in lines if line.strip())


def _by_processes(wanted: Iterator[Wanted], jobs: int) -> Iterator[Row]:
    """By processes that are started again where one was ended: those under way are done once more, one by one."""
    waiting: deque[Wanted] = deque()
    is_broken = True
    while is_broken:
        is_broken = False
        with worker_processes(jobs) as executor:
            try:
                yield from in_order(executor, wanted, waiting=waiting, window=jobs * AHEAD)
            except BrokenExecutor:
                is_broken = True
        yield from _one_by_one(waiting)


def in_order(executor: Executor, wanted: Iterable[Wanted], *, waiting: deque[Wanted], window: int) -> Iterator[Row]:
    """The results in the order of what was wanted, with at most ``window`` under way.

    ``waiting`` holds what was handed out and not answered yet. Raises BrokenExecutor where the executor does.
    """
    futures: deque[Future[Row]] = deque()
    for each in wanted:
        waiting.append(each)
        futures.append(executor.submit(compare_pair, each))
        if len(futures) >= window:
            yield _first(futures, waiting)
    while futures:
        yield _first(futures, waiting)


def _first(futures: deque[Future[Row]], waiting: deque[Wanted]) -> Row:
    row = futures[0].result()
    futures.popleft()
    waiting.popleft()
    return row


def _one_by_one(waiting: deque[Wanted]) -> Iterator[Row]:
    """So that it is seen which pair ends its worker: that one is an error row, the others are compared."""
    while waiting:
        with worker_processes(1) as executor:
            try:
                while waiting:
                    row = executor.submit(compare_pair, waiting[0]).result()
                    waiting.popleft()
                    yield row
            except BrokenExecutor:
                reason = "the process that compared it was ended from outside, for want of memory perhaps"
                yield _failed(_id_of(waiting.popleft()[0]), reason)


def _by_batches(cluster: Executor, wanted: Iterable[Wanted], *, window: int) -> Iterator[Row]:
    waiting: deque[tuple[list[Carried | Row], Future[list[Row]]]] = deque()
    for batch in _batches(map(_carry, wanted)):
        waiting.append((batch, cluster.submit(compare_batch, batch)))
        if len(waiting) >= window:
            yield from _rows_of(cluster, *waiting.popleft())
    while waiting:
        yield from _rows_of(cluster, *waiting.popleft())


def _batches(pairs: Iterable[Carried | Row]) -> Iterator[list[Carried | Row]]:
    batch: list[Carried | Row] = []
    size = 0
    for pair in pairs:
        batch.append(pair)
        size += pair.size if isinstance(pair, Carried) else 0
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _rows_of(cluster: Executor, batch: list[Carried | Row], rows: Future[list[Row]]) -> list[Row]:
    """The rows of a batch; where one of its pairs ends workers, it is found by giving out each alone."""
    try:
        return rows.result()
    except EndsWorkers as error:
        if len(batch) == 1:
            return [_failed(batch[0].id if isinstance(batch[0], Carried) else batch[0].get("id"), str(error))]
    return [row for pair in batch for row in _rows_of(cluster, [pair], cluster.submit(compare_batch, [pair]))]


def _carry(wanted: Wanted) -> Carried | Row:
    pair = _read(wanted)
    if isinstance(pair, dict):
        return pair
    pair_id, before, after = pair
    try:
        from clausewatch.jobs.sources import body_of_file

        return Carried(pair_id, (before, body_of_file(before)), (after, body_of_file(after)))
    except ClausewatchError as error:
        return _failed(pair_id, str(error))


def compare_batch(batch: list[Carried | Row]) -> list[Row]:
    """Compare what was carried here. What could not be carried is the row that it came as."""
    return [_row(pair.id, pair.before, pair.after) if isinstance(pair, Carried) else pair for pair in batch]


def compare_pair(wanted: Wanted) -> Row:
    """Compare the pair of one line. Whatever goes wrong with it is an error row."""
    pair = _read(wanted)
    if isinstance(pair, dict):
        return pair
    pair_id, before, after = pair
    return _row(pair_id, before, after)


def _read(wanted: Wanted) -> tuple[object, Path, Path] | Row:
    """The id of the pair and its files, or an error row."""
    line, folder = wanted
    try:
        pair = json.loads(line)
        return pair["id"], Path(folder, pair["before"]), Path(folder, pair["after"])
    except (ValueError, KeyError, TypeError) as error:
        return _failed(_id_of(line), f"the line is not {{'id', 'before', 'after'}}: {error!r}")


def _row(pair_id: object, before: Side, after: Side) -> Row:
    try:
        return _compared(before, after) | {"id": pair_id}
    except ClausewatchError as error:
        return _failed(pair_id, str(error))
    except Exception as error:  # a bug that one pair of thousands trips must not take the others with it
        return _failed(pair_id, f"it trips a bug; clausewatch diff BEFORE AFTER --debug shows where: {error!r}")


def _compared(before: Side, after: Side) -> Row:
    from clausewatch.jobs.sources import compare_given
    from clausewatch.views.json import comparison_to_json

    return comparison_to_json(compare_given(_given(before), _given(after)))


def _given(side: Side) -> Given:
    from clausewatch.jobs.sources import given_body, given_file

    if isinstance(side, Path):
        return given_file(side)
    path, body = side
    return given_body(body, label=str(path), name=path.name)


def _failed(pair_id: object, reason: str) -> Row:
    return {"id": pair_id, "error": reason}


def _id_of(line: bytes) -> object:
    try:
        pair = json.loads(line)
    except ValueError:
        return None
    return pair.get("id") if isinstance(pair, dict) else None
