"""Bring in what others kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clausewatch.cli.executing import Cluster, WithoutTls, executor_of
from clausewatch.cli.running import Run, command, end_of, start_of
from clausewatch.counts import counted
from clausewatch.errors import UsageError

if TYPE_CHECKING:
    from archive import Archive
    from clausewatch.jobs.importing import Imported
    from clausewatch.jobs.settle import Settled

VendorOption = Annotated[str | None, typer.Option("--vendor", metavar="V", help="Whose it is.")]
TypeOption = Annotated[str | None, typer.Option("--document", metavar="TYPE", help='"Privacy Policy", ...')]
UrlOption = Annotated[str | None, typer.Option("--url", metavar="ADDRESS", help="Its address.")]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Leave out what is older.")]
LiveOption = Annotated[
    bool, typer.Option("--as-live", help="As if crawled live, in time order: subscribers are told, notices are queued.")
]
Files = Annotated[list[Path], typer.Argument(metavar="FILE...")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="Bring in WARC files, single files, an Open Terms Archive repository, or an export.", no_args_is_help=True
    )
    for function in (warc, file, ota, jsonl):
        command(group)(function)
    app.add_typer(group, name="import")


def warc(
    run: Run,
    files: Files,
    vendor: VendorOption = None,
    document: TypeOption = None,
    url: UrlOption = None,
    since: SinceOption = None,
    as_live: LiveOption = False,
    cluster: Cluster = None,
    without_tls: WithoutTls = False,
) -> None:
    """Response, resource and revisit records of HTML, PDF, text and Markdown; others are counted and named."""
    from clausewatch.jobs.importing import Imported, chosen, record_all
    from clausewatch.jobs.warc import read_warc

    imported = Imported()
    start = start_of(since)
    paths = _existing(files)
    with run.archive() as archive:
        for path in paths:
            before = imported.new
            records = read_warc(path, imported, vendor=vendor, type=document)
            record_all(archive, chosen(records, since=start, url=url), imported, is_live=as_live, now=run.now())
            run.say(f"{path.name}: {counted(imported.new - before, 'snapshot')} recorded")
        _finish(run, archive, imported, as_live=as_live, cluster=cluster, without_tls=without_tls)


def file(
    run: Run,
    files: Files,
    vendor: VendorOption = None,
    document: TypeOption = None,
    url: UrlOption = None,
    at: Annotated[str | None, typer.Option("--at", metavar="DATE", help="When it looked so.")] = None,
    as_live: LiveOption = False,
    cluster: Cluster = None,
    without_tls: WithoutTls = False,
) -> None:
    """Single files: HTML, PDF, Markdown, text. A note of origin in the first lines gives vendor, date and address."""
    from clausewatch.jobs.importing import import_files

    paths, captured_at = _existing(files), end_of(at)
    with run.archive() as archive:
        imported = import_files(
            archive, paths, vendor=vendor, type=document, url=url, at=captured_at, is_live=as_live, now=run.now()
        )
        _finish(run, archive, imported, as_live=as_live, cluster=cluster, without_tls=without_tls)
        faults = _say_faults(run, archive, imported)
    if faults == len(imported.snapshots):
        raise typer.Exit(1)


def ota(
    run: Run,
    repository: Annotated[
        Path, typer.Argument(metavar="REPOSITORY", help="A clone: versions, snapshots or declarations.")
    ],
    since: SinceOption = None,
    as_live: LiveOption = False,
    cluster: Cluster = None,
    without_tls: WithoutTls = False,
) -> None:
    """What an Open Terms Archive repository holds: versions or snapshots, a document a file; or declarations, whose
    documents are watched from now on."""
    from clausewatch.jobs.declarations import declares
    from clausewatch.jobs.importing import Imported, chosen, record_all
    from clausewatch.jobs.ota import read_repository

    imported = Imported()
    (folder,) = _existing([repository])
    start = start_of(since)
    if declares(folder):
        _watch_declared(run, folder, imported)
        return
    with run.archive() as archive:
        records = chosen(read_repository(folder, imported), since=start, url=None)
        record_all(archive, records, imported, is_live=as_live, now=run.now())
        run.say(f"{repository}: {counted(imported.new, 'version')} or snapshots recorded")
        _finish(run, archive, imported, as_live=as_live, cluster=cluster, without_tls=without_tls)


def _watch_declared(run: Run, folder: Path, imported: Imported) -> None:
    from clausewatch.jobs.declarations import watch_declared

    with run.archive() as archive:
        watched = watch_declared(archive, folder, imported, now=run.now())
    _say_left_out(run, imported)
    for each in watched:
        run.put(f"{each.name}: {each.type} of {each.vendor_name}, {each.url}")
    run.say(
        f"{counted(len(watched), 'document')} watched; clausewatch crawl looks now, clausewatch backfill at the past"
    )
    if not watched:
        raise typer.Exit(1)


def jsonl(
    run: Run,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What export jsonl wrote.")],
    cluster: Cluster = None,
    without_tls: WithoutTls = False,
) -> None:
    """An archive that was exported: the same snapshots, chains and versions. Nobody is told of its past."""
    from clausewatch.jobs.import_jsonl import import_jsonl, settle_quietly
    from clausewatch.jobs.importing import Imported

    (source,) = _existing([folder])
    imported = Imported()
    with run.archive() as archive:
        documents = import_jsonl(archive, source, imported, now=run.now())
        with executor_of(cluster, without_tls=without_tls) as executor:
            versions = settle_quietly(archive, documents, now=run.now(), executor=executor, on_progress=run.say)
    run.put(
        f"{counted(imported.new, 'new snapshot')} ({imported.known} known) of "
        f"{counted(len(imported.documents), 'document')}; "
        f"{counted(versions, 'version')}"
    )
    if imported.is_nothing:
        raise typer.Exit(1)


def _existing(paths: Iterable[Path]) -> list[Path]:
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise UsageError(f"{missing[0]}: no such file; nothing was imported")
    return list(paths)


def _say_left_out(run: Run, imported: Imported) -> None:
    for problem in imported.problems:
        run.say(problem)
    for what, count in sorted(imported.left_out.items()):
        if count:
            run.say(f"left out: {count} of {what}")


def _finish(
    run: Run, archive: Archive, imported: Imported, *, as_live: bool, cluster: str | None, without_tls: bool
) -> None:
    _say_left_out(run, imported)
    settled = settle(run, archive, cluster=cluster, without_tls=without_tls)
    told = [comparison for each in settled for comparison in each.told]
    run.put(
        f"{counted(imported.new, 'new snapshot')} ({imported.known} known) of "
        f"{counted(len(imported.documents), 'document')}; "
        f"{counted(sum(each.versions for each in settled), 'version')}, "
        f"{counted(sum(each.compared for each in settled), 'comparison')}"
    )
    if as_live:
        run.put(
            f"told: {counted(len(told), 'comparison')}, "
            f"{counted(sum(each.notices for each in settled), 'notice')} queued"
        )
        for comparison in told:
            run.put(
                f"  {comparison.after.at:%Y-%m-%d}  {comparison.vendor}/{comparison.document}: {comparison.summary}"
            )
    if imported.is_nothing:
        raise typer.Exit(1)


def _say_faults(run: Run, archive: Archive, imported: Imported) -> int:
    """Say which of the files are no document, and why; how many."""
    from archive.snapshots import get_snapshot

    faults = 0
    with archive.read() as connection:
        for snapshot, name in imported.snapshots.items():
            found = get_snapshot(connection, snapshot)
            if found.fault:
                faults += 1
                run.say(f"{name}: {found.fault}: {found.fault_reason}; kept as a snapshot that makes no version")
    return faults


def settle(run: Run, archive: Archive, *, cluster: str | None = None, without_tls: bool = False) -> list[Settled]:
    """Derive versions and comparisons of all that came, on all cores or a cluster, with a line a document."""
    from clausewatch.jobs.settle import settle_all

    with executor_of(cluster, without_tls=without_tls) as executor:
        return settle_all(archive, now=run.now(), executor=executor, on_progress=run.say)
