"""The outbox, and what comes back of it, on a real PostgreSQL: its drivers and transactions differ from SQLite's."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import open_archive
from archive.events import take_event
from archive.subscriptions import get_subscription
from clausewatch.model import NoticeState, SubscriptionState
from clausewatch.settings import Settings
from notifier.outbox import Delivered, deliver
from notifier.returns import Return, Verdict, take_in
from tests.notifier.delivering import Refusing, delivered, notices
from tests.notifier.scenario import NOW, Scenario
from tests.support.postgres import database_of

pytestmark = [
    pytest.mark.once,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR"),  # of the package that starts the server
]
SECRET = "for tests"


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    settings = Settings(
        home=tmp_path, secret=SECRET, public_url="https://watch.example", database_url=database_of(tmp_path),
        sender="Clausewatch <notices@watch.example>",
    )  # fmt: skip
    with open_archive(settings) as archive:
        yield Scenario(archive, settings)


def test_two_senders_at_once_send_each_notice_once(scenario: Scenario) -> None:
    for number in range(12):
        scenario.subscribes(f"reader{number}@example.com")
    scenario.changes("Skyforge Drones")
    start, seen = threading.Barrier(2), [list[Delivered]() for _ in range(2)]

    def run(number: int) -> None:
        start.wait()
        deliver(scenario.archive, Refusing(None), settings=scenario.settings, now=NOW, sender=f"s{number}",
                on_sent=seen[number].append)  # fmt: skip

    threads = [threading.Thread(target=run, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mail.email for each in seen for mail in each) == sorted(f"reader{n}@example.com" for n in range(12))
    assert {notice.state for notice in notices(scenario)} == {NoticeState.SENT}


def test_an_event_is_taken_once_and_a_complaint_ends_the_subscription(scenario: Scenario) -> None:
    told = scenario.subscribes("eve@example.com")
    scenario.changes("Pacekeeper")
    delivered(scenario)
    (mail,) = {notice.mail for notice in notices(scenario) if notice.subscription == told.id}
    complaint = Return("e1", Verdict.STOP, "marked as spam by its reader", mail=mail)
    for times_known in (0, 1):
        with scenario.archive.write() as connection:
            taken = take_in(connection, [complaint], secret=SECRET.encode(), now=NOW)
            assert (taken.stopped, taken.known) == (1 - times_known, times_known)
            assert get_subscription(connection, told.id).state is SubscriptionState.ENDED


def test_an_event_that_comes_to_two_processes_at_once_is_taken_by_one(scenario: Scenario) -> None:
    came, taken = threading.Barrier(2), list[bool]()

    def take() -> None:
        came.wait(timeout=30)  # before the transaction: one writes at a time
        with scenario.archive.write() as connection:
            taken.append(take_event(connection, "e2", now=NOW))

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False, True]
