"""Where what is written becomes lasting: before and after every commit, rename, link, removal and sync of a process.

The process is ended at the boundary that it is told, as by a power cut to itself alone. Product code
knows nothing of it.
"""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from mmap import mmap
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

_COUNTED = ("fsync", "replace", "rename", "link", "unlink")
_BYTES = 4


class Count:
    """How many boundaries a process passed; whoever forked it reads the number, however it ended."""

    def __init__(self) -> None:
        self._shared = mmap(-1, _BYTES)

    @property
    def value(self) -> int:
        return int.from_bytes(self._shared[:_BYTES])

    @value.setter
    def value(self, value: int) -> None:
        self._shared[:_BYTES] = value.to_bytes(_BYTES)

    def close(self) -> None:
        self._shared.close()


def end_at(boundary: int, count: Count) -> None:
    """From now on count the boundaries of this process, and end it at that one; 0: at none."""
    at(boundary, count, lambda: os.kill(os.getpid(), signal.SIGKILL))


def at(boundary: int, count: Count, strike: Callable[[], None]) -> None:
    """From now on count the boundaries of this process, and have something happen at that one."""

    def passed() -> None:
        count.value += 1
        if count.value == boundary:
            strike()

    for name in _COUNTED:
        setattr(os, name, _between(getattr(os, name), passed))
    for dialect in _dialects():
        dialect.do_commit = _between(dialect.do_commit, passed)


def _dialects() -> list[Any]:
    """The dialects that commit in their own way, and the one that the others take it from."""
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
    from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

    ours = (PGDialect_psycopg, SQLiteDialect_pysqlite)
    found = [next(kind for kind in dialect.__mro__ if "do_commit" in vars(kind)) for dialect in ours]
    return list(dict.fromkeys([DefaultDialect, *found]))


def _between(function: Callable[..., Any], passed: Callable[[], None]) -> Callable[..., Any]:
    @functools.wraps(function)
    def counted(*args: Any, **named: Any) -> Any:
        passed()
        result = function(*args, **named)
        passed()
        return result

    return counted
