"""What the codes of mail servers say of an address: that it takes no mail at all, or not now. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REPLY = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")  # of SMTP, where no enhanced status is given

# Of the permanent ones (RFC 3463), those that are not the address's: the sender's address, a mailbox that is full, too
# large, loops and time-outs, content and policy. A server that blocks us today may not tomorrow
_PASSING = {"1.0", "1.7", "1.8", "2.2", "2.3", "2.4", "3.1", "3.2", "3.4", "4.5", "4.6", "4.7"}
_PASSING_SUBJECTS = {"5", "6", "7"}
# without a status, words that blame us or the moment: "550 relay not permitted" for all would end every subscription
_PASSING_WORDS = re.compile(
    "relay|sender|spam|block|polic|listed|denied|reputation|spf|dkim|dmarc|grey|rate|limit|quota|full|large|allowed",
    re.IGNORECASE,
)


def is_hard(*answers: str) -> bool:
    """Whether the address takes no mail at all, by a status and the words of a server.

    The finest code of all decides: many write 5.0.0 for everything. Without one the words do.

    >>> is_hard("5.0.0", "550 5.1.1 unknown"), is_hard("550 5.7.1 blocked"), is_hard("550 unknown"), is_hard("452 full")
    (True, False, True, False)
    """
    codes = _codes(answers)
    fine = [code for code in codes if code[1:] != ("0", "0")]
    if fine:
        kind, subject, detail = fine[0]
        return kind == "5" and subject not in _PASSING_SUBJECTS and f"{subject}.{detail}" not in _PASSING
    kinds = [code[0] for code in codes] + [found for text in answers for found in _REPLY.findall(text)]
    return bool(kinds) and kinds[0] == "5" and not any(map(_PASSING_WORDS.search, answers))


def is_surely_hard(answer: str) -> bool:
    """The same by a fine code alone: a server that refuses all we have, for a reason of ours, may say 550 too."""
    return is_hard(answer) and any(code[1:] != ("0", "0") for code in _codes([answer]))


def _codes(answers: Iterable[str]) -> list[tuple[str, ...]]:
    return [match.groups() for text in answers for match in _STATUS.finditer(text)]
