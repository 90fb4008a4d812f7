"""Takes out of what is logged whatever tells of a person: mail addresses, IP addresses, tokens, names beside them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

PERSONAL = frozenset({
    "address", "authorization", "client", "client_addr", "cookie", "cookies", "email", "ip", "name", "password", "peer",
    "recipient", "secret", "subscriber", "to", "token", "webhook",
})  # fmt: skip
"""Fields that are dropped, whatever they hold."""

_AT = r"(?:@|%40)"
_NAME = r"(?:\"[^\"\n]{1,100}\"\s*|(?:[A-Z\u00c0-\uffff][\w.'-]{0,60}\s{1,9}){1,4})?"
_BEFORE_AT = r"[^\s<>()\[\]\"',;]{1,200}"
_MAIL = re.compile(rf"{_NAME}<{_BEFORE_AT}{_AT}[^<>\s]+>|{_BEFORE_AT}{_AT}[^\s<>()\[\]\"',;:/]+")
_TOKENS = re.compile(
    r"\b[0-9a-f]{16}\.[0-9]{1,12}\.[A-Za-z0-9_-]{20,}"  # what signed links end in
    r"|\bcw_[A-Za-z0-9_-]{20,}|\bwhsec_[A-Za-z0-9+/=]{16,}|\bSG\.[A-Za-z0-9._-]{16,}"
    r"|(?i:password|passwd|secret|access_key)=[^\s'\"&]+"  # as addresses of databases and environments have them
    r"|\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}"
)
_IP = re.compile(
    r"(?<![\w.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w]|\.[0-9])"
    r"|(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\.[0-9]{1,3}){0,3}(?![\w])"
)


def masked(value: Any) -> Any:
    """The value without what tells of a person: text masked, also within lists and mappings, whose personal fields are
    dropped; what is neither text nor a number becomes text.

    >>> masked({"event": "no answer of ada@example.com", "email": "ada@example.com", "looks": 2})
    {'event': 'no answer of [address]', 'looks': 2}
    """
    match value:
        case str():
            return _masked_text(value)
        case None | bool() | int() | float():
            return value
        case Mapping():
            return {str(name): masked(each) for name, each in value.items() if str(name).lower() not in PERSONAL}
        case list() | tuple() | set() | frozenset():
            return [masked(each) for each in value]
    return _masked_text(str(value))


def _masked_text(text: str) -> str:
    text = _TOKENS.sub("[token]", text)
    if "@" in text or "%40" in text:
        text = _MAIL.sub("[address]", text)
    return _IP.sub(_masked_ip, text)


def _masked_ip(found: re.Match[str]) -> str:
    """An address of this machine to itself tells of nobody; a time of day is none."""
    try:
        address = ipaddress.ip_address(found[0])
    except ValueError:
        return found[0]
    return found[0] if address.is_loopback or address.is_unspecified else "[ip]"
