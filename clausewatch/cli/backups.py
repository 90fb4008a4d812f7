"""Backing up and restoring."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clausewatch.cli.running import Run, command
from clausewatch.counts import counted, counted_all
from clausewatch.errors import ClausewatchError


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for function in (backup, restore):
        command(app)(function)


def backup(
    run: Run,
    dest: Annotated[
        Path, typer.Argument(metavar="DEST", help="A folder; an earlier backup in it is brought up to date.")
    ],
) -> None:
    """Back up the archive while it is used: database, bodies that are new, keys."""
    from clausewatch.jobs.backup import back_up

    run.begin_log()
    with run.archive_there() as archive:
        made = back_up(archive, run.settings, dest, now=run.now(), on_progress=run.say)
    for line in made.faults:
        run.put(line)
    if (more := made.lost_bodies - len(made.faults)) > 0:
        run.put(f"and {more} more")
    rows = {name: made.manifest.rows(name) for name in ("documents", "snapshots", "subscriptions")}
    run.put(f"{dest}: {counted_all(rows)}, {counted(made.bodies, 'body')}, {made.new_bodies} of them new")
    run.say("whoever reads it reads addresses of subscribers, and signs as this archive: keep it where only you may")
    if run.settings.secret:
        run.say("CLAUSEWATCH_SECRET is not in it: keep that apart; links in mails and suppressed addresses need it")
    if made.lost_bodies:
        raise ClausewatchError(
            f"{counted(made.lost_bodies, 'body')} could not be read and so left out; see clausewatch verify"
        )


def restore(
    run: Run,
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A folder that backup wrote.")],
    check: Annotated[bool, typer.Option("--check", help="Read all of it and change nothing.")] = False,
) -> None:
    """Restore a backup into an empty home and database, and verify it."""
    from archive import open_archive
    from clausewatch.instants import rfc3339
    from clausewatch.jobs.restore import check_backup
    from clausewatch.jobs.restore import restore as put_back
    from clausewatch.jobs.verify import verify

    run.begin_log()
    if check:
        run.put(f"{source}: is whole, of {rfc3339(check_backup(source).made_at)}")
        return
    made = put_back(source, run.settings, on_progress=run.say)
    faults = 0
    with open_archive(run.settings) as archive:
        for faults, line in enumerate(verify(archive, is_deep=True), 1):  # noqa: B007  (how many there were)
            run.put(line)
    run.put(f"{source}: restored as of {rfc3339(made.made_at)}: {counted(made.rows('snapshots'), 'snapshot')}")
    if faults:
        raise ClausewatchError(f"all of the backup was restored, with {counted(faults, 'fault')} in it")
