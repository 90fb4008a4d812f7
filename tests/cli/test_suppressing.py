from __future__ import annotations

import mailbox
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tests.cli.running import CommandLine
from tests.notifier.reports import complaint, exim, postfix, qmail, with_status
from tests.support import scenario
from tests.support.scenario import World, archive_of, day

ADA, BOB = "ada@example.com", "bob@example.com"


def a_mail_to(run: CommandLine, *emails: str) -> list[EmailMessage]:
    """Who confirmed is told of a change; their mails."""
    for email in emails:
        run.succeeds("subscribe", email, "--confirmed")
    with archive_of(run.home) as archive:
        world = World(archive)
        vendor = world.vendor()
        for number, months in enumerate((18, 18, 24, 24)):
            vendor.publishes(scenario.policy(months=months), at=day(number))
        world.settles()
    run.succeeds("deliver")
    found = []
    for path in sorted((run.home / "mail").glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        if mail["List-Unsubscribe"]:
            found.append(mail)
    return found


def states(run: CommandLine) -> dict[str, str]:
    return {row["email"]: row["state"] for row in run.succeeds("subscriptions", "--json").rows}


def refused(run: CommandLine, *words: str, code: int = 1) -> str:
    done = run(*words)
    assert done.code == code
    return done.failure


def test_a_suppressed_address_hears_no_more_and_cannot_be_subscribed(run: CommandLine) -> None:
    run.succeeds("subscribe", ADA, "--confirmed")
    assert run.succeeds("suppress", "Ada@example.com", "--reason", "asked by phone").out == (
        "Ada@example.com: nothing is sent there any more; 1 subscription ended\n"
    )
    assert states(run) == {ADA: "ended"}
    assert "asked by phone" in run.succeeds("suppressions", ADA).out
    assert "nothing is sent there" in refused(run, "subscribe", ADA, code=2)
    assert "may subscribe again" in run.succeeds("unsuppress", ADA).out
    run.succeeds("subscribe", ADA, "--confirmed")
    assert states(run) == {ADA: "confirmed"}


def test_the_list_names_nobody(run: CommandLine) -> None:
    run.begin()
    assert "no address is suppressed" in run.succeeds("suppressions").err
    run.succeeds("suppress", ADA)
    (row,) = run.succeeds("suppressions", "--json").rows
    assert set(row) == {"address", "reason", "since_at"}
    assert len(row["address"]) == 64
    assert "ada" not in run.succeeds("suppressions").out
    assert f"{BOB}: is not suppressed" in run.succeeds("suppressions", BOB).err
    assert "is not suppressed" in refused(run, "unsuppress", BOB)


def test_a_mail_that_came_back_stops_its_subscriber_and_no_other(run: CommandLine, tmp_path: Path) -> None:
    mails = {str(mail["To"]): mail for mail in a_mail_to(run, ADA, BOB)}
    (tmp_path / "report.eml").write_bytes(postfix(mails[ADA]))
    first = run.succeeds("bounces", str(tmp_path / "report.eml"))
    assert first.out.startswith("1 mail read, 1 of them reports; 1 address not written to any more")
    assert states(run) == {ADA: "ended", BOB: "confirmed"}
    again = run.succeeds("bounces", str(tmp_path / "report.eml"))
    assert "0 addresses not written to any more, 0 mails did not arrive for now, 1 were known" in again.out


def test_a_whole_mailbox_is_read(run: CommandLine, tmp_path: Path) -> None:
    mails = a_mail_to(run, ADA, BOB)
    box = mailbox.mbox(tmp_path / "box")
    for raw in (postfix(mails[0]), b"Subject: hello\n\nhow are you?\n", complaint(mails[1])):
        box.add(raw)
    box.close()
    assert run.succeeds("bounces", str(tmp_path / "box")).out.startswith("3 mails read, 2 of them reports; 2 addresses")
    assert set(states(run).values()) == {"ended"}


def test_a_maildir_folder_and_standard_input_will_do(run: CommandLine, tmp_path: Path) -> None:
    mails = a_mail_to(run, ADA, BOB)
    folder = mailbox.Maildir(tmp_path / "folder")
    folder.add(exim(mails[0]))
    assert "1 address" in run.succeeds("bounces", str(tmp_path / "folder")).out
    assert "1 address" in run("bounces", "-", stdin=qmail(mails[1]).decode()).out
    assert set(states(run).values()) == {"ended"}


def test_a_report_that_anyone_could_have_written_is_believed_with_trust_alone(run: CommandLine, tmp_path: Path) -> None:
    run.succeeds("subscribe", ADA, "--confirmed")
    forged = EmailMessage()
    forged["Subject"] = "[high] something"
    (tmp_path / "forged.eml").write_bytes(with_status(forged, "failed", "5.1.1", "smtp; 550 unknown"))
    refused = run.succeeds("bounces", str(tmp_path / "forged.eml"))
    assert "1 are not about ours" in refused.out
    assert "--trust" in refused.err
    assert states(run) == {ADA: "confirmed"}
    assert "1 address" in run.succeeds("bounces", "--trust", str(tmp_path / "forged.eml")).out
    assert states(run) == {ADA: "ended"}


def test_what_cannot_be_read_is_told_in_a_line(run: CommandLine, tmp_path: Path) -> None:
    run.begin()
    assert "is not there" in refused(run, "bounces", str(tmp_path / "none"))
    assert "is no Maildir folder" in refused(run, "bounces", str(tmp_path), code=2)
    assert "is no mail address" in refused(run, "suppress", "lamp", code=2)
