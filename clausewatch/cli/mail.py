"""Who hears of what: subscriptions, and what a rule would have sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from clausewatch.cli import outbox, subscribers
from clausewatch.cli.rules import RuleOptions
from clausewatch.cli.running import Json, Run, command, start_of
from clausewatch.counts import counted
from clausewatch.errors import DeliveryError, NotFound, UsageError

if TYPE_CHECKING:
    from archive import Archive
    from clausewatch.jobs.rules import Asked
    from clausewatch.model import Rule, Subscription

Email = Annotated[str, typer.Argument(metavar="EMAIL")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for function in (subscribe, unsubscribe, confirm, subscriptions, preview):
        command(app)(function)
    subscribers.add_to(app)
    outbox.add_to(app)


def subscribe(
    run: Run,
    email: Email,
    rule: RuleOptions,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="A digest when nothing changed, too: proof that someone watches.")
    ] = False,
    webhook: Annotated[
        str | None, typer.Option("--webhook", metavar="URL", help="Post notices there, not to the mailbox.")
    ] = None,
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="They asked you in person: no mail to confirm.")
    ] = False,
) -> None:
    """Subscribe an address to what a rule matches; without a rule, to every material change."""
    from notifier.address import checked_email

    asked = rule.asked(is_quiet_told=quiet, webhook=webhook, allow_hosts=run.settings.allow_hosts)
    address = checked_email(email)
    with run.archive() as archive:
        _warn_of_unwatched(run, archive, asked.rule)
        _subscribe(run, archive, address, asked, is_confirmed=confirmed)


def _subscribe(run: Run, archive: Archive, address: str, asked: Asked, *, is_confirmed: bool) -> None:
    from clausewatch.jobs.subscribing import ask, enlist
    from clausewatch.model import SubscriptionState

    made = (enlist if is_confirmed else ask)(archive, run.settings, address, asked, now=run.now())
    if made is None:
        raise UsageError(f"{address}: nothing is sent there; clausewatch suppressions tells since when and why")
    if made.state is SubscriptionState.PENDING:
        run.put(f"{made.id}: a mail to {made.email} asks to confirm; nothing else is sent before")
    else:
        run.put(f"{made.id}: {made.email} hears of it, {made.every}")


def unsubscribe(run: Run, email: Email) -> None:
    """End all subscriptions of an address; what is in the outbox for it is dropped, and a mail says so."""
    from archive.subscriptions import list_subscriptions
    from clausewatch.jobs.subscribing import leave, wave
    from clausewatch.model import SubscriptionState

    with run.archive() as archive:
        with archive.read() as connection:
            found = list_subscriptions(connection, email=email)
        open_ones = [each for each in found if each.state is not SubscriptionState.ENDED]
        if not open_ones:
            raise NotFound(f"{email}: has no subscription; see clausewatch subscriptions")
        left = [each for each in open_ones if leave(archive, each, now=run.now())]
        run.put(f"{counted(len(open_ones), 'subscription')} of {email} ended")
        for each in left:
            try:
                wave(archive, run.settings, each, now=run.now())
            except DeliveryError as error:
                run.say(f"{each.id}: its goodbye was not sent: {error}")


def confirm(run: Run, token: Annotated[str, typer.Argument(metavar="TOKEN")]) -> None:
    """Confirm a subscription by the token in its mail."""
    from clausewatch.jobs.subscribing import confirm as confirm_by

    with run.archive() as archive:
        found, _ = confirm_by(archive, run.settings, token, now=run.now())
    run.put(f"{found.id}: {found.email} is {found.state}")


def subscriptions(run: Run, json: Json = False) -> None:
    """Who asked for what."""
    from archive.documents import list_vendors
    from archive.notices import last_failures
    from archive.subscriptions import list_subscriptions
    from notifier.letter import described

    with run.archive() as archive, archive.read() as connection:
        found = list_subscriptions(connection)
        names = {vendor.slug: vendor.name for vendor in list_vendors(connection)}
        failures = last_failures(connection)
    why = {each.id: _why_ended(each, failures.get(each.id, "")) for each in found}
    if json:
        run.put_json(_row(each) | {"ended_why": why[each.id] or None} for each in found)
        return
    run.put_table(
        ("id", "email", "every", "state", "rule"),
        [(each.id, each.email, each.every, f"{each.state}: {why[each.id]}".rstrip(": "),
          "; ".join(described(each, names))) for each in found],
        empty="no subscriptions",
    )  # fmt: skip


def _why_ended(subscription: Subscription, failure: str) -> str:
    """What ended the subscription, where it was not its owner."""
    from clausewatch.model import SubscriptionState
    from notifier.mailer import ENDED_BY_RECEIVER

    is_gone = subscription.state is SubscriptionState.ENDED and failure.endswith(ENDED_BY_RECEIVER)
    return failure.removesuffix(f"; {ENDED_BY_RECEIVER}") if is_gone else ""


def _row(subscription: Subscription) -> dict[str, Any]:
    from archive.subscriptions import rule_to_json
    from clausewatch.instants import rfc3339

    confirmed_at = subscription.confirmed_at
    return {
        "id": subscription.id, "email": subscription.email, "every": subscription.every,
        "state": subscription.state.value, "rule": rule_to_json(subscription.rule), "zone": subscription.zone,
        "hour": subscription.hour, "quiet": subscription.is_quiet_told, "webhook": subscription.webhook,
        "created_at": rfc3339(subscription.created_at), "confirmed_at": confirmed_at and rfc3339(confirmed_at),
    }  # fmt: skip


def preview(
    run: Run,
    rule: RuleOptions,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="A year back by default.")] = None,
    json: Json = False,
) -> None:
    """What a rule would have sent."""
    from clausewatch.jobs.preview import YEAR
    from clausewatch.jobs.preview import preview as foresee
    from clausewatch.views.json import comparison_to_json

    asked = rule.asked()
    start = start_of(since) or run.now() - YEAR
    with run.archive() as archive:
        found = foresee(archive, asked, since_at=start, until_at=run.now(), mails_a_day=run.settings.mails_a_day)
    if json:
        run.put_json(comparison_to_json(each, full=False) for each in found.comparisons)
        return
    for each in found.comparisons:
        severity = max(
            (asked.rule.severity_of(finding) for finding in each.findings), key=lambda s: s.rank, default="-"
        )
        run.put(f"{each.after.at:%Y-%m-%d}  {severity:8}  {each.vendor}/{each.document}: {each.summary}")
    run.say(f"{counted(len(found.comparisons), 'notice')} since {start:%Y-%m-%d}, in {counted(found.mails, 'mail')}")


def _warn_of_unwatched(run: Run, archive: Archive, rule: Rule) -> None:
    from archive.documents import list_vendors
    from clausewatch.jobs.rules import unknown_vendors

    with archive.read() as connection:
        known = {vendor.slug for vendor in list_vendors(connection)}
    for vendor in unknown_vendors(rule, known):
        run.say(f"{vendor}: is not watched yet; the subscription waits for it")
