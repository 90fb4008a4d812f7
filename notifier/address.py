"""Mail addresses that people give: one address, checked for form. Whether it works, the confirmation shows."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.headerregistry import Address

from clausewatch.errors import UsageError

LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3: a path of 256 with its angle brackets
LONGEST_LOCAL = 64  # RFC 5321, 4.5.3.1.1
LONGEST_DOMAIN = 253  # RFC 1035, 2.3.4, without the length bytes
_LONGEST_SHOWN = 80
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def checked_email(text: str) -> str:
    """The address as mail servers take it: trimmed, its domain in lower case ASCII (international ones in Punycode).

    Raises UsageError for what is no single address, or too long for mail.
    """
    trimmed = text.strip(" ")
    if not trimmed or not trimmed.isprintable():
        raise _refused(text, "give one address, as in name@example.com")
    if len(trimmed) > LONGEST_ADDRESS:
        raise _refused(text, f"an address has at most {LONGEST_ADDRESS} characters")
    try:
        address = Address(addr_spec=trimmed)
    except (HeaderParseError, ValueError, IndexError) as error:  # IndexError: its parser runs off the end of "a@"
        raise _refused(text, "give one address, as in name@example.com") from error
    has_comment = "(" in trimmed and not trimmed.startswith('"')
    if has_comment or not address.username or len(address.username) > LONGEST_LOCAL:
        raise _refused(text, "give one address, as in name@example.com")
    if not address.username.isascii():
        raise _refused(text, "letters before the @ must be ASCII, or many mail servers cannot take it")
    return Address(username=address.username, domain=_ascii_domain(address.domain, text)).addr_spec


def _ascii_domain(domain: str, text: str) -> str:
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise _refused(text, "its domain is none") from error
    if not _DOMAIN.fullmatch(ascii_domain) or len(ascii_domain) > LONGEST_DOMAIN:
        raise _refused(text, "its domain is none")
    return ascii_domain


def _refused(text: str, reason: str) -> UsageError:
    shown = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
    return UsageError(f"{shown!r} is no mail address that can be used; {reason}")
