from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from archive.subscriptions import get_subscription
from archive.suppressions import suppression_of
from archive.tables import notices
from clausewatch.model import NoticeState, Rule, Subscription, SubscriptionState
from notifier.returns import MOST_SOFT_BOUNCES, Return, Taken, Verdict, take_in
from notifier.tokens import secret_of
from tests.notifier.scenario import NOW, Scenario, opened

MAILS = [f"{number:016x}" for number in range(20)]


def returns(scenario: Scenario, *made: Return) -> Taken:
    with scenario.archive.write() as connection:
        return take_in(connection, made, secret=secret_of(scenario.settings), now=NOW)


def told(scenario: Scenario, subscription: Subscription, mail: str) -> None:
    """A comparison was told to the subscription in that mail."""
    number = MAILS.index(mail)
    scenario.changes(f"Vendor {number}")
    with scenario.archive.write() as connection:
        connection.execute(
            update(notices)
            .where(notices.c.subscription == subscription.id, notices.c.mail.is_(None))
            .values(mail=mail, state=NoticeState.SENT.value, sent_at=NOW + number * timedelta(hours=1))
        )


def state(scenario: Scenario, subscription: Subscription) -> SubscriptionState:
    with scenario.archive.read() as connection:
        return get_subscription(connection, subscription.id).state


def bounces(scenario: Scenario, subscription: Subscription) -> int:
    with scenario.archive.read() as connection:
        return get_subscription(connection, subscription.id).bounces


def is_suppressed(scenario: Scenario, email: str) -> str | None:
    with scenario.archive.read() as connection:
        found = suppression_of(connection, email, secret=secret_of(scenario.settings))
    return found.reason if found else None


def soft(mail: str, *, name: str = "") -> Return:
    return Return(id=f"{name}{mail}", verdict=Verdict.SOFT, reason="450 full", mail=mail)


def arrived(mail: str) -> Return:
    return Return(id=f"arrived {mail}", verdict=Verdict.ARRIVED, reason="", mail=mail)


