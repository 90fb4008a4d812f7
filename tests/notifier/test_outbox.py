import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from itertools import chain
from pathlib import Path

import pytest
from sqlalchemy import update

from archive import open_archive
from archive.notices import claim, list_notices
from archive.subscriptions import (
    confirm_subscription,
    end_subscription,
)
from archive.tables import pages
from clausewatch.errors import DeliveryError, SettingsError
from clausewatch.model import Kind, NoticeState, Rule
from clausewatch.settings import Settings
from notifier.mailer import FileMailer, TransportDown, open_mailer
from notifier.outbox import (
    LEASE_SECONDS,
    Delivered,
    DeliveryReport,
    deliver,
    request_confirmation,
    say_goodbye,
)
from notifier.retries import REFUSED, pause_seconds
from notifier.tokens import Purpose, read_token
from tests.notifier.delivering import Crash, CrashingAfter, Refusing, delivered, mails, notices
from tests.notifier.scenario import DAY, NOW, Scenario, finding, opened
from tests.notifier.servers import smtp_server
from tests.support.postgres import environ_of

LATER = timedelta(seconds=LEASE_SECONDS + 1)


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    with opened(tmp_path / "home") as scenario:
        yield scenario


def test_a_change_reaches_those_who_asked_for_it_once(scenario: Scenario) -> None:
    scenario.subscribes("ada@example.com")
    scenario.subscribes("bob@example.com", rule=Rule(kinds=(Kind.CHILDREN,)))
    scenario.subscribes("eve@example.com", is_confirmed=False)
    scenario.changes()
    report = delivered(scenario)
    assert (report.mails, report.sent, report.problems) == (1, 1, [])
    (mail,) = mails(scenario)
    assert mail["To"] == "ada@example.com"
    assert mail["Subject"] == "[high] Skyforge Drones changed its Privacy Policy"
    assert delivered(scenario, now=NOW + 30 * DAY) == DeliveryReport()
    assert len(mails(scenario)) == 1


def test_several_changes_are_one_mail_for_each_subscriber(scenario: Scenario) -> None:
    scenario.subscribes("ada@example.com")
    scenario.subscribes("bob@example.com")
    for vendor in ("Skyforge Drones", "Pacekeeper", "Zebra Web Shop"):
        scenario.changes(vendor)
    seen: list[Delivered] = []
    with open_mailer(scenario.settings) as mailer:
        report = deliver(
            scenario.archive, mailer, settings=scenario.settings, now=NOW, sender="s1", on_sent=seen.append
        )
    assert (report.mails, report.sent) == (2, 6)
    assert sorted(each.email for each in seen) == ["ada@example.com", "bob@example.com"]
    assert {each.subject for each in seen} == {"3 policy changes: Pacekeeper, Skyforge Drones, Zebra Web Shop"}
    assert all(len(each.notices) == 3 for each in seen)
    assert {each.message_id for each in seen} == {mail["Message-ID"] for mail in mails(scenario)}


def test_a_delivery_that_is_told_to_stop_ends_after_the_mail_at_hand(scenario: Scenario) -> None:
    scenario.subscribes("ada@example.com")
    scenario.subscribes("bob@example.com")
    scenario.changes()
    stop = threading.Event()
    with open_mailer(scenario.settings) as mailer:
        report = deliver(
            scenario.archive, mailer, settings=scenario.settings, now=NOW, sender="s1", stop=stop,
            on_sent=lambda sent: stop.set(),
        )  # fmt: skip
    assert (report.mails, report.sent, report.problems) == (1, 1, [])
    assert sorted(notice.state for notice in notices(scenario)) == [NoticeState.DUE, NoticeState.SENT]
    assert delivered(scenario).mails == 1


def test_a_digest_waits_for_its_hour(scenario: Scenario) -> None:
    scenario.subscribes(every="daily")
    scenario.changes("Skyforge Drones")
    scenario.changes("Pacekeeper")
    assert delivered(scenario) == DeliveryReport()
    report = delivered(scenario, now=NOW + DAY)
    assert (report.mails, report.sent) == (1, 2)


