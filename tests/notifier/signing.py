"""Events as SendGrid posts them, and a key of our own to sign them with."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifier.events import SIGNATURE_HEADER, TIMESTAMP_HEADER


@cache
def key_pair() -> tuple[EllipticCurvePrivateKey, str]:
    """A private key, and its public half as SendGrid's console shows it."""
    private = generate_private_key(SECP256R1())
    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return private, base64.b64encode(der).decode()


def signed(body: bytes, at: datetime, *, key: EllipticCurvePrivateKey | None = None) -> dict[str, str]:
    """The headers of a post that was signed at that moment."""
    timestamp = str(int(at.timestamp()))
    given = (key or key_pair()[0]).sign(timestamp.encode() + body, ECDSA(SHA256()))
    return {SIGNATURE_HEADER: base64.b64encode(given).decode(), TIMESTAMP_HEADER: timestamp}


def event(name: str, *, email: str = "ada@example.com", number: int = 1, **fields: Any) -> dict[str, Any]:
    """One event about a mail of ours."""
    return {
        "event": name, "email": email, "sg_event_id": f"{name}-{email}-{number}", "timestamp": 1741177800 + number,
        "category": ["clausewatch", "clausewatch-notice"], **fields,
    }  # fmt: skip


def posted(*events: dict[str, Any]) -> bytes:
    """The body, with the newline that SendGrid ends it with: it is signed too."""
    return json.dumps(list(events)).encode() + b"\r\n"
