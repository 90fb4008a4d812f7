"""Compare many pairs of files: a comparison a line out, in the order in; one broken pair is an error row."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from clausewatch.errors import ClausewatchError, UsageError
from clausewatch.jobs.workers import worker_processes

AHEAD = 4
"""Pairs handed to each worker before the first one's result is awaited: enough to keep it busy, few in memory."""


def compare_pairs(file: Path, *, jobs: int = 1) -> Iterator[dict[str, Any]]:
    """A comparison as JSON, or ``{"id", "error"}``, for each line ``{"id", "before", "after"}`` of the file.

    Paths are relative to the file. Raises UsageError where the file cannot be read.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    wanted = [(line, str(file.parent)) for line in lines if line.strip()]
    if jobs <= 1:
        yield from map(compare_pair, wanted)
        return
    with worker_processes(jobs) as executor:
        yield from in_order(executor, wanted, window=jobs * AHEAD)


def in_order(executor: Executor, wanted: Iterable[tuple[str, str]], *, window: int) -> Iterator[dict[str, Any]]:
    """The results in the order of what was wanted, with at most ``window`` under way."""
    pending: deque[Future[dict[str, Any]]] = deque()
    for each in wanted:
        pending.append(executor.submit(compare_pair, each))
        if len(pending) >= window:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


def compare_pair(wanted: tuple[str, str]) -> dict[str, Any]:
    """Compare the pair of one line; ``wanted`` is the line and the folder that its paths are relative to."""
    from clausewatch.jobs.sources import compare_given, given_file
    from clausewatch.views.json import comparison_to_json

    line, folder = wanted
    pair_id = None
    try:
        pair = json.loads(line)
        pair_id = pair["id"]
        before, after = (given_file(Path(folder, pair[side])) for side in ("before", "after"))
    except (ValueError, KeyError, TypeError) as error:
        return {"id": pair_id, "error": f"the line is not {{'id', 'before', 'after'}}: {error!r}"}
    except ClausewatchError as error:
        return {"id": pair_id, "error": str(error)}
    return comparison_to_json(compare_given(before, after)) | {"id": pair_id}
