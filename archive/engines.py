"""Engines at rest: who opens an archive again finds the statements built that were asked of it before.

A service opens its archive for each job. To build what a crawl of 50 documents asks took an eighth of its time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Engine

from archive.database import open_engine

MOST_RESTING = 4
"""Few jobs of a service run at once. Each engine keeps some hundred statements, 10 MB at most."""

_Name = tuple[str, str, float]
_resting: list[tuple[_Name, Engine]] = []
_lock = threading.Lock()


@contextmanager
def woken_engine(url: str, *, busy_seconds: float) -> Iterator[Engine]:
    """As ``archive.database.open_engine``, for this user alone, who leaves no connection."""
    name = url, _folder(), busy_seconds
    engine = _take(name) or open_engine(url, busy_seconds=busy_seconds)
    try:
        yield engine
    finally:
        engine.dispose()
        with _lock:
            _resting.append((name, engine))
            del _resting[:-MOST_RESTING]


def _take(name: _Name) -> Engine | None:
    """The one of that name that rests since last; none where something is to be made first, as a file of SQLite is."""
    with _lock:
        at = next((at for at, each in reversed(list(enumerate(_resting))) if each[0] == name), None)
        engine = None if at is None else _resting.pop(at)[1]
    if engine and engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
        return None
    return engine


def _folder() -> str:
    """Where a relative path begins, as most databases have one; nowhere where the folder is gone."""
    with suppress(FileNotFoundError):
        return str(Path.cwd())
    return ""