def test_a_hard_bounce_ends_all_that_the_address_asked_for(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        one, two = scenario.subscribes(), scenario.subscribes(rule=Rule(vendors=("a",)), every="daily")
        other = scenario.subscribes("bob@example.com")
        told(scenario, one, MAILS[0])
        taken = returns(scenario, Return("b", Verdict.STOP, "bounced: 550", mail=MAILS[0]))
        assert taken == Taken(stopped=1)
        assert [state(scenario, each) for each in (one, two)] == [SubscriptionState.ENDED] * 2
        assert state(scenario, other) is SubscriptionState.CONFIRMED
        assert is_suppressed(scenario, "ada@example.com") == "bounced: 550"


def test_an_address_that_never_confirmed_is_stopped_by_its_name(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked = scenario.subscribes(is_confirmed=False)
        returns(scenario, Return("b", Verdict.STOP, "bounced", email="ADA@example.com"))
        assert state(scenario, asked) is SubscriptionState.ENDED
        assert is_suppressed(scenario, "ada@example.com")


def test_a_link_of_one_subscription_bounces_no_mail_of_another(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        ada, eve = scenario.subscribes(), scenario.subscribes("eve@example.com", rule=Rule(vendors=("nobody",)))
        for mail in MAILS[:MOST_SOFT_BOUNCES]:
            told(scenario, ada, mail)
        forged = [Return(f"f{mail}", Verdict.SOFT, "450", mail=mail, subscription=eve.id) for mail in MAILS[:4]]
        returns(scenario, *forged, soft(MAILS[4]))
        assert bounces(scenario, ada) == 1
        assert [state(scenario, each) for each in (ada, eve)] == [SubscriptionState.CONFIRMED] * 2


def test_what_comes_again_changes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked = scenario.subscribes()
        told(scenario, asked, MAILS[0])
        assert returns(scenario, soft(MAILS[0])) == Taken(soft=1)
        assert returns(scenario, *[soft(MAILS[0])] * 10) == Taken(known=10)
        assert state(scenario, asked) is SubscriptionState.CONFIRMED


def test_some_mails_in_a_row_that_did_not_arrive_stop_it(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked = scenario.subscribes()
        for mail in MAILS[:MOST_SOFT_BOUNCES]:
            told(scenario, asked, mail)
        before = returns(scenario, *map(soft, MAILS[: MOST_SOFT_BOUNCES - 1]))
        assert before == Taken(soft=MOST_SOFT_BOUNCES - 1)
        assert state(scenario, asked) is SubscriptionState.CONFIRMED
        assert returns(scenario, soft(MAILS[MOST_SOFT_BOUNCES - 1])).stopped == 1
        assert state(scenario, asked) is SubscriptionState.ENDED
        assert is_suppressed(scenario, "ada@example.com") == "5 mails in a row did not arrive: 450 full"


def test_a_mail_that_is_put_off_many_times_counts_once(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked = scenario.subscribes()
        told(scenario, asked, MAILS[0])
        taken = returns(scenario, *(soft(MAILS[0], name=f"try {number} ") for number in range(20)))
        assert taken == Taken(soft=20)
        assert state(scenario, asked) is SubscriptionState.CONFIRMED


def test_a_mail_that_arrives_begins_the_count_anew_in_whatever_order_it_is_told(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked = scenario.subscribes()
        for mail in MAILS[: 2 * MOST_SOFT_BOUNCES]:
            told(scenario, asked, mail)
        most = MOST_SOFT_BOUNCES - 1
        taken = returns(
            scenario, *map(soft, MAILS[:most]), arrived(MAILS[most]), soft(MAILS[most]),
            *map(soft, MAILS[most + 1 : 2 * most + 1]),
        )  # fmt: skip
        assert taken.stopped == 0
        assert state(scenario, asked) is SubscriptionState.CONFIRMED


def test_a_mail_between_that_nobody_told_of_ends_the_row(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked = scenario.subscribes()
        for mail in MAILS[:12]:
            told(scenario, asked, mail)
        mails = [mail for number, mail in enumerate(MAILS[:12]) if number != 4]
        taken = returns(scenario, *map(soft, mails[:8]))
        assert taken.stopped == 0
        assert bounces(scenario, asked) == 4
        assert returns(scenario, soft(mails[8])).stopped == 1


def test_a_mail_that_arrived_at_last_did_not_bounce(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked = scenario.subscribes()
        for mail in MAILS[:6]:
            told(scenario, asked, mail)
        returns(scenario, *map(soft, MAILS[:3]), arrived(MAILS[2]), *map(soft, MAILS[3:6]))
        assert bounces(scenario, asked) == 3


def test_returns_of_nobodys_mail_are_counted_and_stop_nobody(tmp_path: Path) -> None:
    with opened(tmp_path) as scenario:
        asked = scenario.subscribes()
        taken = returns(
            scenario, Return("1", Verdict.STOP, "x", mail=MAILS[3]),
            Return("2", Verdict.STOP, "x", subscription="none"), Return("3", Verdict.SOFT, "x"),
            Return("4", Verdict.NOTHING, "open", email="ada@example.com"),
        )  # fmt: skip
        assert taken == Taken(unknown=3)
        again = Return("1", Verdict.STOP, "x", email="ada@example.com")  # believed, now
        assert state(scenario, asked) is SubscriptionState.CONFIRMED
        assert returns(scenario, again) == Taken(stopped=1)


def test_a_crash_takes_nothing_in_and_the_same_may_come_again(tmp_path: Path) -> None:
    def bounces_until_a_crash() -> Iterator[Return]:
        yield bounced
        raise KeyboardInterrupt

    def take_in_with_a_crash() -> None:
        with scenario.archive.write() as connection:
            take_in(connection, bounces_until_a_crash(), secret=secret_of(scenario.settings), now=NOW)

    bounced = Return("b", Verdict.STOP, "bounced", email="ada@example.com")
    with opened(tmp_path) as scenario:
        asked = scenario.subscribes()
        with pytest.raises(KeyboardInterrupt):
            take_in_with_a_crash()
        assert state(scenario, asked) is SubscriptionState.CONFIRMED
        assert returns(scenario, bounced).stopped == 1
