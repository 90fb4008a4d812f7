"""What makes up a mail, when it waits, who gets it: deliveries that are cut short, refused, or held up."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from archive.subscriptions import add_subscription, change_subscription, end_subscription, list_subscriptions
from archive.suppressions import suppress, suppression_of
from archive.tables import documents, subscriptions
from archive.tables import notices as rows
from benchmarks.year_of_notices import simulate
from clausewatch.errors import DeliveryError
from clausewatch.model import Kind, NoticeState, Rule, SubscriptionState
from notifier.mailer import AddressRefused, FileMailer, Outcome, TransportDown
from notifier.outbox import LEASE_SECONDS, SIBLINGS_WAIT, DeliveryReport, Queue, deliver
from tests.notifier.delivering import Crash, CrashingAfter, Refusing, delivered, mails, notices
from tests.notifier.scenario import DAY, NOW, Scenario, opened

LATER = timedelta(seconds=LEASE_SECONDS + 1)


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    with opened(tmp_path / "home") as scenario:
        yield scenario


# --- what makes up a mail -------------------------------------------------------------------------------------


def test_two_crashes_in_one_lease_merge_nothing(scenario: Scenario) -> None:
    scenario.subscribes()
    dying = CrashingAfter(FileMailer(scenario.settings.home / "mail"))
    for number, vendor in enumerate(("Skyforge Drones", "Pacekeeper", "Zebra Web Shop")):
        scenario.changes(vendor)
        with pytest.raises(Crash):
            delivered(scenario, now=NOW + timedelta(seconds=number), mailer=dying)
    taking = Refusing(None)
    report = delivered(scenario, now=NOW + LATER + LATER, mailer=taking)
    assert (report.mails, report.sent, report.repeated) == (3, 3, 3)
    assert {mail["Message-ID"] for mail in taking.tried} == {mail["Message-ID"] for mail in mails(scenario)}


def test_a_retry_makes_the_very_same_mail(scenario: Scenario) -> None:
    scenario.subscribes(every="daily")
    scenario.changes("Skyforge Drones")
    scenario.changes("Pacekeeper")
    taking = Refusing(None)
    with pytest.raises(Crash):
        delivered(scenario, now=NOW + DAY, mailer=CrashingAfter(taking))
    assert delivered(scenario, now=NOW + DAY + LATER, mailer=taking).repeated == 1
    first, second = map(bytes, taking.tried)
    assert first == second


def test_what_failed_goes_again_without_what_came_since(scenario: Scenario) -> None:
    scenario.subscribes()
    scenario.changes("Skyforge Drones")
    delivered(scenario, mailer=Refusing(DeliveryError("450 busy", retryable=True)))
    scenario.changes("Pacekeeper", now=NOW + DAY)
    assert delivered(scenario, now=NOW + DAY).mails == 2


def test_what_a_stopped_run_did_not_come_to_is_due_as_it_was(scenario: Scenario) -> None:
    for number in range(5):
        scenario.subscribes(f"reader{number}@example.com")
    scenario.changes()
    down = Refusing(TransportDown("no route"))
    delivered(scenario, mailer=down)
    assert len(down.tried) == 1
    waiting = [notice for notice in notices(scenario) if notice.due_at == NOW]
    assert [(notice.state, notice.attempts) for notice in waiting] == [(NoticeState.DUE, 0)] * 4
    assert delivered(scenario).mails == 4


def test_an_instant_notice_waits_for_other_documents_of_its_vendor_that_were_fetched(scenario: Scenario) -> None:
    scenario.subscribes()
    scenario.subscribes("bob@example.com", every="daily")
    scenario.changes(type="Privacy Policy")
    settle(scenario, is_unsettled=False)
    scenario.changes(type="Terms of Service")
    settle(scenario, is_unsettled=True)
    assert delivered(scenario) == DeliveryReport()
    settle(scenario, is_unsettled=False)
    assert delivered(scenario, now=NOW + timedelta(minutes=1)).sent == 2
    (mail,) = mails(scenario)
    assert mail["To"] == "ada@example.com"


def test_it_does_not_wait_for_ever(scenario: Scenario) -> None:
    scenario.subscribes()
    scenario.changes(type="Privacy Policy")
    scenario.changes(type="Terms of Service")
    settle(scenario, is_unsettled=True)
    assert delivered(scenario, now=NOW + SIBLINGS_WAIT).sent == 2


def settle(scenario: Scenario, *, is_unsettled: bool) -> None:
    """The scenario's documents wait to be settled, or do not."""
    with scenario.archive.write() as connection:
        connection.execute(update(documents).values(is_unsettled=is_unsettled))


