"""What the child process of a batch logged, told again in this one: there the log is a file that nobody reads."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

_HEAD = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[([\w.]+)\] (DEBUG|INFO|WARNING|ERROR|CRITICAL): ", re.ASCII)
_LONGEST = 10_000  # characters of one record
_MEANT = "RefererMiddleware"
"""Scrapy warns at every start that redirects carry no Referer: none of our requests does, so that no site learns where
we come from."""


def tell_again(text: str) -> None:
    """Log each record under its own logger at its own level."""
    for name, level, message in records_of(text):
        if _MEANT not in message:
            logging.getLogger(name).log(level, "%s", message[:_LONGEST])


def records_of(text: str) -> Iterator[tuple[str, int, str]]:
    """Logger, level and words of each record, as Scrapy writes them; lines without a head go on with the one before.

    What stands before the first is an outcry of the interpreter.

    >>> list(records_of("2026-01-02 03:04:05 [scrapy.core] WARNING: slow\\n  very"))
    [('scrapy.core', 30, 'slow\\n  very')]
    """
    name, level, lines = "crawler.child", logging.WARNING, list[str]()
    for line in text.splitlines():
        head = _HEAD.match(line)
        if head and lines:
            yield name, level, "\n".join(lines)
        if head:
            name, level, lines = head[1], logging.getLevelNamesMapping()[head[2]], []
            line = line[head.end() :]
        lines.append(line)
    if lines:
        yield name, level, "\n".join(lines)
