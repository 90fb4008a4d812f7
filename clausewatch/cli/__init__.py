"""The command line: one module a family of commands; exit code 0 done, 1 nothing could be done, 2 wrong use."""

from __future__ import annotations

import functools
import logging
import os
import sys
import traceback

import typer

from clausewatch import logs
from clausewatch.errors import ClausewatchError

app = typer.Typer(
    name="clausewatch",
    help="Versions of vendor policies, what changed between them, and a mail when it matters.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)

STOPPED = 128 + 2  # what shells give for a program that SIGINT ended

# Typer carries Click inside; these are the roots of its errors of use, whose names it does not export
_WrongUse: type[Exception] = typer.BadParameter.__mro__[2]


@functools.cache
def _add_commands() -> None:
    from clausewatch.cli import (
        admin,
        backups,
        blame,
        compacting,
        compare,
        doctor,
        evaluate,
        exporting,
        importing,
        listing,
        mail,
        search,
        serving,
        suppressing,
        tokens,
        trust,
        watch,
    )

    for module in (
        compare,
        blame,
        watch,
        importing,
        listing,
        search,
        mail,
        suppressing,
        evaluate,
        doctor,
        exporting,
        serving,
        tokens,
        trust,
        backups,
        compacting,
        admin,
    ):
        module.add_to(app)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        _add_commands()
        code = app(standalone_mode=False)
        if code == STOPPED:  # Typer's answer to Ctrl-C, without a word
            raise KeyboardInterrupt
        sys.stdout.flush()  # here, where a reader that has gone is known
    except ClausewatchError as error:
        code = _fail(str(error), error.exit_code)
    except _WrongUse as error:
        message = _message_of(error).rstrip(".")
        code = _fail(f"{message}; see --help", 2) if message else 2  # without one the help was shown
    except (typer.Abort, KeyboardInterrupt):
        code = _fail("stopped; what was done is kept, run it again to go on", STOPPED)
    except UnicodeEncodeError as error:  # a name is kept as UTF-8; the words of a command may be any bytes
        code = _fail(f"{error.object!r}: is not text in UTF-8; write it in a terminal that is", 2)
    except BrokenPipeError:
        code = _end_quietly()
    except SystemExit:  # Typer's own answer to a reader that has gone
        code = _end_quietly()
    except OSError as error:
        thing = f"{error.filename}: " if error.filename else ""
        code = _fail(f"{thing}{error.strerror or error}; what was stored before is kept", 1)
    finally:
        logs.end()
    sys.exit(code or 0)


def _end_quietly() -> int:
    """Whoever read our output has gone: it had what it wanted, and there is nobody to tell of it."""
    if sys.__stdout__ is not None:
        sys.stdout = sys.__stdout__
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _message_of(error: Exception) -> str:
    formatted = getattr(error, "format_message", None)
    return str(formatted()) if formatted else str(error)


def _fail(message: str, code: int) -> int:
    if not logs.is_json() and os.environ.get("CLAUSEWATCH_LOG", "").strip().lower() == "json":
        logs.begin("json")  # what is wrong was found before a command began
    if logs.is_json():
        logging.getLogger(__name__).error(message, exc_info="--debug" in sys.argv)
        return code
    if "--debug" in sys.argv:
        traceback.print_exc()
    print(f"clausewatch: {' '.join(message.split())}", file=sys.stderr)
    return code
