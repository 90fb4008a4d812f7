"""Who hears of what: subscriptions, what a rule would have sent, and the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clausewatch.cli.running import Json, Run, command, end_of, start_of
from clausewatch.errors import DeliveryError, NotFound, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clausewatch.model import Rule

Vendors = Annotated[list[str] | None, typer.Option("--vendor", metavar="V", help="Of this vendor; may be repeated.")]
Types = Annotated[list[str] | None, typer.Option("--document", metavar="TYPE", help="Of this type; may be repeated.")]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", metavar="K", help="recipient, retention, ...; may be repeated.")
]
Least = Annotated[str | None, typer.Option("--min-severity", metavar="S", help="low, medium, high or critical.")]
Companies = Annotated[list[str] | None, typer.Option("--company", metavar="NAME", help="That name this company.")]
Keywords = Annotated[list[str] | None, typer.Option("--keyword", metavar="W", help="Whose words hold this one.")]
Languages = Annotated[list[str] | None, typer.Option("--language", metavar="L", help="In this language: en, de, ...")]
Email = Annotated[str, typer.Argument(metavar="EMAIL")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for function in (subscribe, unsubscribe, confirm, subscriptions, preview, deliver):
        command(app)(function)


def subscribe(
    run: Run,
    email: Email,
    vendor: Vendors = None,
    document: Types = None,
    kind: Kinds = None,
    min_severity: Least = None,
    company: Companies = None,
    keyword: Keywords = None,
    language: Languages = None,
    every: Annotated[str, typer.Option(help="instant, daily or weekly.")] = "instant",
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="They asked you in person: no mail to confirm.")
    ] = False,
) -> None:
    """Subscribe an address to what a rule matches; without a rule, to every material change."""
    from archive.subscriptions import add_subscription
    from clausewatch.model import SubscriptionState
    from notifier.address import checked_email
    from notifier.mailer import open_mailer
    from notifier.outbox import request_confirmation

    rule = _rule(vendor, document, kind, min_severity, company, keyword, language)
    if every not in ("instant", "daily", "weekly"):
        raise UsageError(f"--every {every}: is none of instant, daily, weekly")
    address = checked_email(email)
    with run.archive() as archive:
        with archive.write() as connection:
            _warn_of_unwatched(run, connection, rule)
            made = add_subscription(connection, address, rule, every=every, now=run.now(), is_confirmed=confirmed)
        if made.state is SubscriptionState.PENDING:
            with open_mailer(run.settings) as mailer:
                request_confirmation(made, mailer, settings=run.settings, now=run.now())
            run.put(f"{made.id}: a mail to {made.email} asks to confirm; nothing else is sent before")
        else:
            run.put(f"{made.id}: {made.email} hears of it, {made.every}")


def unsubscribe(run: Run, email: Email) -> None:
    """End all subscriptions of an address; what is in the outbox for it is dropped."""
    from archive.subscriptions import end_subscription, list_subscriptions

    with run.archive() as archive, archive.write() as connection:
        ended = [
            each.id
            for each in list_subscriptions(connection, email=email)
            if end_subscription(connection, each.id, now=run.now())
        ]
    if not ended:
        raise NotFound(f"{email}: has no subscription; see clausewatch subscriptions")
    run.put(f"{len(ended)} subscriptions of {email} ended")


def confirm(run: Run, token: Annotated[str, typer.Argument(metavar="TOKEN")]) -> None:
    """Confirm a subscription by the token in its mail."""
    from archive.subscriptions import confirm_subscription, get_subscription
    from notifier.tokens import Purpose, read_token, secret_of

    subscription = read_token(secret_of(run.settings), token, purpose=Purpose.CONFIRM, now=run.now())
    with run.archive() as archive, archive.write() as connection:
        confirm_subscription(connection, subscription, now=run.now())
        found = get_subscription(connection, subscription)
    run.put(f"{found.id}: {found.email} is {found.state}")


def subscriptions(run: Run, json: Json = False) -> None:
    """Who asked for what."""
    from archive.subscriptions import list_subscriptions, rule_to_json
    from clausewatch.instants import rfc3339
    from notifier.letter import described

    with run.archive() as archive, archive.read() as connection:
        found = list_subscriptions(connection)
    if json:
        run.put_json(
            {"id": each.id, "email": each.email, "every": each.every, "state": each.state.value,
             "rule": rule_to_json(each.rule), "created_at": rfc3339(each.created_at),
             "confirmed_at": each.confirmed_at and rfc3339(each.confirmed_at)}
            for each in found
        )  # fmt: skip
        return
    run.put_table(
        ("id", "email", "every", "state", "rule"),
        [(each.id, each.email, each.every, each.state, "; ".join(described(each))) for each in found],
        empty="no subscriptions",
    )


def preview(
    run: Run,
    vendor: Vendors = None,
    document: Types = None,
    kind: Kinds = None,
    min_severity: Least = None,
    company: Companies = None,
    keyword: Keywords = None,
    language: Languages = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="A year back by default.")] = None,
    json: Json = False,
) -> None:
    """What a rule would have sent."""
    from datetime import timedelta

    from archive.comparisons import list_comparisons
    from archive.documents import list_documents
    from clausewatch.views.json import comparison_to_json
    from notifier.audience import is_owed

    rule = _rule(vendor, document, kind, min_severity, company, keyword, language)
    start = start_of(since) or run.now() - timedelta(days=365)
    with run.archive() as archive, archive.read() as connection:
        types = {(each.vendor, each.slug): each.type for each in list_documents(connection)}
        found = [
            comparison
            for comparison in list_comparisons(connection, since=start)
            if comparison.notify
            and is_owed(rule, comparison, document_type=types[comparison.vendor or "", comparison.document or ""])
        ]
    if json:
        run.put_json(comparison_to_json(each, full=False) for each in found)
        return
    for each in found:
        run.put(f"{each.after.at:%Y-%m-%d}  {each.severity:8}  {each.vendor}/{each.document}: {each.summary}")
    run.say(f"{len(found)} notices since {start:%Y-%m-%d}")


def deliver(
    run: Run,
    to: Annotated[
        str | None, typer.Option(metavar="MAIL_URL", help="file:DIR, smtp://, smtps:// or sendgrid:.")
    ] = None,
    now: Annotated[str | None, typer.Option(metavar="INSTANT", help="As if it were that moment.")] = None,
) -> None:
    """Send what is due from the outbox, and tell the operator of what stopped being seen."""
    import os
    from dataclasses import replace

    from clausewatch.jobs.alarms import alarm_operator
    from notifier.mailer import open_mailer
    from notifier.outbox import deliver as deliver_due

    settings = replace(run.settings, mail=to) if to else run.settings
    at = end_of(now) or run.now()
    with run.archive() as archive, open_mailer(settings) as mailer:
        report = deliver_due(
            archive, mailer, settings=settings, now=at,
            sender=f"deliver-{os.getpid()}", on_sent=lambda sent: run.say(f"sent: {sent.subject} -> {sent.email}"),
        )  # fmt: skip
    for problem in report.problems:
        run.say(problem)
    where = settings.mail_url.rpartition("@")[2]  # without a password
    run.put(
        f"{report.mails} mails with {report.sent} notices sent to {where}; {report.put_off} put off, "
        f"{report.given_up} given up, {report.dropped} dropped"
    )
    if report.stopped:
        raise DeliveryError(f"{where}: {report.stopped}; what was not sent stays due", retryable=True)
    with run.archive() as archive, open_mailer(settings) as mailer:
        told = alarm_operator(archive, mailer, settings=settings, now=at)
    if told:
        run.say(f"{settings.operator}: told of {told} documents that are not seen; clausewatch doctor lists them")
    if report.given_up and not report.mails:
        raise typer.Exit(1)


# --- rules ----------------------------------------------------------------------------------------------------


def _rule(
    vendors: list[str] | None, types: list[str] | None, kinds: list[str] | None, min_severity: str | None,
    companies: list[str] | None, keywords: list[str] | None, languages: list[str] | None,
) -> Rule:  # fmt: skip
    from archive.documents import slug_of
    from clausewatch.model import Kind, Rule, Severity

    try:
        return Rule(
            vendors=tuple(map(slug_of, vendors or ())), documents=tuple(types or ()),
            kinds=tuple(map(Kind, kinds or ())), min_severity=Severity(min_severity) if min_severity else None,
            companies=tuple(companies or ()), keywords=tuple(keywords or ()), languages=tuple(languages or ()),
        )  # fmt: skip
    except ValueError as error:
        choices = ", ".join(Severity if "Severity" in str(error) else Kind)
        raise UsageError(f"{error}; choose of {choices}") from None


def _warn_of_unwatched(run: Run, connection: Connection, rule: Rule) -> None:
    from archive.documents import list_vendors

    for vendor in sorted(set(rule.vendors) - {vendor.slug for vendor in list_vendors(connection)}):
        run.say(f"{vendor}: is not watched yet; the subscription waits for it")
