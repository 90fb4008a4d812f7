from __future__ import annotations

from functools import partial

import pytest

from archive import Archive
from archive.notices import list_notices
from archive.subscriptions import (
    add_subscription,
    change_subscription,
    confirm_subscription,
    confirmed_state,
    end_subscription,
    find_subscription,
    get_subscription,
    list_subscriptions,
    rule_from_json,
    rule_to_json,
)
from clausewatch.errors import NotFound
from clausewatch.model import (
    Direction,
    Effect,
    Kind,
    NoticeState,
    Rule,
    Severity,
    Subscription,
    SubscriptionState,
    content_id,
)
from tests.support.scenario import World, day, policy

RULE = Rule(
    vendors=("harbor-kites",), documents=("Privacy Policy",), kinds=(Kind.RECIPIENT,), min_severity=Severity.HIGH,
    companies=("Brightmetrics",), keywords=("advert*",), languages=("en",), directions=(Direction.ADDED,),
    effects=(Effect.EXPANDS, Effect.UNCLEAR), severities=((Kind.TERMS, Severity.LOW), (Kind.DATA, Severity.CRITICAL)),
    everything=True,
)  # fmt: skip


def asked(
    archive: Archive, email: str = "ada@example.com", rule: Rule = RULE, *, is_confirmed: bool = False
) -> Subscription:
    with archive.write() as connection:
        return add_subscription(connection, email, rule, every="daily", now=day(1), is_confirmed=is_confirmed)


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


def test_a_rule_of_before_keeps_its_id(archive: Archive) -> None:
    rule = Rule(vendors=("harbor-kites",), kinds=(Kind.RECIPIENT,))
    data = {"vendors": ["harbor-kites"], "kinds": ["recipient"]}
    wanted = content_id("subscription", "ada@example.com", sorted(data.items()), "daily")
    assert asked(archive, rule=rule).id == wanted


def test_when_digests_come_is_kept_and_may_be_asked_for_anew_until_confirmed(archive: Archive) -> None:
    with archive.write() as connection:
        ask = partial(add_subscription, connection, "ada@example.com", RULE, every="daily", now=day(1))
        first = ask(zone="Europe/Berlin", hour=8, is_quiet_told=True)
        assert (first.zone, first.hour, first.is_quiet_told) == ("Europe/Berlin", 8, True)
        again = ask(zone="Asia/Tokyo", hour=9)
        assert (again.id, again.zone, again.hour, again.is_quiet_told) == (first.id, "Asia/Tokyo", 9, False)
        confirm_subscription(connection, first.id, now=day(2))
        stranger = ask(zone="UTC", hour=3)  # did not prove to be the owner
        assert (stranger.zone, stranger.hour, stranger.state) == ("Asia/Tokyo", 9, SubscriptionState.CONFIRMED)


def test_a_webhook_is_a_subscription_of_its_own(archive: Archive) -> None:
    mailed = asked(archive)
    with archive.write() as connection:
        called = add_subscription(connection, "ada@example.com", RULE, every="daily", now=day(1),
                                  webhook="https://hooks.example/x")  # fmt: skip
    assert called.id != mailed.id
    assert called.webhook == "https://hooks.example/x"


def test_its_owner_changes_what_a_subscription_asks_for(archive: Archive) -> None:
    made = asked(archive, is_confirmed=True)
    with archive.write() as connection:
        changed = change_subscription(
            connection, made.id, now=day(3), rule=Rule(everything=True), every="weekly", hour=9
        )
        assert (changed.id, changed.rule, changed.every, changed.hour) == (made.id, Rule(everything=True), "weekly", 9)
        with pytest.raises(TypeError, match="email"):
            change_subscription(connection, made.id, now=day(3), email="eve@example.com")


def test_who_changed_a_subscription_and_asks_for_the_old_one_has_two(archive: Archive) -> None:
    made = asked(archive, is_confirmed=True)
    with archive.write() as connection:
        change_subscription(connection, made.id, now=day(3), rule=Rule())
    again = asked(archive)
    assert (again.id != made.id, again.rule, again.state) == (True, RULE, SubscriptionState.PENDING)
    assert asked(archive).id == again.id


def test_something_tells_that_who_listens_is_not_what_it_was(archive: Archive) -> None:
    states = []
    with archive.write() as connection:
        states.append(confirmed_state(connection))
        made = add_subscription(connection, "ada@example.com", RULE, every="daily", now=day(1))
        assert confirmed_state(connection) == states[0]
        for change in (
            partial(confirm_subscription, now=day(2)),
            partial(change_subscription, now=day(3), rule=Rule()),
            partial(end_subscription, now=day(4)),
        ):
            change(connection, made.id)
            states.append(confirmed_state(connection))
    assert len(set(states)) == 4
