"""The log on standard error: lines for people, or JSON a line, and nothing in either that tells of a person.

Code logs by the standard library and says with ``about`` what its records are about; libraries log as they do. How it
all looks is decided here. structlog is loaded where a log is begun: that takes longer than a comparison.
"""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, TextIO

OURS = ("clausewatch", "crawler", "notifier", "archive", "differ")
"""Our packages log from the level that is set; all others from warnings, or they would drown ours."""

NOTABLE_SECONDS = 1.0
"""What takes less is done so often that a line for each would hide the others."""

REPEATED_SECONDS = 60.0
"""For so long a library that says the same again is not heard: each connection of a pool speaks of a database that is
away, several times a second."""

_MOST_HEARD = 1000
_ORDER = ("at", "level", "event", "job", "document", "host", "duration_seconds")
_UNTOLD = frozenset({"asctime", "color_message", "message", "_record", "_from_structlog"})

Event = MutableMapping[str, Any]

_about: ContextVar[Mapping[str, object]] = ContextVar("about", default={})  # noqa: B039  (never changed in place)
_begun: dict[str, logging.Handler] = {}  # by form; one or none


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """What is logged within is about this: ``document``, ``host``, ``job``. Inner fields go before outer ones."""
    token = _about.set({**_about.get(), **{name: value for name, value in fields.items() if value is not None}})
    try:
        yield
    finally:
        _about.reset(token)


@contextmanager
def timed(log: logging.Logger, event: str, *, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Logs the event once the block has ended well, with how long that took; for debugging alone if it was nothing."""
    began = clock()
    yield
    seconds = clock() - began
    with about(duration_seconds=round(seconds, 3)):
        log.log(logging.INFO if seconds >= NOTABLE_SECONDS else logging.DEBUG, event)


def begin(
    form: str, *, level: str = "info", stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
) -> None:
    """Log from now on to standard error, or the stream, as ``console`` or ``json``; what was begun before ends."""
    end()
    handler = logging.StreamHandler(stream) if stream else _ToStandardError()
    handler.setFormatter(_formatter(form))
    handler.addFilter(_Repeats(clock))
    logging.getLogger().addHandler(handler)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    _begun[form] = handler


def end() -> None:
    """Log no more, as before ``begin``."""
    for handler in _begun.values():
        logging.getLogger().removeHandler(handler)
    if _begun:
        for name in OURS:
            logging.getLogger(name).setLevel(logging.NOTSET)
    _begun.clear()


def is_json() -> bool:
    """Whether a log in JSON was begun: then nothing else goes to standard error."""
    return "json" in _begun


class _Repeats(logging.Filter):
    """Keeps back what a library says again and again; what it says after that tells how often."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._lock = Lock()
        self._heard: dict[tuple[str, str], tuple[float, int]] = {}  # when it was told, and how often not since

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] in OURS:
            return True
        said, now = (record.name, record.getMessage()), self._clock()
        with self._lock:
            told_at, kept_back = self._heard.get(said, (-math.inf, 0))
            if now - told_at < REPEATED_SECONDS:
                self._heard[said] = told_at, kept_back + 1
                return False
            if len(self._heard) >= _MOST_HEARD:
                self._heard.clear()
            self._heard[said] = now, 0
        if kept_back:
            record.repeated = kept_back
        return True


class _ToStandardError(logging.StreamHandler[Any]):
    """To what is standard error when a record comes, as Python's own last resort."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, stream: TextIO) -> None:
        raise AttributeError("this handler's stream is standard error")


def _formatter(form: str) -> logging.Formatter:
    import structlog
    from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

    renderer: Any
    if form == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), pad_event_to=0, pad_level=False, sort_keys=False, timestamp_key="at"
        )
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="at")
    return ProcessorFormatter(
        foreign_pre_chain=[ExtraAdder(), add_log_level, add_logger_name, stamp],
        # the trace as Python writes it: one that shows variables would show signed links, and what signs them
        processors=[_with_about, structlog.processors.format_exc_info, _without_persons, renderer],
    )


def _with_about(_logger: object, _method: str, event: Event) -> Event:
    return {**_about.get(), **event}


def _without_persons(_logger: object, _method: str, event: Event) -> Event:
    """Masks, drops, and puts what matters first."""
    from clausewatch.masking import masked

    told = {name: value for name, value in masked(dict(event)).items() if name not in _UNTOLD}
    first = {name: told.pop(name) for name in _ORDER if name in told}
    return {**first, **told}
