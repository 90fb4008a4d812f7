from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from archive.watches import record_failure
from tests.cli.running import CommandLine
from tests.notifier.test_webhook import receiving
from tests.support import scenario
from tests.support.scenario import World, archive_of, day

ADA = "ada@example.com"


def mails(run: CommandLine) -> list[Any]:
    folder = run.home / "mail"
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]


def text_of(mail: Any) -> str:
    body: str = mail.get_body(("plain",)).get_content()
    return body


def a_change(run: CommandLine) -> None:
    with archive_of(run.home) as archive:
        world = World(archive)
        vendor = world.vendor()
        for number, months in enumerate((18, 18, 24, 24)):
            vendor.publishes(scenario.policy(months=months), at=day(number))
        world.settles()


def test_who_asks_gets_a_mail_that_asks_back_and_nothing_before(run: CommandLine) -> None:
    done = run.succeeds("subscribe", ADA)
    assert f"a mail to {ADA} asks to confirm; nothing else is sent before" in done.out
    (mail,) = mails(run)
    assert mail["To"] == ADA
    a_change(run)
    assert "0 mails" in run.succeeds("deliver").out
    (row,) = run.succeeds("subscriptions", "--json").rows
    assert (row["email"], row["state"], row["every"], row["rule"]) == (ADA, "pending", "instant", {})


def test_a_subscription_that_its_webhook_ended_is_listed_with_why(run: CommandLine) -> None:
    with receiving() as receiver:
        receiver.answer = (410, {})
        run.succeeds(
            "subscribe", ADA, "--confirmed", "--webhook", f"{receiver.url}/hook", allow_hosts=receiver.host_port
        )
        a_change(run)
        done = run("deliver", allow_hosts=receiver.host_port)
    assert "127.0.0.1: answered 410; the subscription has ended by it" in done.err
    assert "ended: 127.0.0.1: answered 410 " in run.succeeds("subscriptions").out
    (row,) = run.succeeds("subscriptions", "--json").rows
    assert (row["state"], row["ended_why"]) == ("ended", "127.0.0.1: answered 410")


def test_a_rule_is_told_in_words_not_in_slugs(run: CommandLine) -> None:
    a_change(run)
    run.succeeds("subscribe", ADA, "--vendor", "harbor-kites", "--vendor", "none-yet", "--kind", "legal-basis")
    said = ["vendors: Harbor Kites, none-yet", "kinds of change: legal basis"]
    assert all(line in text_of(mails(run)[0]) for line in said)
    assert "; ".join(said) in run.succeeds("subscriptions").out
    run.succeeds("unsubscribe", ADA)
    (subscription,) = run.succeeds("subscriptions", "--json").rows
    assert (subscription["rule"]["vendors"], subscription["state"]) == (["harbor-kites", "none-yet"], "ended")


def test_the_token_of_the_mail_confirms_once_and_for_all(run: CommandLine) -> None:
    run.succeeds("subscribe", ADA)
    link = re.search(r"http://\S+/confirm/(\S+)", text_of(mails(run)[0]))
    assert link
    for _ in range(2):
        assert run.succeeds("confirm", link[1]).out.endswith(f"{ADA} is confirmed\n")
    a_change(run)
    assert run.succeeds("deliver").out.startswith("1 mail with 1 notice sent to file:")
    assert run.succeeds("deliver").out.startswith("0 mails with 0 notices")
    assert "24 months" in text_of(mails(run)[-1]) + text_of(mails(run)[0])


@pytest.mark.parametrize("token", ["x", "", "a.b.c", "é" * 40])
def test_a_token_that_is_none_confirms_nothing(run: CommandLine, token: str) -> None:
    run.succeeds("subscribe", ADA)
    done = run("confirm", token)
    assert done.code in (1, 2)
    assert len(done.err.splitlines()) == 1
    assert [row["state"] for row in run.succeeds("subscriptions", "--json").rows] == ["pending"]


def test_who_asked_in_person_is_mailed_what_changes(run: CommandLine) -> None:
    run.succeeds(
        "subscribe", ADA, "--confirmed", "--vendor", "Harbor Kites", "--kind", "retention", "--min-severity", "low"
    )
    run.succeeds("subscribe", "bob@example.com", "--confirmed", "--kind", "children")
    a_change(run)
    done = run.succeeds("deliver")
    assert [mail["To"] for mail in mails(run)] == [ADA]
    assert done.err.startswith("sent: ")


def test_mail_may_go_elsewhere(run: CommandLine, tmp_path: Path) -> None:
    run.succeeds("subscribe", ADA, "--confirmed")
    a_change(run)
    run.succeeds("deliver", "--to", f"file:{tmp_path / 'elsewhere'}")
    assert len(list((tmp_path / "elsewhere").glob("*.eml"))) == 1


def test_a_digest_waits_for_its_hour(run: CommandLine) -> None:
    run.succeeds("subscribe", ADA, "--confirmed", "--every", "daily")
    a_change(run)
    assert "0 mails" in run.succeeds("deliver", "--now", "2026-01-01T01:00:00Z").out
    assert "1 mail" in run.succeeds("deliver", "--now", "2026-01-03").out


