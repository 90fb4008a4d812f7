import itertools
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.subscriptions import add_subscription, get_subscription
from clausewatch.model import Rule, Subscription, SubscriptionState
from tests.notifier.signing import event, key_pair, posted, signed
from tests.web.scenario import NOW, Scenario, opened


def subscribed(scenario: Scenario, email: str = "ada@example.com") -> Subscription:
    with scenario.archive.write() as connection:
        return add_subscription(connection, email, Rule(), every="instant", now=NOW, is_confirmed=True)


def state(scenario: Scenario, subscription: Subscription) -> SubscriptionState:
    with scenario.archive.read() as connection:
        return get_subscription(connection, subscription.id).state


def post(scenario: Scenario, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    answer = scenario.post("/events/sendgrid", content=body, headers=headers)
    return answer.status_code, answer.json()


def test_a_spam_report_ends_the_subscription_and_once_is_enough(tmp_path: Path) -> None:
    body = posted(event("spamreport"), event("open", email="bob@example.com"))
    with opened(tmp_path, sendgrid_events_key=key_pair()[1]) as scenario:
        asked = subscribed(scenario)
        assert post(scenario, body, signed(body, NOW)) == (
            200, {"stopped": 1, "soft": 0, "arrived": 0, "known": 0, "unknown": 0},
        )  # fmt: skip
        assert state(scenario, asked) is SubscriptionState.ENDED


def test_events_that_are_played_again_change_nothing_even_if_somebody_came_back(tmp_path: Path) -> None:
    body = posted(event("unsubscribe"))
    with opened(tmp_path, sendgrid_events_key=key_pair()[1]) as scenario:
        subscribed(scenario)
        post(scenario, body, signed(body, NOW))
        back = subscribed(scenario)
        status, taken = post(scenario, body, signed(body, NOW))
        assert (status, taken["known"], taken["stopped"]) == (200, 1, 0)
        assert state(scenario, back) is SubscriptionState.CONFIRMED


def test_events_that_come_twice_and_in_any_order_come_to_the_same(tmp_path: Path) -> None:
    told = [
        event("processed", number=1), event("deferred", number=2), event("delivered", number=3),
        event("spamreport", number=4),
    ]  # fmt: skip
    with opened(tmp_path, sendgrid_events_key=key_pair()[1]) as scenario:
        for number, order in enumerate(itertools.permutations(told)):
            mine = [
                each | {"email": f"{number}@example.com", "sg_event_id": f"{number} {each['event']}"} for each in order
            ]
            asked = subscribed(scenario, f"{number}@example.com")
            for bodies in (mine, mine[::-1]):
                for body in map(posted, bodies):
                    assert post(scenario, body, signed(body, NOW))[0] == 200
            assert state(scenario, asked) is SubscriptionState.ENDED


@pytest.mark.parametrize("kind", ["unsigned", "altered", "stale"])
def test_events_that_are_forged_or_stale_are_refused_whole(kind: str, tmp_path: Path) -> None:
    body = posted(event("spamreport"))
    headers = {
        "unsigned": {},
        "altered": signed(body + b" ", NOW),
        "stale": signed(body, NOW - timedelta(minutes=11)),
    }[kind]
    with opened(tmp_path, sendgrid_events_key=key_pair()[1]) as scenario:
        asked = subscribed(scenario)
        status, answer = post(scenario, body, headers)
        assert status == 403
        assert answer["error"]["message"].startswith("Nothing was taken")
        assert state(scenario, asked) is SubscriptionState.CONFIRMED


def test_without_a_key_nothing_is_taken_and_sendgrid_may_try_again(tmp_path: Path) -> None:
    body = posted(event("spamreport"))
    with opened(tmp_path) as scenario:
        asked = subscribed(scenario)
        status, answer = post(scenario, body, signed(body, NOW))
        assert status == 503
        assert "CLAUSEWATCH_SENDGRID_EVENTS_KEY" in answer["error"]["message"]
        assert state(scenario, asked) is SubscriptionState.CONFIRMED


def test_a_signed_body_that_is_no_list_is_refused(tmp_path: Path) -> None:
    body = json.dumps({"event": "spamreport"}).encode()
    with opened(tmp_path, sendgrid_events_key=key_pair()[1]) as scenario:
        status, _ = post(scenario, body, signed(body, NOW))
        assert status == 400


def test_a_large_batch_is_taken_and_a_flood_is_not(tmp_path: Path) -> None:
    many = posted(*(event("processed", number=number) for number in range(3000)))
    assert 300_000 < len(many) < 1_000_000
    with opened(tmp_path, sendgrid_events_key=key_pair()[1]) as scenario:
        assert post(scenario, many, signed(many, NOW))[0] == 200
        flood = b" " * 5_000_000
        assert scenario.post("/events/sendgrid", content=flood, headers=signed(flood, NOW)).status_code == 413
