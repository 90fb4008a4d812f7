"""The words of a text as runs of letters, for counting by lists of words."""

from __future__ import annotations

import re

__all__ = ["letter_runs"]

_WORD = re.compile(r"[^\W\d_]+")
_BEYOND_LATIN = re.compile(r"[^\W\d_\x00-\xff]")
_BLANKED = bytes(code if _WORD.match(chr(code)) else 32 for code in range(256))


def letter_runs(text: str, most: int | None = None) -> list[str]:
    """The runs of letters in a text, in its order; only the first of them if ``most`` is given.

    >>> letter_runs("What we don't keep: 2 façades, x2y")
    ['What', 'we', 'don', 't', 'keep', 'façades', 'x', 'y']
    """
    if text.isascii() or not _BEYOND_LATIN.search(text):
        # One byte a letter: blanking the others and splitting is several times faster than the expression.
        return (
            text.encode("latin-1", "replace")
            .translate(_BLANKED)
            .decode("latin-1")
            .split(None, -1 if most is None else most)[:most]
        )
    return _WORD.findall(text)[:most]
