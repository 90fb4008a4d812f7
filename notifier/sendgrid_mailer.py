"""Mail by SendGrid's own client. Nothing of a subscriber but the address leaves with the mail; no link is rewritten."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from clausewatch.errors import DeliveryError
from notifier.mailer import Outcome, TransportDown
from notifier.sendgrid_mail import Keyed, requests

TIMEOUT_SECONDS = 10  # the client has none of its own
PAUSE_SECONDS = 60.0  # after a 429 that does not say when to come again
LONGEST_WAIT_SECONDS = 5.0  # waited for in a run; for longer the run ends, and the mails are tried again later
_MOST_WAITS = 3  # for one request


class SendGridMailer:
    """Hands mails to SendGrid; many that say the same go in one request.

    SendGrid knows no idempotency key: where no answer comes, nobody can tell whether the mails were taken. They are
    tried again under the same Message-IDs, by which most mailboxes show them once.
    """

    def __init__(
        self,
        api_key: str,
        host: str,
        *,
        is_sandbox: bool = False,
        clock: Callable[[], float] = time.time,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        from sendgrid import SendGridAPIClient

        self._client = SendGridAPIClient(api_key, host=host)
        self._client.client.timeout = TIMEOUT_SECONDS
        self._host = host
        self._is_sandbox = is_sandbox
        self._clock, self._wait = clock, wait
        self._open_at = 0.0  # when SendGrid takes the next request, by the clock

    def send(self, message: EmailMessage, *, key: str) -> str | None:
        """Hand the mail over; give SendGrid's X-Message-Id.

        401, 403, a 429 for long and no answer at all are TransportDown.
        """
        ((_, body),) = requests([(message, key)], is_sandbox=self._is_sandbox)
        return self._post(body, str(message["To"]))

    def send_many(self, mails: Sequence[Keyed]) -> Iterator[list[Outcome]]:
        """Hand the mails over in as few requests as may be; what came of those of each, before the next one goes.

        Once the transport is down, the rest is not tried.
        """
        waiting = list(requests(mails, is_sandbox=self._is_sandbox))[::-1]
        while waiting:
            group, body = waiting.pop()
            message_id, error = self._tried(group, body)
            is_down = isinstance(error, TransportDown)
            if error and not is_down and not error.retryable and len(group) > 1:
                # refused for one of them, and it does not say which: halves find it
                half = len(group) // 2
                for part in (group[half:], group[:half]):
                    waiting += requests(part, is_sandbox=self._is_sandbox)
                continue
            yield [Outcome(key, message_id, error) for _, key in group]
            if is_down:
                return

    def _tried(self, group: Sequence[Keyed], body: dict[str, Any]) -> tuple[str | None, DeliveryError | None]:
        what = f"{len(group)} mails" if len(group) > 1 else str(group[0][0]["To"])
        try:
            return self._post(body, what), None
        except DeliveryError as error:
            return None, error

    def _post(self, body: dict[str, Any], what: str) -> str | None:
        from python_http_client.exceptions import HTTPError

        for is_last in (False,) * (_MOST_WAITS - 1) + (True,):
            self._until_open()
            try:
                answer = self._client.client.mail.send.post(request_body=body)
            except HTTPError as error:
                if error.status_code == 429:  # nothing was taken: to ask again sends nothing twice
                    self._open_at = self._clock() + self._pause(error.headers)
                    if not is_last:
                        continue
                raise self._explained(error, what) from error
            except (URLError, HTTPException, OSError) as error:  # refused, no such host, no answer in time
                reason = getattr(error, "reason", None) or error
                raise TransportDown(
                    f"{self._host}: no answer ({reason}); mails are tried again under their Message-IDs, since nobody "
                    "can tell whether they were taken"
                ) from error
            if answer.headers.get("X-RateLimit-Remaining") == "0":
                self._open_at = self._clock() + self._pause(answer.headers, default=0.0)
            found = answer.headers.get("X-Message-Id")
            return None if found is None else str(found)
        raise AssertionError("the last try returns or raises")

    def _until_open(self) -> None:
        seconds = self._open_at - self._clock()
        if seconds > LONGEST_WAIT_SECONDS:
            raise self._too_many(seconds)
        if seconds > 0:
            self._wait(seconds)

    def _too_many(self, seconds: float) -> TransportDown:
        return TransportDown(
            f"{self._host}: too many requests (429); mails are tried again", retry_after_seconds=seconds
        )

    def _pause(self, headers: Any, default: float = PAUSE_SECONDS) -> float:
        """Seconds until the next request may come, as Retry-After or X-RateLimit-Reset (an instant) say."""
        after, reset = _number(headers.get("Retry-After")), _number(headers.get("X-RateLimit-Reset"))
        if after is not None:
            return max(0.0, after)
        return default if reset is None else max(0.0, reset - _said_at(headers, self._clock()))

    def _explained(self, error: Any, what: str) -> DeliveryError:
        code, (reason, is_sender) = error.status_code, _reason(error.body)
        if code == 429:
            return self._too_many(max(0.0, self._open_at - self._clock()))
        if code in (401, 403) or (code == 400 and is_sender):  # no mail is to blame, and all would be refused
            return TransportDown(
                f"{self._host}: refused with {code} {reason}; see CLAUSEWATCH_SENDGRID_API_KEY and CLAUSEWATCH_FROM"
            )
        return DeliveryError(f"{what}: refused with {code} {reason}", retryable=code >= 500)


def _reason(body: object) -> tuple[str, bool]:
    """What it says in words, and whether that is about the sender."""
    try:
        errors = json.loads(body)["errors"] if isinstance(body, str | bytes) else []
        text = "; ".join(str(each["message"]) for each in errors)
        is_sender = any(str(each.get("field")).startswith("from") for each in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        text, is_sender = "", False
    return " ".join(text.split())[:200] or "without a reason", is_sender


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _said_at(headers: Any, now: float) -> float:
    """When the answer was made by the clock that its instants are by; ours may be wrong."""
    try:
        return parsedate_to_datetime(str(headers.get("Date"))).timestamp()
    except ValueError:
        return now
