"""Room on disk: compact."""

from __future__ import annotations

import typer

from clausewatch.cli.running import Run, command
from clausewatch.counts import counted
from clausewatch.errors import ClausewatchError


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(compact)


def compact(run: Run) -> None:
    """Store the bodies of snapshots again as short as can be, while the archive is used."""
    from clausewatch.jobs.compact import compact as compact_bodies

    run.begin_log()
    with run.archive_there() as archive:
        done = compact_bodies(archive, on_progress=run.say)
    before, after = done.before, done.after
    run.put(
        f"{counted(done.bodies, 'body')}: {_mb(after.stored)}, were {_mb(before.stored)}; "
        f"on disk {_mb(after.on_disk)}, were {_mb(before.on_disk)}"
    )
    for line in done.faults:
        run.say(line)
    if done.faults:
        raise ClausewatchError(
            f"{counted(len(done.faults), 'body')} not to be read, and left as stored; see clausewatch verify --deep"
        )


def _mb(size: int) -> str:
    return f"{size / 1e6:.2f} MB"
