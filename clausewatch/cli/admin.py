"""The archive's keeper: migrate, rebuild, the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clausewatch.cli.executing import Cluster, LeftToWorkers, WithoutTls, check_queue, executor_of, leave_to_workers
from clausewatch.cli.running import Run, command
from clausewatch.counts import counted


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for function in (demo, migrate, rebuild):
        command(app)(function)


def demo(
    run: Run,
    serve: Annotated[bool, typer.Option(help="Serve the pages until Ctrl-C afterwards.")] = True,
    home: Annotated[Path, typer.Option(metavar="DIR", help="Where it is kept; emptied first.")] = Path(
        "clausewatch-demo"
    ),
    port: Annotated[int, typer.Option(help="Of the pages; 0: any that is free.")] = 8000,
) -> None:
    """Everything on loopback: fictional vendors, a Wayback stand-in, mails to files, the pages."""
    from clausewatch.demo.play import play

    play(home, say=run.put, is_served=serve, port=port)


def migrate(
    run: Run,
    to: Annotated[
        str | None, typer.Option(metavar="URL", help="Move the archive to this empty database; bodies stay.")
    ] = None,
) -> None:
    """Bring the database to the newest schema; with --to, copy all of it to another one and compare."""
    from archive.database import migrate as migrate_engine
    from archive.database import open_engine

    run.begin_log()
    if to is not None:
        _move(run, to)
        return
    engine = open_engine(run.settings.database)
    try:
        before, after = migrate_engine(engine, on_progress=run.say)
    finally:
        engine.dispose()
    _prepare_queue(run)
    run.put(f"schema {after}: {'nothing to do' if before == after else f'was {before}' if before else 'made'}")


def _prepare_queue(run: Run) -> None:
    """The tables of the queue that workers share, where they do."""
    from clausewatch.jobs.queues import is_shareable

    if is_shareable(run.settings):
        from clausewatch.jobs.queue_schema import conninfo_of, prepare_queue

        prepare_queue(conninfo_of(run.settings.database))


def _move(run: Run, to: str) -> None:
    from clausewatch.jobs.transfer import move_archive

    sums = move_archive(run.settings.database, to, on_progress=run.say)
    run.put(
        f"{counted(sum(each.rows for each in sums.values()), 'row')} of {len(sums)} tables moved, each compared by hash"
    )
    run.say("set CLAUSEWATCH_DATABASE_URL to it in all processes; the old database is as it was")


def rebuild(
    run: Run,
    name: Annotated[str | None, typer.Argument(metavar="[VENDOR[/DOCUMENT]]")] = None,
    cluster: Cluster = None,
    without_tls: WithoutTls = False,
    queue: LeftToWorkers = False,
) -> None:
    """Derive texts, versions and comparisons anew from the snapshots; tells nobody."""
    from clausewatch.jobs.rebuild import rebuild_documents

    run.begin_log()
    if queue:
        _queue_rebuild(run, name)
        return
    with executor_of(cluster, without_tls=without_tls) as executor, run.archive() as archive:
        done = rebuild_documents(archive, name, now=run.now(), executor=executor, on_progress=run.say)
    run.put(f"{counted(len(done), 'document')} rebuilt: {counted(sum(each.versions for each in done), 'version')}")


def _queue_rebuild(run: Run, name: str | None) -> None:
    from clausewatch.jobs.kinds import Job
    from clausewatch.jobs.rebuild import documents_to_rebuild

    check_queue(run.settings)
    with run.archive() as archive:
        documents = documents_to_rebuild(archive, name, on_progress=run.say)
        leave_to_workers(run.settings, [Job("rebuild", document.id) for document in documents])
    run.put(f"{counted(len(documents), 'document')} left to the workers")
