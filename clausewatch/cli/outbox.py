"""The outbox by hand: send what is due, and answer when a delivery was held back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clausewatch.cli.running import Run, command, end_of
from clausewatch.counts import counted
from clausewatch.errors import DeliveryError, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from clausewatch.settings import Settings
    from notifier.outbox import DeliveryReport


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(deliver)


def deliver(
    run: Run,
    to: Annotated[
        str | None, typer.Option(metavar="MAIL_URL", help="file:DIR, smtp://, smtps:// or sendgrid:.")
    ] = None,
    now: Annotated[str | None, typer.Option(metavar="INSTANT", help="As if it were that moment.")] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Send also what was held back.")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="Drop what was held back.")] = False,
) -> None:
    """Send what is due from the outbox, and tell the operator of what stopped being seen."""
    from dataclasses import replace

    if anyway and refuse:
        raise UsageError("--anyway and --refuse: what was held back is either sent or dropped")
    run.begin_log()
    settings = replace(run.settings, mail=to) if to else run.settings
    at = end_of(now) or _shared_now(run)
    if refuse:
        _refuse(run, at)
    report = _send(run, settings, at, is_flood_allowed=anyway)
    where = settings.mail_url.rpartition("@")[2]  # without a password
    run.put(f"{_counted(report)} sent to {where}; {_not_sent(report)}")
    if report.stopped:
        raise DeliveryError(f"{where}: {report.stopped}; what was not sent stays due", retryable=True)
    _alarm(run, settings, at)
    if report.held_back or (report.given_up and not report.mails):
        raise typer.Exit(1)


def _shared_now(run: Run) -> datetime:
    """By the clock of the database: what is due is due for all machines at once."""
    with run.archive() as archive:
        archive.clock.check()
        return archive.clock.now()


def _refuse(run: Run, at: datetime) -> None:
    from archive.floods import refuse_flood

    with run.archive() as archive, archive.write() as connection:
        dropped = refuse_flood(connection, now=at)
    run.say(f"{counted(dropped, 'notice')} held back and now dropped")


def _send(run: Run, settings: Settings, at: datetime, *, is_flood_allowed: bool) -> DeliveryReport:
    from clausewatch.jobs.claims import holder_of_this_process
    from notifier.mailer import open_mailer
    from notifier.outbox import deliver as deliver_due

    with run.archive() as archive, open_mailer(settings) as mailer:
        report = deliver_due(
            archive, mailer, settings=settings, now=at, sender=holder_of_this_process(),
            on_sent=lambda sent: run.say(f"sent: {sent.subject or 'a call'} -> subscription {sent.subscription}"),
            is_flood_allowed=is_flood_allowed,
        )  # fmt: skip
    for problem in report.problems:
        run.say(problem)
    return report


def _counted(report: DeliveryReport) -> str:
    quiet = f", and {counted(report.quiet, 'quiet digest')}," if report.quiet else ""
    return f"{counted(report.mails, 'mail')} with {counted(report.sent, 'notice')}{quiet}"


def _not_sent(report: DeliveryReport) -> str:
    parts = [f"{report.put_off} put off", f"{report.given_up} given up", f"{report.dropped} dropped"]
    if report.folded:
        parts.append(f"{report.folded} folded into digests")
    if report.repeated:
        parts.append(f"{counted(report.repeated, 'mail')} may have come twice")
    return ", ".join(parts)


def _alarm(run: Run, settings: Settings, at: datetime) -> None:
    from clausewatch.jobs.alarms import alarm_operator
    from notifier.mailer import open_mailer

    with run.archive() as archive, open_mailer(settings) as mailer:
        told = alarm_operator(archive, mailer, settings=settings, now=at)
    if told:
        run.say(f"{settings.operator}: told of {counted(told, 'document')} not seen; clausewatch doctor lists all")
