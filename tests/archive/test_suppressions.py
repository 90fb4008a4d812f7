from datetime import UTC, datetime, timedelta

from archive import Archive
from archive.subscriptions import add_subscription, end_subscription, list_subscriptions
from archive.suppressions import (
    address_hash,
    list_suppressions,
    subscriptions_of,
    suppress,
    suppressed_among,
    suppression_of,
    unsuppress,
)
from clausewatch.model import Rule, SubscriptionState

NOW = datetime(2025, 3, 5, 12, 30, tzinfo=UTC)
SECRET = b"of the installation"


def test_a_suppressed_address_is_known_in_whatever_case_and_by_a_hash_alone(archive: Archive) -> None:
    with archive.write() as connection:
        suppress(connection, "Ada@Example.com", secret=SECRET, reason="bounced:\n 550 no such user", now=NOW)
        found = suppression_of(connection, "ada@example.COM", secret=SECRET)
        ((kept, _),) = list_suppressions(connection)
        assert suppression_of(connection, "bob@example.com", secret=SECRET) is None
    assert found is not None
    assert found.reason == "bounced: 550 no such user"
    assert found.since_at == NOW
    assert kept == address_hash(SECRET, "ada@example.com")
    assert kept != address_hash(b"of another", "ada@example.com")


def test_all_subscriptions_of_the_address_end_and_no_others(archive: Archive) -> None:
    with archive.write() as connection:
        one, two, other = (
            add_subscription(connection, email, Rule(vendors=(vendor,)), every="instant", now=NOW, is_confirmed=True)
            for email, vendor in [("ada@example.com", "a"), ("ADA@example.com", "b"), ("bob@example.com", "a")]
        )
        ended = suppress(connection, "ada@example.com", secret=SECRET, reason="spam", now=NOW)
        states = {each.id: each.state for each in list_subscriptions(connection)}
    assert sorted(ended) == sorted([one.id, two.id])
    assert states[other.id] is SubscriptionState.CONFIRMED
    assert {states[one.id], states[two.id]} == {SubscriptionState.ENDED}


def test_the_first_reason_stays(archive: Archive) -> None:
    with archive.write() as connection:
        suppress(connection, "ada@example.com", secret=SECRET, reason="bounced", now=NOW)
        suppress(connection, "ada@example.com", secret=SECRET, reason="spam", now=NOW + timedelta(days=1))
        assert [each.reason for _, each in list_suppressions(connection)] == ["bounced"]


def test_a_reason_that_repeats_the_address_is_kept_without_it(archive: Archive) -> None:
    with archive.write() as connection:
        reason = "bounced: 550 5.1.1 <ada@example.com>: Recipient (ada@inner.example.com) unknown, x" + "@y" * 5000
        suppress(connection, "ada@example.com", secret=SECRET, reason=reason, now=NOW)
        ((_, kept),) = list_suppressions(connection)
    assert kept.reason == "bounced: 550 5.1.1 <…>: Recipient (…) unknown, …"


def test_an_address_may_be_written_to_again(archive: Archive) -> None:
    with archive.write() as connection:
        suppress(connection, "ada@example.com", secret=SECRET, reason="bounced", now=NOW)
        assert unsuppress(connection, "Ada@example.com", secret=SECRET)
        assert not unsuppress(connection, "ada@example.com", secret=SECRET)
        assert suppression_of(connection, "ada@example.com", secret=SECRET) is None


def test_many_addresses_are_looked_up_at_once(archive: Archive) -> None:
    emails = [f"reader{number}@example.com" for number in range(1200)]
    with archive.write() as connection:
        for email in (emails[0], emails[700]):
            suppress(connection, email, secret=SECRET, reason="bounced", now=NOW)
        assert suppressed_among(connection, emails, secret=SECRET) == {emails[0], emails[700]}
        assert suppressed_among(connection, [], secret=SECRET) == set()


def test_the_subscriptions_of_addresses_are_those_that_have_not_ended(archive: Archive) -> None:
    with archive.write() as connection:
        ada, other, left = (
            add_subscription(connection, email, Rule(), every="instant", now=NOW, is_confirmed=True)
            for email in ("Ada@example.com", "bob@example.com", "eve@example.com")
        )
        end_subscription(connection, left.id, now=NOW)
        found = subscriptions_of(
            connection, ["ada@EXAMPLE.com ", "bob@example.com", "eve@example.com", "x@example.com"]
        )
    assert {email: [each.id for each in some] for email, some in found.items()} == {
        "ada@example.com": [ada.id],
        "bob@example.com": [other.id],
    }
