"""What needs a hand, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from clausewatch.cli.running import Json, Run, command
from clausewatch.instants import rfc3339

if TYPE_CHECKING:
    from archive import Archive
    from clausewatch.jobs.doubts import Restless
    from clausewatch.jobs.failing import Unseen
    from clausewatch.jobs.troubles import Trouble
    from clausewatch.model import Address


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(doctor)


def doctor(
    run: Run, name: Annotated[str | None, typer.Argument(metavar="[VENDOR[/DOCUMENT]]")] = None, json: Json = False
) -> None:
    """What needs a hand, and why: documents that were not seen when they were last looked at, those that show something
    new at every look, and where the schedule, the outbox or the Wayback Machine stands still."""
    from clausewatch.jobs.doubts import restless_documents
    from clausewatch.jobs.failing import unseen_documents
    from clausewatch.jobs.troubles import troubles_of

    with run.archive() as archive:
        troubles = troubles_of(archive, now=archive.clock.now()) if name is None else []
        found = unseen_documents(archive, name, now=run.now())
        if any(trouble.subject == "schedule" for trouble in troubles):  # it says so of all of them
            found = [each for each in found if each.is_looked_at]
        restless = restless_documents(archive, name)
        cases = _cases(archive, found)
    if json:
        run.put_json(
            [*(_row(each, run.now()) for each in cases), *map(_restless_row, restless), *map(_trouble_row, troubles)]
        )
        return
    for line in (*_troubles(troubles), *_unseen(cases), *_restless(restless)):
        run.put(line)
    if not found and not restless:
        run.say("every document was seen when it was last looked at")
    if not run.settings.operator:
        run.say("nobody is told of what stops being seen: set CLAUSEWATCH_OPERATOR")


@dataclass(frozen=True, slots=True)
class _Case:
    """A document that is not seen, with what helps and where it stood."""

    unseen: Unseen
    advice: str | None
    addresses: list[Address]  # oldest first


def _cases(archive: Archive, found: Sequence[Unseen]) -> list[_Case]:
    from archive.addresses import addresses_of_all
    from clausewatch.jobs.failing import pointing_advice

    with archive.read() as connection:
        addresses = addresses_of_all(connection, [each.document.id for each in found])
    return [
        _Case(each, each.advice or pointing_advice(archive, each), addresses.get(each.document.id, []))
        for each in found
    ]


def _troubles(troubles: Sequence[Trouble]) -> Iterator[str]:
    for trouble in troubles:
        yield f"{trouble.subject}: {trouble.reason}{f', since {_second(trouble.since_at)}' if trouble.since_at else ''}"
        yield f"  {trouble.advice}"


def _unseen(cases: Sequence[_Case]) -> Iterator[str]:
    for case in cases:
        each = case.unseen
        times = f", {_times(each.looks)}" if each.is_looked_at else ""
        yield f"{each.document.name}: {each.why} since {_second(each.since_at)}{times}"
        yield from (f"  {line}" for line in (each.reason, case.advice, each.command) if line)
        yield from (f"  it was at {old.url} until {old.until_at:%Y-%m-%d}" for old in case.addresses if old.until_at)


def _restless(restless: Sequence[Restless]) -> Iterator[str]:
    for each in restless:
        yield f"{each.document.name}: held since {rfc3339(each.held.since_at)}, {_times(each.held.looks)}"
        yield f"  {each.reason}"
        yield f"  {each.command}"


def _second(at: datetime) -> str:
    return rfc3339(at.replace(microsecond=0))


def _times(looks: int) -> str:
    return "one look" if looks == 1 else f"{looks} looks in a row"


def _row(case: _Case, now: datetime) -> dict[str, object]:
    from clausewatch.jobs.export import document_row

    unseen = case.unseen
    document, failure, doubt, good_at = unseen.document, unseen.failure, unseen.doubt, unseen.watch.last_good_at
    return {
        "vendor": document.vendor, "document": document.slug, "fault": doubt.fault.value if doubt else None,
        "failure": failure.kind if failure else None, "status": failure.status if failure else None,
        "reason": unseen.reason, "advice": case.advice, "since_at": rfc3339(unseen.since_at),
        "until_at": rfc3339(unseen.until_at), "last_good_at": rfc3339(good_at) if good_at else None,
        "looks": unseen.looks, "held": False, "flagged": unseen.is_flagged, "lasting": unseen.is_lasting(now),
        "snapshot": doubt.snapshot if doubt else None, "before": doubt.before if doubt else None,
        "command": unseen.command, "addresses": document_row(document, case.addresses)["addresses"],
    }  # fmt: skip


def _restless_row(restless: Restless) -> dict[str, object]:
    document, held = restless.document, restless.held
    return {
        "vendor": document.vendor, "document": document.slug, "fault": None, "failure": None, "status": None,
        "reason": restless.reason, "advice": None, "since_at": rfc3339(held.since_at),
        "until_at": rfc3339(held.until_at), "last_good_at": rfc3339(held.until_at), "looks": held.looks, "held": True,
        "flagged": True, "lasting": True, "snapshot": held.snapshot, "before": held.before,
        "command": restless.command,
    }  # fmt: skip


def _trouble_row(trouble: Trouble) -> dict[str, object]:
    return {
        "vendor": None, "document": None, "subject": trouble.subject, "reason": trouble.reason,
        "advice": trouble.advice, "since_at": rfc3339(trouble.since_at) if trouble.since_at else None,
    }  # fmt: skip
