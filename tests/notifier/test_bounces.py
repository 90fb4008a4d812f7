import random
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from archive.subscriptions import get_subscription
from clausewatch.model import Subscription, SubscriptionState
from notifier.bounces import LARGEST_REPORT, read_bounce
from notifier.compose import compose_confirmation, compose_notice
from notifier.entries import Entry
from notifier.mailer import open_mailer
from notifier.outbox import deliver
from notifier.returns import Verdict, take_in
from notifier.tokens import Purpose, link_to, links_for, secret_of
from tests.notifier.reports import HARD, complaint, exim, exim_of_old, postfix, with_status
from tests.notifier.scenario import NOW, Scenario, comparison, document, finding, opened, subscription
from tests.notifier.servers import smtp_server
from tests.notifier.test_mailer import SENDER, a_mail

SECRET = b"x"


def a_notice(email: str = "ada@example.com") -> tuple[Subscription, EmailMessage]:
    asked = subscription(email=email)
    links = links_for(SECRET, asked.id, public_url="https://watch.example", now=NOW)
    entries = [Entry("n", comparison(finding()), document())]
    return asked, compose_notice(asked, entries, links=links, sender=SENDER, now=NOW)


@pytest.mark.parametrize("name", HARD)
def test_a_hard_bounce_is_read_whoever_wrote_it(name: str) -> None:
    asked, mail = a_notice()
    (found,) = read_bounce(HARD[name](mail), secret=SECRET)
    assert found.verdict is Verdict.STOP
    assert found.reason.startswith("bounced: ")
    assert found.subscription == asked.id
    assert found.email is None


@pytest.mark.parametrize("name", set(HARD) - {"postfix_with_headers_alone"})
def test_the_mail_is_known_by_its_message_id(name: str) -> None:
    _, mail = a_notice()
    (found,) = read_bounce(HARD[name](mail), secret=SECRET)
    assert f"<{found.mail}@watch.example>" == mail["Message-ID"]


def test_the_id_of_the_envelope_comes_first() -> None:
    _, mail = a_notice()
    (found,) = read_bounce(HARD["postfix_with_headers_alone"](mail), secret=SECRET)
    assert found.mail == "feedfacefeedface"


@pytest.mark.parametrize(
    ("action", "status", "diagnosis", "verdict"),
    [
        ("failed", "5.1.1", "smtp; 550 unknown", Verdict.STOP),
        ("failed", "5.0.0", "smtp; 550 5.1.1 unknown", Verdict.STOP),
        ("failed", "5.0.0", "smtp; 550 unknown", Verdict.STOP),
        ("failed", "", "smtp; 550 unknown", Verdict.STOP),
        ("failed", "5.0.0", "smtp; 550 relay not permitted", Verdict.SOFT),
        ("failed", "5.0.0", "smtp; 554 your host is listed", Verdict.SOFT),
        ("failed", "5.1.8", "smtp; 553 5.1.8 sender's domain unknown", Verdict.SOFT),
        ("failed", "5.2.1", "smtp; 550 mailbox disabled", Verdict.STOP),
        ("failed", "5.4.1", "smtp; 550 5.4.1 access denied", Verdict.STOP),
        ("failed", "5.4.4", "unable to look up host", Verdict.STOP),
        ("failed", "5.2.2", "smtp; 552 5.2.2 over quota", Verdict.SOFT),
        ("failed", "5.0.0", "smtp; 552 5.2.2 over quota", Verdict.SOFT),
        ("failed", "5.3.4", "smtp; 552 too large", Verdict.SOFT),
        ("failed", "5.4.7", "delivery time expired", Verdict.SOFT),
        ("failed", "5.7.1", "smtp; 550 5.7.1 blocked by policy", Verdict.SOFT),
        ("failed", "5.6.1", "smtp; 554 no such media", Verdict.SOFT),
        ("failed", "4.4.7", "smtp; 451 expired", Verdict.SOFT),
        ("failed", "4.2.2", "smtp; 452 full", Verdict.SOFT),
        ("failed", "", "no words at all", Verdict.SOFT),
        ("failed", "", "x-unix; host 127.0.550.1", Verdict.SOFT),
        ("delayed", "4.4.1", "smtp; 450 later", Verdict.NOTHING),
        ("delivered", "2.1.5", "", Verdict.NOTHING),
        ("relayed", "2.0.0", "", Verdict.NOTHING),
    ],
)
def test_the_status_says_what_becomes_of_the_address(
    action: str, status: str, diagnosis: str, verdict: Verdict
) -> None:
    _, mail = a_notice()
    (found,) = read_bounce(with_status(mail, action, status, diagnosis), secret=SECRET)
    assert found.verdict is verdict


@pytest.mark.parametrize(("kind", "count"), [("abuse", 1), ("fraud", 1), ("not-spam", 0), ("virus", 0)])
def test_a_complaint_ends_it(kind: str, count: int) -> None:
    asked, mail = a_notice()
    found = read_bounce(complaint(mail, kind), secret=SECRET)
    assert [(each.verdict, each.subscription) for each in found] == [(Verdict.STOP, asked.id)] * count


