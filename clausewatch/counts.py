"""Counts in words for people."""

from __future__ import annotations

from collections.abc import Mapping


def counted(number: int, noun: str) -> str:
    """The number with its noun, which is in the plural unless there is one.

    >>> counted(1, "notice"), counted(2, "new body"), counted(0, "address")
    ('1 notice', '2 new bodies', '0 addresses')
    """
    if number == 1:
        return f"{number} {noun}"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{number} {noun[:-1]}ies"
    return f"{number} {noun}es" if noun.endswith("s") else f"{number} {noun}s"


def counted_all(counts: Mapping[str, int]) -> str:
    """Several counts by nouns in the plural; other names stay as they are.

    >>> counted_all({"documents": 1, "bodies": 1, "versions": 2, "ledger": 1})
    '1 document, 1 body, 2 versions, 1 ledger'
    """
    return ", ".join(counted(count, _singular(name)) if name.endswith("s") else f"{count} {name}"
                     for name, count in counts.items())  # fmt: skip


def _singular(noun: str) -> str:
    return f"{noun[:-3]}y" if noun.endswith("ies") else noun[:-1]
