"""What a person should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clausewatch.cli.running import Json, Run, command
from clausewatch.instants import rfc3339

if TYPE_CHECKING:
    from clausewatch.jobs.doubts import Doubtful


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(doctor)


def doctor(
    run: Run, name: Annotated[str | None, typer.Argument(metavar="[VENDOR[/DOCUMENT]]")] = None, json: Json = False
) -> None:
    """Documents that were not found when they were last looked at: since when, why, and both texts."""
    from clausewatch.jobs.doubts import doubtful_documents

    with run.archive() as archive:
        found = doubtful_documents(archive, name)
    if json:
        run.put_json(_row(each) for each in found)
        return
    for each in found:
        doubt = each.doubt
        run.put(f"{each.document.name}: {doubt.fault} since {rfc3339(doubt.since_at)}, {_times(doubt.looks)}")
        run.put(f"  {doubt.reason}")
        run.put(f"  {each.command}")
    if not found:
        run.say("every document was found when it was last looked at")


def _times(looks: int) -> str:
    return "one look" if looks == 1 else f"{looks} looks in a row"


def _row(doubtful: Doubtful) -> dict[str, object]:
    document, doubt = doubtful.document, doubtful.doubt
    return {
        "vendor": document.vendor, "document": document.slug, "fault": doubt.fault.value, "reason": doubt.reason,
        "since_at": rfc3339(doubt.since_at), "until_at": rfc3339(doubt.until_at), "looks": doubt.looks,
        "flagged": doubt.is_flagged, "snapshot": doubt.snapshot, "before": doubt.before, "command": doubtful.command,
    }  # fmt: skip
