"""Who listens, as one process knows it from change to change, against all of it read anew and rule by rule."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress as passing_over
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, delete, event, func, select, update

from archive import Archive, open_archive
from archive.subscribers import erase_subscriber, forget_unconfirmed
from archive.subscriptions import (
    add_subscription,
    change_subscription,
    confirm_subscription,
    end_subscription,
    list_subscriptions,
)
from archive.suppressions import suppress
from archive.tables import notices, subscriptions
from clausewatch.model import Comparison, Kind, Rule, Severity, Subscription, SubscriptionState
from clausewatch.settings import Settings
from notifier.audience import is_owed
from notifier.listeners import Listeners
from notifier.outbox import Queue
from notifier.rhythm import due_at
from tests.notifier.scenario import DAY, NOW, Scenario
from tests.support.scenario import settings_of

VENDORS = ("skyforge-drones", "pacekeeper", "zebra-web-shop")
RULES = (
    Rule(), Rule(vendors=VENDORS[:1]), Rule(vendors=VENDORS[1:]), Rule(vendors=("elsewhere",)),
    Rule(kinds=(Kind.RETENTION,)), Rule(kinds=(Kind.CHILDREN,)), Rule(min_severity=Severity.CRITICAL),
    Rule(keywords=("months",)), Rule(vendors=VENDORS[:2], documents=("privacy policy",), kinds=tuple(Kind)),
)  # fmt: skip
PEOPLE = tuple(f"reader{number}@example.com" for number in range(8))
SECRET = b"of the test"

Owed = tuple[str, datetime]


@pytest.fixture
def scenario(archive: Archive, tmp_path: Path) -> Scenario:
    return Scenario(archive, Settings(home=tmp_path))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with open_archive(settings_of(tmp_path)) as archive:
        yield archive


@pytest.fixture
def other(archive: Archive, tmp_path: Path) -> Iterator[Archive]:
    """The same archive, as another process has it."""
    with open_archive(settings_of(tmp_path)) as other:
        yield other


def filled(archive: Archive, queue: Queue, told: Comparison) -> tuple[list[Owed], list[Owed]]:
    """The notices that a change makes, and those that it should by a naive reading of what stands; of one moment."""
    with archive.write_beside(told.document or "") as connection:
        connection.execute(delete(notices).where(notices.c.comparison == told.id))
        queue.fill(connection, told, document_type="Privacy Policy", now=NOW)
        rows = connection.execute(
            select(notices.c.subscription, notices.c.due_at).where(notices.c.comparison == told.id)
        )
        return sorted((row.subscription, row.due_at) for row in rows), read_naively(connection, told)


def read_naively(connection: Connection, told: Comparison) -> list[Owed]:
    return sorted(
        (each.id, due_at(each.every, NOW, zone=each.zone, hour=each.hour))
        for each in list_subscriptions(connection, state=SubscriptionState.CONFIRMED)
        if is_owed(each.rule, told, document_type="Privacy Policy")
    )


def change_something(connection: Connection, chance: Random) -> None:
    """One person asks, confirms, changes, leaves, or is taken out; by a clock that is now ahead, now behind."""
    now = NOW + timedelta(hours=chance.randint(-50, 50))
    some = list_subscriptions(connection)
    one = chance.choice(some).id if some else ""
    who, rule, every = chance.choice(PEOPLE), chance.choice(RULES), chance.choice(("instant", "daily", "weekly"))
    match chance.choice(("ask", "come", "come", "confirm", "rule", "hour", "end", "erase", "forget", "suppress")):
        case "ask" | "come" as how:
            add_subscription(connection, who, rule, every=every, now=now, is_confirmed=how == "come")
        case "confirm" if one:
            confirm_subscription(connection, one, now=now)
        case "rule" if one:
            change_subscription(connection, one, now=now, rule=rule)
        case "hour" if one:
            change_subscription(connection, one, now=now, every=every, zone="Asia/Kolkata", hour=chance.randrange(24))
        case "end" if one:
            end_subscription(connection, one, now=now)
        case "erase":
            erase_subscriber(connection, who, secret=SECRET, now=now)
        case "forget":
            forget_unconfirmed(connection, before=now)
        case "suppress":
            suppress(connection, who, secret=SECRET, reason="bounced", now=now)


@pytest.mark.parametrize("seed", range(4))
def test_who_listens_is_known_as_it_is_read_anew_whatever_others_change(
    scenario: Scenario, other: Archive, seed: int
) -> None:
    chance, queue = Random(seed), Queue()
    told = [scenario.changes(vendor) for vendor in VENDORS]
    for _ in range(60):
        for _ in range(chance.randint(1, 4)):
            with chance.choice((scenario.archive, other)).write() as connection:
                change_something(connection, chance)
        found, wanted = filled(scenario.archive, queue, chance.choice(told))
        assert found == wanted


def test_who_listens_is_known_while_others_change_it(scenario: Scenario, other: Archive) -> None:
    queue, stop, wrong = Queue(), threading.Event(), list[object]()
    told = [scenario.changes(vendor) for vendor in VENDORS[:2]]

    def fill(each: Comparison) -> None:
        while not stop.is_set():
            found, wanted = filled(scenario.archive, queue, each)
            wrong.extend([(found, wanted)] if found != wanted else [])

    filling = [threading.Thread(target=fill, args=(each,)) for each in told]
    for thread in filling:
        thread.start()
    chance = Random(5)
    for _ in range(80):
        with other.write() as connection:
            change_something(connection, chance)
    stop.set()
    for thread in filling:
        thread.join()
    assert wrong == []


def test_one_that_came_by_a_slow_clock_after_another_was_erased_is_not_missed(scenario: Scenario) -> None:
    """Its change is dated before what is known, and as many are confirmed as one would think."""
    told, queue = scenario.changes(), Queue()
    with scenario.archive.write() as connection:
        add_subscription(connection, "ada@example.com", Rule(), every="instant", now=NOW + DAY, is_confirmed=True)
    assert len(filled(scenario.archive, queue, told)[0]) == 1
    with scenario.archive.write() as connection:
        erase_subscriber(connection, "ada@example.com", secret=SECRET, now=NOW)
        add_subscription(connection, "bob@example.com", Rule(), every="instant", now=NOW, is_confirmed=True)
        add_subscription(connection, "eve@example.com", Rule(), every="instant", now=NOW + 2 * DAY, is_confirmed=True)
    found, wanted = filled(scenario.archive, queue, told)
    assert (len(found), found) == (2, wanted)


def test_what_nothing_says_was_changed_is_noticed_by_the_count(scenario: Scenario) -> None:
    told, queue = scenario.changes(), Queue()
    for name in ("ada", "bob"):
        scenario.subscribes(f"{name}@example.com")
    assert len(filled(scenario.archive, queue, told)[0]) == 2
    with scenario.archive.write() as connection:  # as by hand
        connection.execute(update(subscriptions).where(subscriptions.c.email.like("bob%")).values(state="ended"))
    assert len(filled(scenario.archive, queue, told)[0]) == 1


def test_a_transaction_that_is_taken_back_leaves_nothing_behind(scenario: Scenario) -> None:
    told, queue = scenario.changes(), Queue()
    ada = scenario.subscribes()
    filled(scenario.archive, queue, told)
    with passing_over(ZeroDivisionError), scenario.archive.write() as connection:
        change_subscription(connection, ada.id, now=NOW, rule=Rule(vendors=("elsewhere",)))
        queue.fill(connection, told, document_type="Privacy Policy", now=NOW)
        raise ZeroDivisionError
    found, wanted = filled(scenario.archive, queue, told)
    assert (len(found), found) == (1, wanted)


def test_after_one_change_only_that_one_is_read(scenario: Scenario) -> None:
    told, queue = scenario.changes(), Queue()
    for number in range(20):
        scenario.subscribes(f"reader{number}@example.com", rule=RULES[number % len(RULES)])
    filled(scenario.archive, queue, told)
    scenario.subscribes("late@example.com")
    asked = list[str]()
    event.listen(scenario.archive.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with scenario.archive.write() as connection:
        queue.fill(connection, told, document_type="Privacy Policy", now=NOW)
        of_rules = [statement for statement in asked if "subscriptions.rule" in statement]
        listening = connection.execute(select(func.count()).where(subscriptions.c.state == "confirmed")).scalar_one()
    assert len(of_rules) == 1
    assert "changed_at >" in of_rules[0]
    assert listening == 21


def test_listeners_put_one_by_one_are_those_put_at_once(scenario: Scenario) -> None:
    chance, told = Random(9), scenario.changes()
    asked = [
        Subscription(id=f"s{number:03}", email="x", rule=chance.choice(RULES), every="instant", created_at=NOW,
                     state=chance.choice((SubscriptionState.CONFIRMED, SubscriptionState.ENDED)))
        for number in range(200)
    ]  # fmt: skip
    known = Listeners(asked)
    for _ in range(300):
        at = chance.randrange(len(asked))
        state = chance.choice((SubscriptionState.CONFIRMED, SubscriptionState.CONFIRMED, SubscriptionState.ENDED))
        asked[at] = replace(asked[at], rule=chance.choice(RULES), every=chance.choice(("daily", "weekly")), state=state)
        known.put(asked[at])
    anew = Listeners(asked)
    assert len(known) == len(anew)
    owed = [each.owed(told, document_type="Privacy Policy", now=NOW) for each in (known, anew)]
    assert owed[0] == owed[1] != []
