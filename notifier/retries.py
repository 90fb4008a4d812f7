"""How long a mail that failed waits, and when it is given up: by the kind of failure. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from clausewatch.errors import DeliveryError
from clausewatch.model import content_id
from notifier.mailer import TransportDown

_JITTER = 0.2  # of the pause, so that what failed together does not come back together
_MOST_DOUBLINGS = 20
LONGEST_ASKED_SECONDS = 86_400.0  # a transport whose clock or header is wrong must not silence us for years


@dataclass(frozen=True, slots=True)
class Patience:
    """With one kind of failure: pauses are doubled from the first to the longest."""

    first_seconds: int
    longest_seconds: int
    gives_up_after: timedelta | None  # from the first try on; None: never


REFUSED = Patience(300, 6 * 3600, timedelta(days=3))
"""The mailbox is full, or greylists us: five minutes are enough for most of the latter."""
LIMITED = Patience(60, 3600, timedelta(days=3))
"""The transport said how long to wait: it is right about that."""
DOWN = Patience(60, 1800, None)
"""Nothing is taken at all: no mail is to blame for it, so that none is given up."""
OURS = Patience(3600, 12 * 3600, timedelta(days=7))
"""A mail trips a bug of ours: a new release may mend it."""


class Unmakeable(DeliveryError):
    """The mail could not be made, by a fault of ours."""


def patience_with(error: DeliveryError) -> Patience:
    """How to treat that failure."""
    if isinstance(error, TransportDown):
        return DOWN
    if isinstance(error, Unmakeable):
        return OURS
    return LIMITED if error.retry_after_seconds else REFUSED


def retry_at(error: DeliveryError, *, mail: str, attempts: int, tried_at: datetime, now: datetime) -> datetime | None:
    """When to try the mail again after so many attempts, the first of them at ``tried_at``; None: it is given up."""
    if not error.retryable:
        return None
    patience = patience_with(error)
    asked = error.retry_after_seconds or 0.0
    asked = asked if asked <= LONGEST_ASKED_SECONDS else LONGEST_ASKED_SECONDS  # of NaN, too
    again_at = now + timedelta(seconds=max(pause_seconds(patience, mail=mail, attempts=attempts), asked))
    if patience.gives_up_after is not None and again_at > tried_at + patience.gives_up_after:
        return None
    return again_at


def pause_seconds(patience: Patience, *, mail: str, attempts: int) -> int:
    """How long to wait after so many attempts: doubled each time, jittered by the mail's id."""
    exponent = min(max(0, attempts - 1), _MOST_DOUBLINGS)
    pause = min(patience.first_seconds * 2.0**exponent, patience.longest_seconds)
    share = int(content_id("jitter", mail, attempts), 16) / 16**16
    return round(pause * (1 - _JITTER * share))


def reason_of(error: DeliveryError, *, attempts: int, is_given_up: bool) -> str:
    """The failure as it is kept with the notices: what it was, and why it ends here if it does."""
    if is_given_up and error.retryable:
        return f"given up after {attempts} attempts: {error}"
    return str(error)
