"""Tokens: who may see how the watch goes, and change something over the API."""

from __future__ import annotations

from typing import Annotated

import typer

from clausewatch.cli.running import Json, Run, command
from clausewatch.instants import rfc3339

Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is for, to be ended by.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(help="Tokens for the status page and for calls that change something.", no_args_is_help=True)
    command(group, name="add")(add)
    command(group, name="list")(show)
    command(group, name="end")(end)
    app.add_typer(group, name="token")


def add(run: Run, name: Name) -> None:
    """Make a token and print it: it is kept as a hash, and shown this once."""
    from archive.tokens import add_token

    with run.archive() as archive, archive.write() as connection:
        secret = add_token(connection, name, now=run.now())
    run.put(secret)
    run.say(f"{name}: send it as Authorization: Bearer ..., or in a browser as the password; it is not shown again")


def show(run: Run, json: Json = False) -> None:
    """Which tokens there are, and when each was used last."""
    from archive.tokens import list_tokens

    with run.archive() as archive, archive.read() as connection:
        found = list_tokens(connection)
    rows = [
        {"name": each.name, "created_at": rfc3339(each.created_at),
         "used_at": rfc3339(each.used_at) if each.used_at else None}
        for each in found
    ]  # fmt: skip
    if json:
        run.put_json(rows)
        return
    run.put_table(
        ("name", "made", "last used"),
        [(row["name"], row["created_at"], row["used_at"] or "never") for row in rows],
        empty="no tokens; clausewatch token add makes one",
    )


def end(run: Run, name: Name) -> None:
    """From now on the token opens nothing."""
    from archive.tokens import end_token

    with run.archive() as archive, archive.write() as connection:
        end_token(connection, name)
    run.put(f"{name}: ended")
