from __future__ import annotations

import pytest

from archive import Archive
from archive.notices import list_notices
from archive.subscriptions import (
    add_subscription,
    confirm_subscription,
    end_subscription,
    find_subscription,
    get_subscription,
    list_subscriptions,
    rule_from_json,
    rule_to_json,
)
from clausewatch.errors import NotFound
from clausewatch.model import Kind, NoticeState, Rule, Severity, Subscription, SubscriptionState
from tests.support.scenario import World, day, policy

RULE = Rule(
    vendors=("harbor-kites",), documents=("Privacy Policy",), kinds=(Kind.RECIPIENT,), min_severity=Severity.HIGH,
    companies=("Brightmetrics",), keywords=("advert*",), languages=("en",),
)  # fmt: skip


def asked(archive: Archive, email: str = "ada@example.com", rule: Rule = RULE, **options: bool) -> Subscription:
    with archive.write() as connection:
        return add_subscription(connection, email, rule, every="daily", now=day(1), **options)


@pytest.mark.parametrize("rule", [RULE, Rule(), Rule(kinds=(Kind.DATA,))])
def test_a_rule_comes_back_as_it_was(rule: Rule) -> None:
    assert rule_from_json(rule_to_json(rule)) == rule


def test_an_empty_rule_is_empty_data() -> None:
    assert rule_to_json(Rule()) == {}


def test_who_asks_is_pending_until_confirmed_once(archive: Archive) -> None:
    made = asked(archive)
    assert (made.state, made.created_at, made.confirmed_at, made.rule) == (
        SubscriptionState.PENDING,
        day(1),
        None,
        RULE,
    )
    with archive.write() as connection:
        assert confirm_subscription(connection, made.id, now=day(2))
        assert not confirm_subscription(connection, made.id, now=day(3))
        found = get_subscription(connection, made.id)
    assert (found.state, found.confirmed_at) == (SubscriptionState.CONFIRMED, day(2))


def test_asking_again_is_the_same_subscription_in_any_case_of_the_address(archive: Archive) -> None:
    assert asked(archive, "Ada@Example.com").id == asked(archive).id
    assert asked(archive, rule=Rule()).id != asked(archive).id


def test_who_asked_in_person_is_confirmed_at_once(archive: Archive) -> None:
    assert asked(archive, is_confirmed=True).state is SubscriptionState.CONFIRMED


def test_who_ended_and_asks_again_is_pending_again(archive: Archive) -> None:
    made = asked(archive, is_confirmed=True)
    with archive.write() as connection:
        assert end_subscription(connection, made.id, now=day(2))
        assert not end_subscription(connection, made.id, now=day(3))
        assert not confirm_subscription(connection, made.id, now=day(3))
        ended = get_subscription(connection, made.id)
    assert (ended.state, ended.ended_at) == (SubscriptionState.ENDED, day(2))
    again = asked(archive)
    assert (again.id, again.state, again.ended_at) == (made.id, SubscriptionState.PENDING, None)


def test_ending_drops_what_was_not_sent(world: World) -> None:
    subscription, vendor = world.subscribes(), world.vendor()
    for number, page in enumerate((policy(), policy(), policy(months=24), policy(months=24))):
        vendor.publishes(page, at=day(number))
    world.settles()
    assert [notice.state for notice in world.outbox] == [NoticeState.DUE]
    with world.archive.write() as connection:
        end_subscription(connection, subscription.id, now=day(9))
        assert [notice.state for notice in list_notices(connection)] == [NoticeState.DROPPED]


def test_subscriptions_are_listed_by_address_and_chosen_by_state(archive: Archive) -> None:
    bob, ada = asked(archive, "bob@example.com", is_confirmed=True), asked(archive, "ada@example.com")
    with archive.read() as connection:
        assert list_subscriptions(connection) == [ada, bob]
        assert list_subscriptions(connection, email="BOB@example.com") == [bob]
        assert list_subscriptions(connection, state=SubscriptionState.PENDING) == [ada]


def test_an_unknown_subscription_is_said_by_its_id(archive: Archive) -> None:
    with archive.read() as connection:
        assert find_subscription(connection, "nothing") is None
        with pytest.raises(NotFound, match=r"^nothing: no such subscription"):
            get_subscription(connection, "nothing")
