"""The person behind an address: all that is kept about it, and the erasure of it."""

from __future__ import annotations

from typing import Annotated

import typer

from clausewatch.cli.running import Run, command
from clausewatch.counts import counted
from clausewatch.errors import NotFound, UsageError

Email = Annotated[str, typer.Argument(metavar="EMAIL")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(help="What is kept about the person behind an address.", no_args_is_help=True)
    for function in (export, erase):
        command(group)(function)
    app.add_typer(group, name="subscribers")


def export(run: Run, email: Email) -> None:
    """All that is kept about an address, as one JSON object."""
    from clausewatch.jobs import subscribing

    with run.archive() as archive:
        data = subscribing.export(archive, run.settings, email)
    if not data["subscriptions"] and not data["suppressed"]:
        raise NotFound(f"{email}: nothing is kept about it; see clausewatch subscriptions")
    run.put_json([data])


def erase(
    run: Run,
    email: Email,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; it cannot be undone.")] = False,
) -> None:
    """End all subscriptions of an address and erase what is kept about it, but for a hash that does not tell it."""
    from clausewatch.jobs import subscribing
    from notifier.address import checked_email

    address = checked_email(email)
    if not yes:
        raise UsageError(f"{address}: nothing was erased; it cannot be undone, so say --yes")
    with run.archive() as archive:
        count = subscribing.erase(archive, run.settings, address, now=run.now())
    run.put(f"{address}: {counted(count, 'subscription')} erased; nothing is sent there any more")
