from datetime import timedelta

import pytest

from clausewatch.errors import DeliveryError
from notifier.mailer import TransportDown
from notifier.retries import (
    DOWN,
    LIMITED,
    LONGEST_ASKED_SECONDS,
    OURS,
    REFUSED,
    Patience,
    Unmakeable,
    patience_with,
    pause_seconds,
    retry_at,
)
from tests.notifier.scenario import DAY, NOW


@pytest.mark.parametrize(
    ("error", "patience"),
    [
        (DeliveryError("450 mailbox busy", retryable=True), REFUSED),
        (DeliveryError("429", retryable=True, retry_after_seconds=60), LIMITED),
        (TransportDown("no route"), DOWN),
        (Unmakeable("KeyError", retryable=True), OURS),
    ],
)
def test_each_kind_of_failure_has_its_own_patience(error: DeliveryError, patience: Patience) -> None:
    assert patience_with(error) is patience


@pytest.mark.parametrize("patience", [REFUSED, LIMITED, DOWN, OURS])
def test_pauses_double_up_to_the_longest_and_differ_by_mail(patience: Patience) -> None:
    pauses = [pause_seconds(patience, mail="m", attempts=attempt) for attempt in range(1, 60)]
    assert 0.8 * patience.first_seconds <= pauses[0] <= patience.first_seconds
    assert max(pauses) <= patience.longest_seconds
    assert min(pauses[30:]) >= 0.8 * patience.longest_seconds
    assert len({pause_seconds(patience, mail=f"m{number}", attempts=9) for number in range(20)}) > 10


def test_what_is_refused_for_good_is_not_tried_again() -> None:
    error = DeliveryError("550 no such mailbox", retryable=False)
    assert retry_at(error, mail="m", attempts=1, tried_at=NOW, now=NOW) is None


def test_what_may_work_later_is_given_up_after_its_time() -> None:
    error = DeliveryError("450", retryable=True)
    assert retry_at(error, mail="m", attempts=5, tried_at=NOW, now=NOW + 2 * DAY) is not None
    assert retry_at(error, mail="m", attempts=5, tried_at=NOW, now=NOW + 3 * DAY) is None


def test_a_transport_that_is_down_for_long_is_no_reason_to_give_a_mail_up() -> None:
    again_at = retry_at(TransportDown("no route"), mail="m", attempts=1, tried_at=NOW, now=NOW + 90 * DAY)
    assert again_at is not None
    assert again_at <= NOW + 90 * DAY + timedelta(minutes=30)


def test_a_pause_that_the_transport_asks_for_is_kept() -> None:
    error = DeliveryError("429", retryable=True, retry_after_seconds=7200)
    assert retry_at(error, mail="m", attempts=1, tried_at=NOW, now=NOW) == NOW + timedelta(hours=2)


@pytest.mark.parametrize("seconds", [2_300_000_000.0, 1e300, float("inf"), float("nan")])
def test_a_pause_of_years_is_none_that_a_mail_waits_for(seconds: float) -> None:
    error = TransportDown("429", retry_after_seconds=seconds)
    again_at = retry_at(error, mail="m", attempts=1, tried_at=NOW, now=NOW)
    assert again_at == NOW + timedelta(seconds=LONGEST_ASKED_SECONDS)
