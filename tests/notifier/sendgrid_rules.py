"""What SendGrid asks of a request to ``/v3/mail/send``, read from its published description and its page of errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

MOST_PERSONALIZATIONS = 1000
MOST_CATEGORIES, LONGEST_CATEGORY = 10, 255
MOST_BYTES_OF_ARGS = MOST_BYTES_OF_SUBSTITUTIONS = 10_000
KNOWN = {
    "personalizations", "from", "reply_to", "reply_to_list", "subject", "content", "attachments", "template_id",
    "headers", "categories", "custom_args", "send_at", "batch_id", "asm", "ip_pool_name", "mail_settings",
    "tracking_settings",
}  # fmt: skip
KNOWN_OF_PERSONS = {
    "from", "to", "cc", "bcc", "subject", "headers", "substitutions", "dynamic_template_data", "custom_args", "send_at",
}  # fmt: skip
OURS_TO_SET = (
    "x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding to from subject reply-to cc bcc"
)
_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+")


def problems(body: Mapping[str, Any]) -> list[str]:
    """Everything about the request that SendGrid would refuse; empty where it would take it."""
    return [*_of_request(body), *(problem for person in body.get("personalizations", []) for problem in _of(person))]


def _of_request(body: Mapping[str, Any]) -> Iterator[str]:
    persons = body.get("personalizations", [])
    if not 1 <= len(persons) <= MOST_PERSONALIZATIONS:
        yield f"{len(persons)} personalizations"
    if sum(len(person.get("to", [])) for person in persons) > MOST_PERSONALIZATIONS:
        yield "too many recipients"
    if not _is_address(body.get("from")):
        yield "from is no address"
    if not body.get("subject"):
        yield "no subject"
    yield from (f"unknown field {name}" for name in body.keys() - KNOWN)
    kinds = [part["type"] for part in body.get("content", [])]
    if not kinds or kinds != sorted(kinds, key=["text/plain", "text/html"].index):
        yield f"content must be plain text, then HTML: {kinds}"
    if any(not part["value"] for part in body.get("content", [])):
        yield "content is empty"
    categories = body.get("categories", [])
    if len(categories) > MOST_CATEGORIES or len(set(categories)) < len(categories):
        yield "too many categories, or one twice"
    if any(len(category) > LONGEST_CATEGORY for category in categories):
        yield "a category is too long"


def _of(person: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"unknown field {name} of a personalization" for name in person.keys() - KNOWN_OF_PERSONS)
    if not person.get("to") or not all(map(_is_address, person["to"])):
        yield "to is no address"
    for name in ("headers", "custom_args", "substitutions"):
        if not all(isinstance(value, str) for value in person.get(name, {}).values()):
            yield f"{name} must be strings"
    for name in person.get("headers", {}):
        if name.lower() in OURS_TO_SET.split():
            yield f"header {name} is set by SendGrid"
    for name, most in (("custom_args", MOST_BYTES_OF_ARGS), ("substitutions", MOST_BYTES_OF_SUBSTITUTIONS)):
        if sum(len(key.encode()) + len(value.encode()) for key, value in person.get(name, {}).items()) > most:
            yield f"{name} are too large"


def _is_address(value: Any) -> bool:
    return isinstance(value, dict) and bool(_EMAIL.fullmatch(str(value.get("email"))))
