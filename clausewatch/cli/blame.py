"""Where the sentences of a version came from."""

from __future__ import annotations

from typing import Annotated

import typer

from clausewatch.cli.running import Json, Run, command
from clausewatch.cli.screen import screen
from clausewatch.errors import UsageError


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(blame)


def blame(
    run: Run,
    what: Annotated[str, typer.Argument(metavar="VENDOR/DOCUMENT[@DATE]", help="The version then, or the newest.")],
    json: Json = False,
) -> None:
    """For each sentence of a version: which version brought it, and what stood there before."""
    from archive.documents import get_document
    from archive.versions import version_at
    from clausewatch.instants import end_of_period
    from clausewatch.jobs.blame import blame_version
    from clausewatch.views.blame import blame_to_json, render_blame

    name, is_dated, date = what.partition("@")
    if name.count("/") != 1 or not all(name.split("/")):
        raise UsageError(f"{what}: is no VENDOR/DOCUMENT[@DATE]; see clausewatch documents")
    at = end_of_period(date) if is_dated else None
    with run.archive() as archive, archive.read() as connection:
        document = get_document(connection, name)
        found = blame_version(connection, document, version_at(connection, document, at))
    if json:
        run.put_json(blame_to_json(found))
        return
    shown = screen()
    run.put(render_blame(found, colour=shown.has_colour, width=shown.width).rstrip("\n"))
