"""The command line in this process: quick, and as the real one but for its start and its end."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clausewatch import cli


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def failure(self) -> str:
        """The one line that says what is wrong, without the program's name."""
        line = self.err.splitlines()[-1]
        assert line.startswith("clausewatch: "), self.err
        return line.removeprefix("clausewatch: ")


class CommandLine:
    """Runs commands with everything kept in one folder."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: object, stdin: str = "", **settings: str) -> Done:
        before = dict(os.environ), sys.argv, sys.stdin
        out, err = io.StringIO(), io.StringIO()
        os.environ.update({"CLAUSEWATCH_HOME": str(self.home), "NO_COLOR": "1", "COLUMNS": "100"})
        os.environ.update({f"CLAUSEWATCH_{name.upper()}": value for name, value in settings.items()})
        sys.argv, sys.stdin = ["clausewatch", *map(str, words)], io.TextIOWrapper(io.BytesIO(stdin.encode()))
        try:
            with redirect_stdout(out), redirect_stderr(err):
                cli.main()
        except SystemExit as end:
            return Done(int(end.code or 0), out.getvalue(), err.getvalue())
        finally:
            os.environ.clear()
            os.environ.update(before[0])
            sys.argv, sys.stdin = before[1:]
        raise AssertionError("main() has no end but its exit code")

    def begin(self) -> None:
        """Make an archive with nothing in it."""
        self.succeeds("migrate")

    def succeeds(self, *words: object, **settings: str) -> Done:
        done = self(*words, **settings)
        assert done.code == 0, done.err
        return done
