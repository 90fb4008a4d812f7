"""What every command has: the shared options, the archive and the settings on demand, output for people or programs."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from clausewatch import logs
from clausewatch.errors import NotFound
from clausewatch.instants import end_of_period, start_of_period

if TYPE_CHECKING:
    from archive import Archive
    from clausewatch.settings import Settings

_log = logging.getLogger(__name__)

Database = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="Database; default SQLite under CLAUSEWATCH_HOME.")
]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings as TOML; docs/settings.md.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the trace of a failure.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on standard output.")]

_SHARED = {"database": (Database, None), "config": (Config, None), "debug": (Debug, False)}


def start_of(date: str | None) -> datetime | None:
    """The first instant of the period that an option names; None where it was not given. Raises UsageError."""
    return None if date is None else start_of_period(date)


def end_of(date: str | None) -> datetime | None:
    """The last instant of the period that an option names; None where it was not given. Raises UsageError."""
    return None if date is None else end_of_period(date)


class Run:
    """One run of a command: settings and archive when asked for, time, and where words go."""

    def __init__(self, *, database: str | None, config: Path | None, debug: bool) -> None:
        self._database, self._config, self.is_debug = database, config, debug

    @functools.cached_property
    def settings(self) -> Settings:
        from clausewatch.settings import load

        return load(config=self._config, database_url=self._database)

    def begin_log_if_set(self) -> None:
        """Log as the settings say, where they say anything; a command that says nothing else has no log."""
        if self._config or any(os.environ.get(f"CLAUSEWATCH_{name}") for name in ("LOG", "LOG_LEVEL")):
            self.begin_log()

    def begin_log(self, *, is_service: bool = False) -> None:
        """Log from now on, as the settings say. Beside the words of a command for people, only what is wrong."""
        form, level = self.settings.log, self.settings.log_level
        if form == "console" and not is_service and level == "info":
            level = "warning"
        logs.begin(form, level=level)

    @contextmanager
    def archive(self) -> Iterator[Archive]:
        """The archive; made where there is none, which is said once all went well: another may be meant."""
        from archive import open_archive
        from archive.database import is_there, shown

        is_new = not is_there(self.settings.database)
        with open_archive(self.settings) as archive:
            yield archive
        if is_new:
            self.say(f"an archive was begun at {shown(self.settings.database)}")

    @contextmanager
    def archive_there(self) -> Iterator[Archive]:
        """The archive, for what is of no use to one that would be made now. Raises NotFound where there is none."""
        from archive.database import is_there, shown

        if not is_there(self.settings.database):
            raise NotFound(
                f"no archive at {shown(self.settings.database)}; set CLAUSEWATCH_HOME or --database to where it is, "
                "or begin one with clausewatch add"
            )
        with self.archive() as archive:
            yield archive

    def now(self) -> datetime:
        return datetime.now(UTC)

    def say(self, line: str = "") -> None:
        """Words for people, on standard error; where that is a log in JSON, a record of it."""
        if logs.is_json():
            _log.info(line)
        else:
            print(line, file=sys.stderr, flush=True)

    def put(self, text: str) -> None:
        """A result, on standard output."""
        print(text, flush=True)

    def put_json(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False), flush=True)

    def put_table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
        """Rows in aligned columns, or the line ``empty`` where there are none."""
        cells = [[str("" if value is None else value) for value in row] for row in rows]
        if not cells:
            self.say(empty)
            return
        widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
        for line in [[column.upper() for column in columns], *cells]:
            padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.put("  ".join(padded).rstrip())


def command(
    app: typer.Typer, name: str | None = None, **options: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register ``function(run, ...)`` as a command that also takes the shared options.

    A parameter that is a dataclass stands for a group: an option for each of its fields.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(function, include_extras=True)
        own, groups = list[inspect.Parameter](), dict[str, Any]()
        for parameter in list(inspect.signature(function).parameters.values())[1:]:
            kind = hints[parameter.name]
            if dataclasses.is_dataclass(kind):
                groups[parameter.name] = kind
                own += _options_of(kind)
            else:
                own.append(parameter.replace(annotation=kind))
        shared = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for key, (kind, default) in _SHARED.items()
        ]

        @functools.wraps(function)
        def wrapper(**given: Any) -> None:
            run = Run(**{key: given.pop(key) for key in _SHARED})
            for name, kind in groups.items():
                given[name] = kind(**{field.name: given.pop(field.name) for field in dataclasses.fields(kind)})
            run.begin_log_if_set()
            with logs.about(job=function.__name__), logs.timed(_log, "done"):
                function(run, **given)

        # Typer reads the signature and the annotations, not the body
        parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in [*own, *shared]]
        vars(wrapper)["__signature__"] = inspect.Signature(parameters)
        wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        app.command(name, **options)(wrapper)
        return wrapper

    return register


def _options_of(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in dataclasses.fields(group)
    ]