def test_the_same_archive_gives_the_same_mail_byte_for_byte(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        with opened(tmp_path / name) as scenario:
            scenario.subscribes()
            scenario.changes()
            delivered(scenario)
            written.append([(path.name, path.read_bytes()) for path in (tmp_path / name / "mail").iterdir()])
    assert written[0] == written[1]


def test_who_left_meanwhile_is_not_mailed(scenario: Scenario) -> None:
    leaving = scenario.subscribes()
    scenario.changes()
    with scenario.archive.write() as connection:
        claim(connection, [notices(scenario)[0].id], sender="dead", now=NOW, lease_seconds=1)
        end_subscription(connection, leaving.id, now=NOW)
    report = delivered(scenario, now=NOW + LATER)
    assert (report.dropped, report.mails) == (1, 0)
    assert [notice.state for notice in notices(scenario)] == [NoticeState.DROPPED]
    assert mails(scenario) == []


def test_what_may_work_later_is_put_off_longer_each_time_and_given_up_at_last(scenario: Scenario) -> None:
    scenario.subscribes()
    scenario.changes()
    mailer, now, waits = Refusing(DeliveryError("450 mailbox busy", retryable=True)), NOW, []
    while delivered(scenario, now=now, mailer=mailer).put_off:
        (notice,) = notices(scenario)
        assert (notice.state, notice.error) == (NoticeState.DUE, "450 mailbox busy")
        waits.append((notice.due_at - now).total_seconds())
        assert delivered(scenario, now=notice.due_at - timedelta(seconds=1), mailer=mailer) == DeliveryReport()
        now = notice.due_at
    mail = notice.mail or ""
    assert waits == [pause_seconds(REFUSED, mail=mail, attempts=attempt) for attempt in range(1, len(waits) + 1)]
    assert waits[:5] == sorted(waits[:5])
    assert 240 <= waits[0] <= 300
    assert max(waits) <= REFUSED.longest_seconds
    (notice,) = notices(scenario)
    assert notice.state is NoticeState.FAILED
    assert notice.error == f"given up after {len(waits) + 1} attempts: 450 mailbox busy"
    assert timedelta(days=2) < now - NOW < timedelta(days=3)
    assert len({message["Message-ID"] for message in mailer.tried}) == 1


def test_what_can_never_work_is_given_up_at_once_and_the_others_go(scenario: Scenario) -> None:
    scenario.subscribes("ada@example.com")
    scenario.subscribes("bob@example.com")
    scenario.changes()
    with smtp_server() as postbox:
        postbox.on_recipient = lambda recipient: "550 gone" if recipient == "ada@example.com" else "250 OK"
        with open_mailer(Settings(mail=postbox.url)) as mailer:
            report = delivered(scenario, mailer=mailer)
    assert (report.given_up, report.sent) == (1, 1)
    assert postbox.recipients == [["bob@example.com"]]


def test_a_transport_that_is_down_stops_the_run_and_nothing_is_given_up_for_it(scenario: Scenario) -> None:
    scenario.subscribes("ada@example.com")
    scenario.subscribes("bob@example.com")
    scenario.changes()
    mailer, now = Refusing(TransportDown("no route", retry_after_seconds=3600)), NOW
    report = delivered(scenario, mailer=mailer)
    assert (report.stopped, report.put_off, len(mailer.tried)) == ("no route", 1, 1)
    assert max(notice.due_at for notice in notices(scenario)) == NOW + timedelta(hours=1)
    for _ in range(30):
        now += timedelta(hours=7)
        delivered(scenario, now=now, mailer=mailer)
    assert {notice.state for notice in notices(scenario)} == {NoticeState.DUE}
    assert {notice.attempts for notice in notices(scenario)} == {0}  # the mails were not to blame
    mailer.error = None
    assert delivered(scenario, now=now + DAY, mailer=mailer).sent == 2


def test_a_damaged_text_holds_up_its_own_notices_alone(scenario: Scenario) -> None:
    scenario.subscribes("ada@example.com")
    scenario.changes()
    with scenario.archive.write() as connection:
        connection.execute(update(pages).values(packed=b"gnawed by a mouse"))
    report = delivered(scenario)
    assert (report.sent, report.put_off, report.stopped) == (0, 1, None)
    assert "1 notice left waiting" in report.problems[0]
    assert {notice.state for notice in notices(scenario)} == {NoticeState.DUE}


def test_a_pause_that_the_transport_asks_for_is_kept(scenario: Scenario) -> None:
    scenario.subscribes()
    scenario.changes()
    delivered(scenario, mailer=Refusing(DeliveryError("429", retryable=True, retry_after_seconds=7200)))
    assert notices(scenario)[0].due_at == NOW + timedelta(hours=2)


def test_a_crash_between_sending_and_marking_leaves_one_file(scenario: Scenario) -> None:
    scenario.subscribes()
    scenario.changes("Skyforge Drones")
    scenario.changes("Pacekeeper")
    with pytest.raises(Crash):
        delivered(scenario, mailer=CrashingAfter(FileMailer(scenario.settings.home / "mail")))
    scenario.changes("Zebra Web Shop")  # comes due before the lease ends, and goes in a mail of its own
    assert delivered(scenario).sent == 1
    report = delivered(scenario, now=NOW + LATER)
    assert (report.mails, report.sent) == (1, 2)
    assert sorted(mail["Subject"] for mail in mails(scenario)) == [
        "2 policy changes: Pacekeeper, Skyforge Drones",
        "[high] Zebra Web Shop changed its Privacy Policy",
    ]


def test_what_came_since_a_crash_goes_in_another_mail_than_what_may_have_gone(scenario: Scenario) -> None:
    scenario.subscribes()
    scenario.changes("Skyforge Drones")
    with pytest.raises(Crash):
        delivered(scenario, mailer=CrashingAfter(FileMailer(scenario.settings.home / "mail")))
    scenario.changes("Pacekeeper")
    assert delivered(scenario, now=NOW + LATER).mails == 2
    assert len(mails(scenario)) == 2


def test_a_crash_with_smtp_repeats_the_mail_under_its_message_id(scenario: Scenario) -> None:
    scenario.subscribes()
    scenario.changes()
    with smtp_server() as postbox, open_mailer(Settings(mail=postbox.url)) as mailer:
        with pytest.raises(Crash):
            delivered(scenario, mailer=CrashingAfter(mailer))
        delivered(scenario, now=NOW + LATER, mailer=mailer)
    first, second = (message_from_bytes(mail) for mail in postbox.mails)
    assert first["Message-ID"] == second["Message-ID"]


def test_an_error_of_ours_in_one_mail_does_not_keep_the_others(
    scenario: Scenario, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario.subscribes('"a\r\nBcc: eve@example.com"@example.com')  # as an import might bring it
    scenario.subscribes("bob@example.com")
    scenario.changes()
    report = delivered(scenario)
    assert (report.sent, report.put_off) == (1, 1)
    assert "a mail could not be made" in caplog.text
    said = caplog.text + "".join(capsys.readouterr())
    assert not any(secret in said for secret in ("for tests", "/manage/", "/unsubscribe/"))
    assert [mail["To"] for mail in mails(scenario)] == ["bob@example.com"]


def test_what_is_said_of_a_refusal_names_no_address(scenario: Scenario) -> None:
    told = scenario.subscribes("ada@example.com")
    scenario.changes()
    refusal = DeliveryError("ada@example.com: refused with 550 <Ada@Example.com> unknown", retryable=True)
    name = f"subscription {told.id}"
    assert delivered(scenario, mailer=Refusing(refusal)).problems == [f"{name}: refused with 550 <{name}> unknown"]


def test_a_wrong_sender_is_told_before_anything_is_claimed(scenario: Scenario) -> None:
    scenario.subscribes()
    scenario.changes()
    with pytest.raises(SettingsError, match="CLAUSEWATCH_FROM"):
        deliver(
            scenario.archive, Refusing(None), settings=Settings(home=scenario.settings.home, sender="nobody"),
            now=NOW, sender="s1",
        )  # fmt: skip
    assert notices(scenario)[0].state is NoticeState.DUE


def test_a_lease_begins_when_it_is_taken_even_in_a_long_run(scenario: Scenario) -> None:
    scenario.subscribes("ada@example.com")
    scenario.subscribes("bob@example.com")
    scenario.changes()
    seconds, taken_by_another = 0.0, 0

    class TakingAnHour:
        def send(self, message: EmailMessage, *, key: str) -> str | None:
            nonlocal seconds, taken_by_another
            with scenario.archive.write() as connection:
                ids = [notice.id for notice in list_notices(connection, state=NoticeState.CLAIMED)]
                now = NOW + timedelta(seconds=seconds + 60)
                taken_by_another += len(claim(connection, ids, sender="s2", now=now, lease_seconds=1))
            seconds += 3600
            return None

    report = deliver(
        scenario.archive, TakingAnHour(), settings=scenario.settings, now=NOW, sender="s1", clock=lambda: seconds
    )
    assert (report.sent, taken_by_another) == (2, 0)


SUBSCRIBERS = 12


def test_two_senders_at_once_never_send_the_same_notice(scenario: Scenario) -> None:
    for number in range(SUBSCRIBERS):
        scenario.subscribes(f"reader{number}@example.com")
    scenario.changes("Skyforge Drones")
    scenario.changes("Pacekeeper")
    start, seen = threading.Barrier(3), [list[Delivered]() for _ in range(3)]

    def run(number: int) -> None:
        with open_archive(scenario.settings) as archive:
            start.wait()
            deliver(archive, Refusing(None), settings=scenario.settings, now=NOW, sender=f"s{number}",
                    on_sent=seen[number].append)  # fmt: skip

    threads = [threading.Thread(target=run, args=[number]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [notice for each in seen for mail in each for notice in mail.notices]
    assert len(sent) == len(set(sent)) == 2 * SUBSCRIBERS
    assert {notice.state for notice in notices(scenario)} == {NoticeState.SENT}


PROCESS = """
import json, sys
from datetime import datetime
from archive import open_archive
from clausewatch.settings import load
from notifier.mailer import open_mailer
from notifier.outbox import deliver
now, sender = sys.argv[1:]
settings = load()
sent = []
with open_archive(settings) as archive, open_mailer(settings) as mailer:
    sys.stdin.readline()
    deliver(archive, mailer, settings=settings, now=datetime.fromisoformat(now), sender=sender,
            on_sent=lambda each: sent.extend(each.notices))
print(json.dumps(sent))
"""


@pytest.mark.slow
def test_two_processes_at_once_never_send_the_same_notice(scenario: Scenario) -> None:
    for number in range(SUBSCRIBERS):
        scenario.subscribes(f"reader{number}@example.com")
    scenario.changes()
    with smtp_server() as postbox:
        environ = os.environ | environ_of(scenario.settings.home) | {
            "CLAUSEWATCH_MAIL": postbox.url, "CLAUSEWATCH_SECRET": "for tests",
            "CLAUSEWATCH_FROM": "Clausewatch <notices@watch.example>",
        }  # fmt: skip
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", PROCESS, NOW.isoformat(), f"p{number}"],
                env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
            )
            for number in range(2)
        ]  # fmt: skip
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(b"go\n")
            process.stdin.flush()
        sent = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    assert sorted(chain.from_iterable(sent)) == sorted(notice.id for notice in notices(scenario))
    assert len(postbox.mails) == SUBSCRIBERS


def test_a_confirmation_goes_to_who_is_pending_and_its_link_confirms(scenario: Scenario) -> None:
    pending = scenario.subscribes(is_confirmed=False)
    mailer = FileMailer(scenario.settings.home / "mail")
    assert request_confirmation(pending, mailer, settings=scenario.settings, now=NOW)
    (mail,) = mails(scenario)
    body = mail.get_body(("plain",))
    assert body is not None
    (link,) = [line for line in body.get_content().splitlines() if line.startswith("https://")]
    token = link.removeprefix("https://watch.example/confirm/")
    confirmed = read_token(b"for tests", token, purpose=Purpose.CONFIRM, now=NOW + DAY)
    with scenario.archive.write() as connection:
        assert confirm_subscription(connection, confirmed, now=NOW + DAY)
        assert not confirm_subscription(connection, confirmed, now=NOW + DAY)


def test_who_confirmed_already_is_not_asked_again(scenario: Scenario) -> None:
    mailer = Refusing(None)
    assert not request_confirmation(scenario.subscribes(), mailer, settings=scenario.settings, now=NOW)
    assert mailer.tried == []


def test_who_leaves_is_told_so(scenario: Scenario) -> None:
    mailer = Refusing(None)
    say_goodbye(scenario.subscribes(), mailer, settings=scenario.settings, now=NOW)
    assert mailer.tried[0]["Subject"] == "You are unsubscribed"


def test_a_comparison_that_is_queued_again_is_owed_once(scenario: Scenario) -> None:
    scenario.subscribes()
    scenario.changes("Skyforge Drones", finding())
    with scenario.archive.write() as connection:
        from archive.comparisons import list_comparisons
        from notifier.outbox import queue

        (told,) = list_comparisons(connection)
        assert queue(connection, told, document_type="Privacy Policy", now=NOW) == 0
    assert len(notices(scenario)) == 1