def test_nothing_is_sent_to_an_address_that_is_not_to_be_written_to(scenario: Scenario) -> None:
    scenario.subscribes("ada@example.com")
    scenario.subscribes("bob@example.com")
    scenario.changes()
    with scenario.archive.write() as connection:
        suppress(connection, "ADA@example.com", secret=b"for tests", reason="complained", now=NOW)
        connection.execute(update(subscriptions).values(state="confirmed"))  # as an import might bring it
        connection.execute(update(rows).values(state="due"))
    report = delivered(scenario)
    assert (report.mails, report.dropped) == (1, 1)
    assert [mail["To"] for mail in mails(scenario)] == ["bob@example.com"]


def test_an_address_that_the_transport_knows_to_be_gone_is_written_to_no_more(scenario: Scenario) -> None:
    scenario.subscribes("ada@example.com")
    scenario.subscribes("ada@example.com", rule=Rule(vendors=("pacekeeper",)))
    scenario.changes("Skyforge Drones")
    scenario.changes("Pacekeeper", now=NOW + DAY)
    gone = Refusing(AddressRefused("550 no such user", reason="no such user"))
    report = delivered(scenario, mailer=gone)
    assert (report.given_up, len(gone.tried)) == (1, 1)
    with scenario.archive.read() as connection:
        assert {each.state for each in list_subscriptions(connection)} == {SubscriptionState.ENDED}
        assert suppression_of(connection, "ada@example.com", secret=b"for tests")
    assert delivered(scenario, now=NOW + DAY) == DeliveryReport()


def test_a_subscription_with_a_webhook_gets_no_mail(scenario: Scenario) -> None:
    with scenario.archive.write() as connection:
        add_subscription(connection, "ada@example.com", Rule(), every="instant", now=NOW - DAY, is_confirmed=True,
                         webhook="https://192.0.2.1/hook")  # fmt: skip
    scenario.changes()
    report = delivered(scenario)
    assert (report.mails, report.given_up + report.put_off) == (0, 1)  # a reserved address: nobody is called
    assert mails(scenario) == []


# --- who listens ----------------------------------------------------------------------------------------------


def test_who_confirms_or_leaves_between_two_changes_counts_for_the_second(scenario: Scenario) -> None:
    queue = Queue()
    scenario.subscribes("ada@example.com")
    assert filled(scenario, queue, "Skyforge Drones") == 1
    bob = scenario.subscribes("bob@example.com")
    assert filled(scenario, queue, "Pacekeeper") == 2
    with scenario.archive.write() as connection:
        end_subscription(connection, bob.id, now=NOW)
    assert filled(scenario, queue, "Zebra Web Shop") == 1
    with scenario.archive.write() as connection:
        (ada,) = list_subscriptions(connection, state=SubscriptionState.CONFIRMED)
        change_subscription(connection, ada.id, rule=Rule(kinds=(Kind.CHILDREN,)), now=NOW + DAY)
    assert filled(scenario, queue, "Harbor Kites") == 0


def filled(scenario: Scenario, queue: Queue, vendor: str) -> int:
    """How many notices a change of that vendor's document makes."""
    told = scenario.changes(vendor)
    with scenario.archive.write() as connection:
        connection.execute(delete(rows).where(rows.c.comparison == told.id))
        return queue.fill(connection, told, document_type="Privacy Policy", now=NOW)


def test_another_rule_counts_though_it_was_chosen_by_a_clock_that_is_behind(scenario: Scenario) -> None:
    queue, asked = Queue(), scenario.subscribes(rule=Rule(vendors=("pacekeeper",)))
    scenario.subscribes("bob@example.com", rule=Rule(vendors=("pacekeeper",)))
    assert filled(scenario, queue, "Skyforge Drones") == 0
    with scenario.archive.write() as connection:
        change_subscription(connection, asked.id, now=NOW - 2 * DAY, rule=Rule())
    assert filled(scenario, queue, "Zebra Web Shop") == 1


@pytest.mark.slow
def test_through_crashes_at_every_step_each_finding_is_in_one_mail() -> None:
    found = simulate(days=9, changes=3)
    assert found["crashes"] > 50
    assert found["handed_over_again"] > 10
    assert [found[name] for name in ("told_twice", "lost", "and_altered", "digests_in_two_mails")] == [0, 0, 0, 0]
    assert found["told"] + found["not_told_yet"] == found["owed"]


# --- transports that take many at once ------------------------------------------------------------------------