def test_who_leaves_is_mailed_no_more(run: CommandLine) -> None:
    run.succeeds("subscribe", ADA, "--confirmed")
    run.succeeds("subscribe", ADA, "--confirmed", "--kind", "retention")
    a_change(run)
    assert run.succeeds("unsubscribe", ADA.upper()).out == f"2 subscriptions of {ADA.upper()} ended\n"
    assert [mail["Subject"] for mail in mails(run)] == ["You are unsubscribed"] * 2
    assert "0 mails" in run.succeeds("deliver").out
    assert run("unsubscribe", ADA).code == 1
    assert run("unsubscribe", "nobody@example.com").failure.startswith("nobody@example.com: has no subscription")


def test_a_rule_is_kept_as_it_was_given(run: CommandLine) -> None:
    words = (
        *("--vendor", "Kites", "--vendor", "Gullwing", "--document", "Terms", "--company", "Meta", "--keyword", "ads"),
        *("--language", "en", "--direction", "added", "--effect", "expands", "--min-severity", "medium"),
        *("--severity-of", "children=critical", "--severity-of", "data=low"),
        *("--every", "weekly", "--zone", "Europe/Berlin", "--hour", 0, "--quiet"),
    )
    run.begin()
    done = run.succeeds("subscribe", ADA, "--confirmed", *words)
    assert [line.partition(":")[0] for line in done.err.splitlines()] == ["gullwing", "kites"]
    (row,) = run.succeeds("subscriptions", "--json").rows
    assert row["rule"] == {
        "vendors": ["kites", "gullwing"], "documents": ["Terms"], "companies": ["Meta"], "keywords": ["ads"],
        "languages": ["en"], "directions": ["added"], "effects": ["expands"], "min_severity": "medium",
        "severities": {"data": "low", "children": "critical"},
    }  # fmt: skip
    assert (row["every"], row["zone"], row["hour"], row["quiet"]) == ("weekly", "Europe/Berlin", 0, True)
    assert "once a week, on Monday at 0:00 (Europe/Berlin)" in run.succeeds("subscriptions").out


def test_all_changes_go_to_a_webhook(run: CommandLine) -> None:
    hook = "http://127.0.0.1:9/hook"
    run.succeeds("subscribe", ADA, "--confirmed", "--all-changes", "--webhook", hook, allow_hosts="127.0.0.1:9")
    (row,) = run.succeeds("subscriptions", "--json").rows
    assert (row["rule"], row["webhook"]) == ({"everything": True}, hook)
    assert run("subscribe", ADA, "--webhook", hook).failure.startswith(f"'{hook}' is no webhook")


@pytest.mark.parametrize(
    "words",
    [
        ("not-an-address",),
        (ADA, "--every", "hourly"),
        (ADA, "--kind", "gossip"),
        (ADA, "--min-severity", "dire"),
        (ADA, "--direction", "up"),
        (ADA, "--effect", "bad"),
        (ADA, "--severity-of", "data"),
        (ADA, "--hour", "24"),
        (ADA, "--zone", "Mars"),
        (ADA, "--all-changes", "--kind", "data"),
        (ADA, "--webhook", "https://10.0.0.1"),
    ],
)
def test_a_subscription_that_cannot_be_is_wrong_use(run: CommandLine, words: tuple[str, ...]) -> None:
    run.begin()
    done = run("subscribe", *words)
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert run.succeeds("subscriptions", "--json").rows == []


def test_a_preview_says_what_a_rule_would_have_sent(kites: CommandLine) -> None:
    rows = kites.succeeds("preview", "--since", "2025", "--json").rows
    assert [row["after"]["at"][:10] for row in rows] == ["2025-01-11", "2025-01-21"]
    assert len(kites.succeeds("preview", "--since", "2025", "--kind", "retention", "--json").rows) == 1
    assert kites.succeeds("preview", "--since", "2025", "--vendor", "gullwing").err.startswith(
        "0 notices since 2025-01-01"
    )
    assert "2025-01-21" in kites.succeeds("preview", "--since", "2025").out


def test_delivering_tells_the_operator_of_what_is_not_seen_once(run: CommandLine) -> None:
    with archive_of(run.home) as archive:
        vendor = World(archive).vendor()
        with archive.write() as connection:
            for number in (0, 1):
                record_failure(connection, vendor.document, at=day(number), kind="dns", status=None, reason="no host")
    done = run.succeeds("deliver", operator="op@harbor.example")
    assert done.err == "op@harbor.example: told of 1 document not seen; clausewatch doctor lists all\n"
    assert run.succeeds("deliver", operator="op@harbor.example").err == ""
    (mail,) = mails(run)
    assert mail["Subject"] == "harbor-kites/privacy-policy is not seen: dns"


def test_a_delivery_to_too_many_waits_for_an_answer(run: CommandLine) -> None:
    for number in range(30):
        run.succeeds("subscribe", f"reader{number}@example.com", "--confirmed")
    a_change(run)
    held = run("deliver", operator="op@harbor.example", flood_least="5")
    assert held.code == 1
    assert "30 of 30 subscribers would be mailed at once, so nothing is sent" in held.err
    assert [mail["To"] for mail in mails(run)] == ["op@harbor.example"]
    assert run("deliver", "--anyway", "--refuse").code == 2
    assert run.succeeds("deliver", "--anyway", flood_least="5").out.startswith("30 mails with 30 notices sent")


def test_what_was_held_back_can_be_dropped(run: CommandLine) -> None:
    for number in range(8):
        run.succeeds("subscribe", f"reader{number}@example.com", "--confirmed")
    a_change(run)
    assert run("deliver", flood_least="5").code == 1
    done = run.succeeds("deliver", "--refuse", flood_least="5")
    assert "8 notices held back and now dropped" in done.err
    assert done.out.startswith("0 mails")
