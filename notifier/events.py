"""SendGrid's events: whether they are really its own, and what each says of an address. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from clausewatch.errors import ClausewatchError, SettingsError, UsageError
from clausewatch.model import content_id
from notifier.returns import Return, Verdict
from notifier.sendgrid_mail import CATEGORY, DELIVERY

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"
WINDOW = timedelta(minutes=10)  # clocks differ and networks are slow; what is older may be a recording
_LONGEST_ID = 80

# SendGrid drops by itself what it knows to be in vain; other reasons, such as a spent quota, are not the address's
_DROPPED_FOR_ADDRESS = ("bounced address", "unsubscribed address", "spam reporting address", "invalid")
_REASONS = {
    "spamreport": "marked as spam by its reader",
    "unsubscribe": "unsubscribed at SendGrid",
    "group_unsubscribe": "unsubscribed at SendGrid",
}


class ForgedEvents(ClausewatchError):
    """The events are not SendGrid's, or too old to tell. Take none of them."""


def check_signature(key: str, body: bytes, *, signature: str | None, timestamp: str | None, now: datetime) -> None:
    """Let pass what was signed lately with the private half of ``key``, over the timestamp and the raw body.

    Raises ForgedEvents for all else, SettingsError for a key that is none.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    public_key = read_public_key(key)
    if not signature or not timestamp:
        raise ForgedEvents("the events are not signed")
    try:
        given = base64.b64decode(signature, validate=True)
        public_key.verify(given, timestamp.encode() + body, ECDSA(SHA256()))
    except (binascii.Error, ValueError, InvalidSignature) as error:
        raise ForgedEvents("the events are not signed with the key that is set here") from error
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise ForgedEvents("the events do not say when they were signed")
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise ForgedEvents("the events were signed too long ago, or by a clock that is wrong")


def read_public_key(key: str) -> EllipticCurvePublicKey:
    """The key as SendGrid's console shows it (DER in base64), or as PEM. Raises SettingsError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    lines = [line for line in key.strip().splitlines() if not line.startswith("-----")]
    try:
        found = load_der_public_key(base64.b64decode("".join(lines), validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise SettingsError("CLAUSEWATCH_SENDGRID_EVENTS_KEY: is no public key; copy it from SendGrid") from error
    if not isinstance(found, EllipticCurvePublicKey):
        raise SettingsError("CLAUSEWATCH_SENDGRID_EVENTS_KEY: is of another kind than ECDSA; copy it from SendGrid")
    return found


def read_events(body: bytes) -> list[Return]:
    """What the events say, in the order of time, without those about mail that is not ours. Raises UsageError."""
    try:
        events = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UsageError("the events are not JSON") from error
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise UsageError("the events are no list of objects")
    return [_return(event) for event in sorted(filter(_is_ours, events), key=_time)]


def _is_ours(event: Mapping[str, Any]) -> bool:
    """An account may send other mail too, whose readers leave something else."""
    category = event.get("category")
    return DELIVERY in event or CATEGORY in (category if isinstance(category, list) else [category])


def _time(event: Mapping[str, Any]) -> float:
    at = event.get("timestamp")
    return float(at) if isinstance(at, int | float) else 0.0


def _return(event: Mapping[str, Any]) -> Return:
    verdict, reason = _judged(event)
    known_by = str(event.get("sg_event_id") or content_id("event", json.dumps(event, sort_keys=True)))
    email, mail = event.get("email"), event.get(DELIVERY)
    return Return(
        id=known_by if len(known_by) <= _LONGEST_ID else content_id("event", known_by),
        verdict=verdict,
        reason=reason,
        mail=mail if isinstance(mail, str) else None,
        email=email if isinstance(email, str) and "@" in email else None,
    )


def _judged(event: Mapping[str, Any]) -> tuple[Verdict, str]:
    name, why = str(event.get("event")), " ".join(str(event.get("reason") or "").split())
    match name:
        case "delivered":
            return Verdict.ARRIVED, ""
        case "bounce" if event.get("type") != "blocked":
            return Verdict.STOP, f"bounced: {why}"
        case "dropped" if why.lower().startswith(_DROPPED_FOR_ADDRESS):
            return Verdict.STOP, f"dropped by SendGrid: {why}"
        case "spamreport" | "unsubscribe" | "group_unsubscribe":
            return Verdict.STOP, _REASONS[name]
        case "bounce" | "blocked" | "dropped" | "deferred":
            return Verdict.SOFT, f"{name}: {why or event.get('response') or 'without a reason'}"
    return Verdict.NOTHING, name[:20]  # processed, open, click, and what is yet to be invented
