"""Mail by SendGrid's own client. Nothing of a subscriber but the address leaves with the mail; no link is rewritten."""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

from clausewatch.errors import DeliveryError
from notifier.mailer import TransportDown

if TYPE_CHECKING:
    from sendgrid.helpers.mail import Mail

TIMEOUT_SECONDS = 10  # the client has none of its own
PAUSE_SECONDS = 60.0  # after a 429 that does not say when to come again
_CARRIED = ("Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "Feedback-ID")


class SendGridMailer:
    """Hands mails to SendGrid, one request a mail.

    SendGrid knows no idempotency key: where no answer comes, the mail is tried again under the same Message-ID.
    """

    def __init__(self, api_key: str, host: str) -> None:
        from sendgrid import SendGridAPIClient

        self._client = SendGridAPIClient(api_key, host=host)
        self._client.client.timeout = TIMEOUT_SECONDS
        self._host = host

    def send(self, message: EmailMessage, *, key: str) -> str | None:
        """Hand the mail over; give SendGrid's X-Message-Id. 429, 401, 403 and no answer at all are TransportDown."""
        from python_http_client.exceptions import HTTPError

        try:
            answer = self._client.client.mail.send.post(request_body=_mail(message, key).get())
        except HTTPError as error:
            raise self._explained(error, str(message["To"])) from error
        except (URLError, OSError) as error:  # refused, no such host, no answer in time
            reason = getattr(error, "reason", None) or error
            raise TransportDown(f"{self._host}: no answer ({reason}); mails are tried again") from error
        found = answer.headers.get("X-Message-Id")
        return None if found is None else str(found)

    def _explained(self, error: Any, recipient: str) -> DeliveryError:
        code, reason = error.status_code, _reason(error.body)
        if code == 429:
            return TransportDown(
                f"{self._host}: too many requests (429); mails are tried again",
                retry_after_seconds=_retry_after(error.headers),
            )
        if code in (401, 403):
            return TransportDown(
                f"{self._host}: refused with {code} {reason}; see CLAUSEWATCH_SENDGRID_API_KEY and CLAUSEWATCH_FROM"
            )
        return DeliveryError(f"{recipient}: refused with {code} {reason}", retryable=code >= 500)


def _mail(message: EmailMessage, key: str) -> Mail:
    from sendgrid.helpers.mail import Category, Content, Email, Header, Mail, Personalization

    sender, recipient = message["From"].addresses[0], message["To"].addresses[0]
    mail = Mail(from_email=Email(sender.addr_spec, sender.display_name or None), subject=str(message["Subject"]))
    person = Personalization()
    person.add_to(Email(recipient.addr_spec))
    for name in _CARRIED:
        if message[name]:
            person.add_header(Header(name, str(message[name])))
    mail.add_personalization(person)
    for subtype in ("plain", "html"):  # SendGrid wants the plain text first
        part = message.get_body((subtype,))
        if part is not None:
            mail.add_content(Content(f"text/{subtype}", part.get_content()))
    mail.add_category(Category("clausewatch"))  # kept for long at SendGrid, as custom arguments are: nothing personal
    _identify(mail, key)
    return mail


def _identify(mail: Mail, key: str) -> None:
    from sendgrid.helpers.mail import ClickTracking, CustomArg, OpenTracking, SubscriptionTracking, TrackingSettings

    mail.add_custom_arg(CustomArg("delivery", key))
    tracking = TrackingSettings()
    tracking.click_tracking = ClickTracking(enable=False, enable_text=False)  # it rewrites links
    tracking.open_tracking = OpenTracking(enable=False)
    tracking.subscription_tracking = SubscriptionTracking(enable=False)  # it adds a link beside ours
    mail.tracking_settings = tracking


def _reason(body: object) -> str:
    try:
        errors = json.loads(body)["errors"] if isinstance(body, str | bytes) else []
        text = "; ".join(str(each["message"]) for each in errors)
    except (ValueError, KeyError, TypeError):
        text = ""
    return " ".join(text.split())[:200] or "without a reason"


def _retry_after(headers: Any) -> float:
    try:
        return max(0.0, float(headers.get("Retry-After")))
    except (TypeError, ValueError):
        return PAUSE_SECONDS
