"""Write the archive in forms that others read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clausewatch.cli.running import Run, command
from clausewatch.counts import counted_all

if TYPE_CHECKING:
    from archive import Archive

Destination = Annotated[Path, typer.Argument(metavar="DEST", help="A folder, absent or empty.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(help="Write the archive in a form that others read.", no_args_is_help=True)
    for function in (jsonl, csv, warc, ota):
        command(group)(function)
    app.add_typer(group, name="export")


def jsonl(run: Run, destination: Destination) -> None:
    """Everything, a JSON object a line, and the bodies: clausewatch import jsonl makes the same archive of it, and
    verify.py in it checks it without Clausewatch."""
    from functools import partial

    from clausewatch.jobs.export import export_jsonl
    from clausewatch.jobs.heads import head_of_the_day, signing_key

    with run.archive() as archive:
        key = signing_key(run.settings)
        head_of_the_day(archive, key, now=run.now())
    _export(run, destination, partial(export_jsonl, signer=key))


def csv(run: Run, destination: Destination) -> None:
    """Tables for spreadsheets: documents, snapshots, versions, comparisons, findings, ledger."""
    from clausewatch.jobs.export_csv import export_csv

    _export(run, destination, export_csv)


def warc(run: Run, destination: Destination) -> None:
    """The snapshots as WARC files, one a document, for programs of web archives."""
    from clausewatch.jobs.export_warc import export_warc

    _export(run, destination, export_warc)


def ota(run: Run, destination: Destination) -> None:
    """The versions as a git repository in the form of Open Terms Archive."""
    from clausewatch.jobs.export_ota import export_ota

    _export(run, destination, export_ota)


def _export(run: Run, destination: Path, export: Callable[[Archive, Path], dict[str, int]]) -> None:
    run.begin_log()
    with run.archive() as archive:
        counts = export(archive, destination)
    run.put(f"{destination}: {counted_all(counts)}")
