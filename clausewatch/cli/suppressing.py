"""Who is not written to: addresses suppressed by hand or by what came back of mails, and how that is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clausewatch.cli.running import Json, Run, command
from clausewatch.counts import counted
from clausewatch.errors import NotFound

if TYPE_CHECKING:
    from notifier.returns import Taken

Email = Annotated[str, typer.Argument(metavar="EMAIL")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for function in (suppress, unsuppress, suppressions, bounces):
        command(app)(function)


def suppress(
    run: Run,
    email: Email,
    reason: Annotated[str, typer.Option(metavar="WORDS", help="Why; kept beside the hash.")] = "by the operator",
) -> None:
    """Send nothing to an address any more, and end its subscriptions. What is kept is a keyed hash and the reason."""
    from archive.suppressions import suppress as suppress_address
    from notifier.address import checked_email
    from notifier.tokens import secret_of

    address = checked_email(email)
    secret = secret_of(run.settings)
    with run.archive() as archive, archive.write() as connection:
        ended = suppress_address(connection, address, secret=secret, reason=reason, now=run.now())
    run.put(f"{address}: nothing is sent there any more; {counted(len(ended), 'subscription')} ended")


def unsuppress(run: Run, email: Email) -> None:
    """Take an address off the list, so that it may subscribe again; what had ended stays so."""
    from archive.suppressions import unsuppress as unsuppress_address
    from notifier.address import checked_email
    from notifier.tokens import secret_of

    address = checked_email(email)
    with run.archive() as archive, archive.write() as connection:
        if not unsuppress_address(connection, address, secret=secret_of(run.settings)):
            raise NotFound(f"{address}: is not suppressed; clausewatch suppressions {address} would say so")
    run.put(f"{address}: may subscribe again")


def suppressions(
    run: Run,
    email: Annotated[str | None, typer.Argument(metavar="EMAIL", help="Only this one.")] = None,
    json: Json = False,
) -> None:
    """How many addresses nothing is sent to, and why; or since when and why one of them. The list names nobody."""
    from archive.suppressions import address_hash, list_suppressions
    from clausewatch.instants import rfc3339
    from notifier.tokens import secret_of

    with run.archive() as archive, archive.read() as connection:
        found = list_suppressions(connection)
    if email is not None:
        wanted = address_hash(secret_of(run.settings), email)
        found = [(address, each) for address, each in found if address == wanted]
    if json:
        run.put_json(
            {"address": address, "reason": each.reason, "since_at": rfc3339(each.since_at)} for address, each in found
        )
        return
    run.put_table(
        ("address", "since", "reason"),
        [(f"{address[:16]}…", f"{each.since_at:%Y-%m-%d}", each.reason) for address, each in found],
        empty=f"{email}: is not suppressed" if email else "no address is suppressed",
    )


def bounces(
    run: Run,
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Mails, mbox files, Maildir folders, or -.")],
    trust: Annotated[
        bool, typer.Option("--trust", help="Believe reports without a signed link too: nobody else writes there.")
    ] = False,
) -> None:
    """Read mails that came back, and stop mail to who gets none or wants none. The same mail twice counts once."""
    from notifier.bounces import read_bounce
    from notifier.mailbox import read_mails
    from notifier.returns import Taken, take_in
    from notifier.tokens import secret_of

    run.begin_log()
    total, mails, reports = Taken(), 0, 0
    with run.archive() as archive:
        secret = secret_of(run.settings)
        for file in files:
            for some in read_mails(None if file == "-" else Path(file)):
                returns = [read_bounce(mail, secret=secret, is_trusted=trust) for mail in some]
                mails, reports = mails + len(returns), reports + sum(map(bool, returns))
                with archive.write() as connection:
                    total += take_in(
                        connection, [each for one in returns for each in one], secret=secret, now=run.now()
                    )
    run.put(_summary(mails, reports, total))
    if total.unknown and not trust:
        run.say("some hold no signed link of ours; if nobody else can write to that mailbox, read it with --trust")


def _summary(mails: int, reports: int, taken: Taken) -> str:
    return (
        f"{counted(mails, 'mail')} read, {reports} of them reports; "
        f"{counted(taken.stopped, 'address')} not written to any more, "
        f"{counted(taken.soft, 'mail')} did not arrive for now, {taken.known} were known, "
        f"{taken.unknown} are not about ours"
    )
