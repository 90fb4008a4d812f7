"""Compare many pairs of files: a comparison a line out, in the order in; one broken pair is an error row."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.jobs.workers import worker_processes

AHEAD = 4
"""Pairs handed to each worker before the first one's result is awaited: enough to keep it busy, few in memory."""

STANDARD_INPUT = Path("-")

Wanted = tuple[bytes, str]
"""A line, and the folder that its paths are relative to."""

Row = dict[str, Any]


def compare_pairs(file: Path, *, jobs: int = 1, executor: Executor | None = None) -> Iterator[Row]:
    """A comparison as JSON, or ``{"id", "error"}``, for each line ``{"id", "before", "after"}`` of the file.

    Paths are relative to the file; ``-`` is standard input, whose paths are relative to the working folder. Lines are
    read as they are needed. They are compared here, or by ``jobs`` processes, or by as many workers of an executor
    that the caller opened and closes. Raises UsageError where the file cannot be read.
    """
    wanted = _wanted(file)
    if executor:
        yield from in_order(executor, wanted, waiting=deque(), window=jobs * AHEAD)
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


def compare_pair(wanted: Wanted) -> Row:
    """Compare the pair of one line. Whatever goes wrong with it is an error row."""
    line, folder = wanted
    pair_id = _id_of(line)
    try:
        pair = json.loads(line)
        pair_id, before, after = pair["id"], Path(folder, pair["before"]), Path(folder, pair["after"])
    except (ValueError, KeyError, TypeError) as error:
        return _failed(pair_id, f"the line is not {{'id', 'before', 'after'}}: {error!r}")
    try:
        return _compared(before, after) | {"id": pair_id}
    except ClausewatchError as error:
        return _failed(pair_id, str(error))
    except Exception as error:  # a bug that one pair of thousands trips must not take the others with it
        return _failed(pair_id, f"it trips a bug; clausewatch diff BEFORE AFTER --debug shows where: {error!r}")


def _compared(before: Path, after: Path) -> Row:
    from clausewatch.jobs.sources import compare_given, given_file
    from clausewatch.views.json import comparison_to_json

    return comparison_to_json(compare_given(given_file(before), given_file(after)))


def _failed(pair_id: object, reason: str) -> Row:
    return {"id": pair_id, "error": reason}


def _id_of(line: bytes) -> object:
    try:
        pair = json.loads(line)
    except ValueError:
        return None
    return pair.get("id") if isinstance(pair, dict) else None
