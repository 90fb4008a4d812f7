"""That nothing was altered, and what is taken down: verify, takedown."""

from __future__ import annotations

from typing import Annotated

import typer

from clausewatch.cli.running import Run, command, end_of
from clausewatch.counts import counted
from clausewatch.errors import ClausewatchError, Gone, UsageError


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for function in (verify, takedown):
        command(app)(function)


def verify(run: Run, deep: Annotated[bool, typer.Option("--deep", help="Read every body and text.")] = False) -> None:
    """Check chains, signed heads, bodies, texts and quotes; sign the day's head if that was not done yet."""
    from archive.heads import list_heads
    from clausewatch.jobs.heads import head_of_the_day, signing_key
    from clausewatch.jobs.verify import verify as find_faults

    run.begin_log()
    faults = 0
    with run.archive_there() as archive:
        for line in find_faults(archive, is_deep=deep):
            faults += 1
            run.put(line)
        if faults:  # and no head says that it was well
            raise ClausewatchError(f"{counted(faults, 'fault')} found; restore what is missing from a backup")
        head_of_the_day(archive, signing_key(run.settings), now=run.now())
        with archive.read() as connection:
            heads = list_heads(connection)
    for key in dict.fromkeys(head.key for head in heads):
        signed = [head.day for head in heads if head.key == key]
        run.say(f"{counted(len(signed), 'head')}, {signed[-1]} to {signed[0]}, signed by {key}")
    run.put("all is as it was stored")


def takedown(
    run: Run,
    what: Annotated[str, typer.Argument(metavar="VENDOR/DOCUMENT[@DATE]", help="All of it, or the version then.")],
    reason: Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why; visitors read it.")],
    yes: Annotated[bool, typer.Option("--yes", help="It cannot be undone.")] = False,
) -> None:
    """Erase a document, or a version wherever its text stood in it, and leave a tombstone that says when and why."""
    from archive.documents import get_document
    from archive.versions import version_at
    from clausewatch.jobs.takedown import scrub_again, take_down_and_erase

    name, is_dated, date = what.partition("@")
    if not yes:
        raise UsageError(f"{what}: nothing was taken down; it cannot be undone, so say --yes")
    with run.archive() as archive:
        with archive.read() as connection:
            document = get_document(connection, name)
            version, gone = None, None
            try:
                version = version_at(connection, document, end_of(date)) if is_dated else None
            except Gone as error:
                gone = error
        if gone:  # an earlier run may have been stopped half-way
            scrub_again(archive, document, now=run.now())
            raise gone
        taken = take_down_and_erase(archive, document, version, reason=reason, now=run.now())
    shared = f"; {counted(taken.kept_bodies, 'body')} kept for another document" if taken.kept_bodies else ""
    run.put(
        f"{what}: taken down: {counted(taken.snapshots, 'snapshot')}, "
        f"{counted(taken.versions, 'version')}, {counted(taken.comparisons, 'comparison')}; "
        f"{counted(taken.bodies, 'body')} erased{shared}"
    )
    run.say("what was exported, mailed or backed up before still holds it")