def test_a_report_that_holds_no_signed_link_of_ours_is_believed_only_where_the_operator_says_so() -> None:
    _, forged = a_notice()
    for secret, mail in ((b"another", forged), (SECRET, a_mail())):
        (found,) = read_bounce(exim(mail), secret=secret)
        assert (found.subscription, found.mail, found.email) == (None, None, None)
    del forged["Message-ID"]
    (found,) = read_bounce(exim(forged), secret=b"another", is_trusted=True)
    assert found.email == "ada@example.com"


def test_a_confirmation_that_comes_back_whole_is_known_by_its_link_even_after_that_has_expired() -> None:
    asked = subscription()
    link = link_to(SECRET, Purpose.CONFIRM, subscription=asked.id, public_url="https://watch.example", now=NOW)
    mail = compose_confirmation(asked, link=link, until_at=NOW, sender=SENDER, now=NOW)
    (found,) = read_bounce(postfix(mail), secret=SECRET)
    assert (found.verdict, found.subscription) == (Verdict.STOP, asked.id)


def test_a_link_that_is_only_nearly_ours_is_none() -> None:
    asked, mail = a_notice()
    raw = postfix(mail).decode()
    for wrong in (raw.replace("/unsubscribe/", "/manage/x/"), raw.replace(asked.id, "0" * 16)):
        read = read_bounce(wrong.encode(), secret=SECRET)
        assert {each.subscription for each in read} <= {asked.id, None}
    (found,) = read_bounce(raw.replace(asked.id, "0" * 16).encode(), secret=SECRET)
    assert found.subscription is None


def test_the_same_report_is_the_same_return_and_another_is_another() -> None:
    _, mail = a_notice()
    one, same = (read_bounce(postfix(mail), secret=SECRET) for _ in range(2))
    assert one == same
    other = read_bounce(postfix(mail).replace(b"4XyZ", b"5XyZ"), secret=SECRET)
    assert other[0].id != one[0].id


def test_ordinary_mail_is_no_report() -> None:
    _, mail = a_notice()
    letters = [
        bytes(mail),
        b"Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday. 550 5.1.1\r\n",
        b"Subject: Re: changes\r\n\r\nPlease unsubscribe me.\r\n",
        b"",
        b"\xff\xfe\x00",
        b"From x\n\n",
    ]
    assert [read_bounce(each, secret=SECRET) for each in letters] == [[]] * len(letters)


def test_no_mail_however_odd_stops_the_reading() -> None:
    """Reports with bytes exchanged, cut and doubled: read as something or nothing, and never trusted more."""
    chance = random.Random(7)
    asked, mail = a_notice()
    for name, report in HARD.items():
        raw = report(mail)
        for _ in range(40):
            at, length = chance.randrange(len(raw)), chance.randrange(1, 60)
            noise = bytes(chance.randrange(256) for _ in range(chance.randrange(20)))
            for found in read_bounce(raw[:at] + noise + raw[at + length :], secret=SECRET):
                assert found.subscription in (asked.id, None), name


def test_parts_in_parts_and_endless_mails_are_read_in_bounds() -> None:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (number, number) for number in range(3000)
    )
    assert read_bounce(nested, secret=SECRET) == []
    _, mail = a_notice()
    endless = exim_of_old(mail) + b"x" * (LARGEST_REPORT * 2)
    (found,) = read_bounce(endless, secret=SECRET)
    assert found.verdict is Verdict.STOP
    for header in (b"Content-Type: multipart/report", b"X-Failed-Recipients: ada@example.com"):
        long = (
            header + b"; a=b" * 200_000 + b"\r\n\r\n550 5.1.1 unknown"
        )  # takes Python minutes, where it is read whole
        folded = header + b";\r\n a=b" * 200_000 + b"\r\n\r\n550 5.1.1 unknown"
        assert len(read_bounce(long, secret=SECRET)) == len(read_bounce(folded, secret=SECRET)) <= 1
    many = "".join(f"Final-Recipient: rfc822; a{number}@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
                   for number in range(500))  # fmt: skip
    crowded = with_status(mail, "failed", "5.1.1", "x").replace(b"Final-Recipient", many.encode() + b"Final-Recipient")
    assert len(read_bounce(crowded, secret=SECRET)) == 20


# --- from a mail that was sent to its end ---------------------------------------------------------------------


def sent_mail(scenario: Scenario) -> bytes:
    """What a real SMTP server got of the outbox."""
    with smtp_server() as postbox:
        settings = replace(scenario.settings, mail=postbox.url)
        with open_mailer(settings) as mailer:
            deliver(scenario.archive, mailer, settings=settings, now=NOW + timedelta(minutes=1), sender="test")
        (mail,) = postbox.mails
    return mail


@pytest.mark.parametrize("name", HARD)
def test_a_mail_that_comes_back_ends_the_subscription_it_went_to(name: str, tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked, other = scenario.subscribes(), scenario.subscribes("bob@example.com", every="weekly")
        scenario.changes()
        mail = message_from_bytes(sent_mail(scenario), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        secret = secret_of(scenario.settings)
        returns = read_bounce(HARD[name](mail), secret=secret)
        with scenario.archive.write() as connection:
            assert take_in(connection, returns, secret=secret, now=NOW).stopped == 1
            assert get_subscription(connection, asked.id).state is SubscriptionState.ENDED
            assert get_subscription(connection, other.id).state is SubscriptionState.CONFIRMED
