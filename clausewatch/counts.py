"""Counts in words for people."""

from __future__ import annotations


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