@dataclass
class Posting:
    """Takes mails by the batch, but for those to whom it says what."""

    errors: dict[str, DeliveryError] = field(default_factory=dict)
    batches: list[list[str]] = field(default_factory=list)
    at_once: int = 100
    on_batch: Callable[[], object] = object

    def send(self, message: EmailMessage, *, key: str) -> str | None:
        ((outcome,),) = self.send_many([(message, key)])
        if outcome.error:
            raise outcome.error
        return outcome.message_id

    def send_many(self, mails: Sequence[tuple[EmailMessage, str]]) -> Iterator[list[Outcome]]:
        for batch in (mails[at : at + self.at_once] for at in range(0, len(mails), self.at_once)):
            recipients = [str(message["To"]) for message, _ in batch]
            self.batches.append(recipients)
            self.on_batch()
            yield [
                Outcome(key, f"taken-{key}", self.errors.get(to))
                for to, (_, key) in zip(recipients, batch, strict=True)
            ]


def test_a_transport_that_takes_many_gets_them_at_once_and_each_is_marked_by_what_came_of_it(
    scenario: Scenario,
) -> None:
    for name in ("ada", "bob", "eve", "zoe"):
        scenario.subscribes(f"{name}@example.com")
    scenario.changes()
    posting = Posting({
        "bob@example.com": DeliveryError("450 busy", retryable=True),
        "eve@example.com": DeliveryError("413 too large", retryable=False),
    })  # fmt: skip
    report = delivered(scenario, mailer=posting)
    assert (report.mails, report.put_off, report.given_up, report.stopped) == (2, 1, 1, None)
    assert [sorted(batch) for batch in posting.batches] == [[f"{n}@example.com" for n in ("ada", "bob", "eve", "zoe")]]
    assert sorted(notice.state for notice in notices(scenario)) == ["due", "failed", "sent", "sent"]


def test_a_batch_that_meets_a_closed_door_is_due_as_a_whole(scenario: Scenario) -> None:
    for name in ("ada", "bob"):
        scenario.subscribes(f"{name}@example.com")
    scenario.changes()
    down = TransportDown("429", retry_after_seconds=3600)
    report = delivered(scenario, mailer=Posting({"ada@example.com": down, "bob@example.com": down}))
    assert (report.stopped, report.put_off) == ("429", 2)
    assert [(notice.state, notice.attempts) for notice in notices(scenario)] == [(NoticeState.DUE, 0)] * 2
    assert delivered(scenario, now=NOW + DAY, mailer=Posting()).mails == 2


def test_a_batch_that_takes_longer_than_its_lease_sends_nothing_that_another_run_may_claim(scenario: Scenario) -> None:
    for number in range(8):
        scenario.subscribes(f"reader{number}@example.com")
    scenario.changes()
    seconds, by_another = 0.0, Posting()

    def takes_long() -> None:
        nonlocal seconds
        seconds += LEASE_SECONDS * 0.6
        delivered(scenario, now=NOW + timedelta(seconds=seconds), mailer=by_another)

    slow = Posting(at_once=2, on_batch=takes_long)
    report = deliver(scenario.archive, slow, settings=scenario.settings, now=NOW, sender="slow", clock=lambda: seconds)
    sent = [email for batch in (*slow.batches, *by_another.batches) for email in batch]
    assert sorted(sent) == [f"reader{number}@example.com" for number in range(8)]
    assert report.repeated == 0


def test_a_crash_in_a_batch_repeats_the_request_at_hand_alone(scenario: Scenario) -> None:
    for number in range(6):
        scenario.subscribes(f"reader{number}@example.com")
    scenario.changes()
    dying = Posting(at_once=2)

    def dies_at_the_second() -> None:
        if len(dying.batches) == 2:
            raise Crash

    dying.on_batch = dies_at_the_second
    with pytest.raises(Crash):
        delivered(scenario, mailer=dying)
    after = Posting()
    assert delivered(scenario, now=NOW + LATER, mailer=after).mails == 4
    assert set(dying.batches[0]).isdisjoint(after.batches[0])


class StopAfterOne(threading.Event):
    """Is set from the second look on."""

    looks = 0

    def is_set(self) -> bool:
        self.looks += 1
        return self.looks > 1


def test_a_stop_among_calls_leaves_no_mail_claimed(scenario: Scenario) -> None:
    for number in range(3):
        scenario.subscribes(f"reader{number}@example.com")
        called = scenario.subscribes(f"program{number}@example.com")
        with scenario.archive.write() as connection:
            change_subscription(connection, called.id, now=NOW, webhook="https://127.0.0.1/is-not-public")
    scenario.changes()
    report = deliver(scenario.archive, Posting(), settings=scenario.settings, now=NOW, sender="s1", stop=StopAfterOne())
    assert (report.mails, report.given_up) == (0, 1)
    assert [(each.state, each.attempts) for each in notices(scenario)].count((NoticeState.DUE, 0)) == 5
