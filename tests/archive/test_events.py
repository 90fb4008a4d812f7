from datetime import UTC, datetime, timedelta

from archive import Archive
from archive.events import (
    KEPT,
    forget_events,
    subscription_of_mail,
    take_event,
)

NOW = datetime(2025, 3, 5, 12, 30, tzinfo=UTC)


def test_an_event_is_taken_once_until_it_is_forgotten(archive: Archive) -> None:
    with archive.write() as connection:
        assert take_event(connection, "e1", now=NOW)
        assert not take_event(connection, "e1", now=NOW + timedelta(days=1))
        assert take_event(connection, "e2", now=NOW + KEPT)
        assert forget_events(connection, now=NOW + KEPT + timedelta(seconds=1)) == 1
        assert take_event(connection, "e1", now=NOW + KEPT)
        assert not take_event(connection, "e2", now=NOW + KEPT)


def test_a_mail_that_nobody_sent_is_nobodys(archive: Archive) -> None:
    with archive.read() as connection:
        assert subscription_of_mail(connection, "0123456789abcdef") is None
