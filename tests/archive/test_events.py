from datetime import UTC, datetime, timedelta

from archive import Archive
from archive.events import (
    KEPT,
    forget_events,
    subscription_of_mail,
    subscriptions_of_address,
    take_event,
)
from archive.subscriptions import add_subscription, end_subscription
from clausewatch.model import Rule, Subscription

NOW = datetime(2025, 3, 5, 12, 30, tzinfo=UTC)


def subscribed(archive: Archive, email: str = "Ada@example.com") -> Subscription:
    with archive.write() as connection:
        return add_subscription(connection, email, Rule(), every="instant", now=NOW, is_confirmed=True)


def test_an_event_is_taken_once_until_it_is_forgotten(archive: Archive) -> None:
    with archive.write() as connection:
        assert take_event(connection, "e1", now=NOW)
        assert not take_event(connection, "e1", now=NOW + timedelta(days=1))
        assert take_event(connection, "e2", now=NOW + KEPT)
        assert forget_events(connection, now=NOW + KEPT + timedelta(seconds=1)) == 1
        assert take_event(connection, "e1", now=NOW + KEPT)
        assert not take_event(connection, "e2", now=NOW + KEPT)


def test_the_subscriptions_of_an_address_are_those_that_have_not_ended(archive: Archive) -> None:
    made = subscribed(archive)
    with archive.write() as connection:
        assert [each.id for each in subscriptions_of_address(connection, "ada@EXAMPLE.com ")] == [made.id]
        end_subscription(connection, made.id, now=NOW)
        assert subscriptions_of_address(connection, "ada@example.com") == []


def test_a_mail_that_nobody_sent_is_nobodys(archive: Archive) -> None:
    with archive.read() as connection:
        assert subscription_of_mail(connection, "0123456789abcdef") is None
