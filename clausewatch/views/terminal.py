"""Rows for a terminal: broken at its width, painted where it has colours. What they say is for the views."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator

# could steer a terminal, or turn what follows around
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_WIDE = ("W", "F")  # characters that take two columns
_NARROWEST = 20
_MARKS = 4  # letters of no width of their own that one column may carry; bounds the work on what is no text

STYLES = {
    "-": "31;9", "+": "32;4", "-moved": "35;9", "+moved": "35;4", "bold": "1", "faint": "2",
    "low": "36", "medium": "33", "high": "31", "critical": "31;1", "recent": "33",
}  # fmt: skip


class Paper:
    """Gathers rows of at most ``width`` columns; knows whether they may be coloured."""

    def __init__(self, *, colour: bool, width: int) -> None:
        self.has_colour = colour
        self.width = max(width, _NARROWEST)
        self._rows: list[str] = []

    def text(self) -> str:
        return "\n".join(self._rows).rstrip("\n") + "\n"

    def blank(self) -> None:
        self._rows.append("")

    def say(self, text: str, *, indent: int = 0, style: str | None = None) -> None:
        """A line; the rows after its first are indented."""
        self.put([(text, style)], indent=indent)

    def put(self, pieces: Iterable[tuple[str, str | None]], *, indent: int = 0) -> None:
        """A line of pieces, each with a key of STYLES or None."""
        plain, styles = "", list[str | None]()
        for text, style in pieces:
            safe = _CONTROL.sub("", text)
            plain += safe
            styles += [style] * len(safe)
        for at, (start, end) in enumerate(_breaks(plain, self.width, indent)):
            self._rows.append(" " * (indent if at else 0) + self._painted(plain, styles, start=start, end=end))

    def _painted(self, plain: str, styles: list[str | None], *, start: int, end: int) -> str:
        row, at = "", start
        while at < end:
            upto = at
            while upto < end and styles[upto] == styles[at]:
                upto += 1
            style = styles[at] if self.has_colour else None
            row += f"\x1b[{STYLES[style]}m{plain[at:upto]}\x1b[0m" if style else plain[at:upto]
            at = upto
        return row


def _breaks(text: str, width: int, indent: int) -> Iterator[tuple[int, int]]:
    """Where rows begin and end: cut at spaces, and where a word is longer than a row, within it."""
    start = end = 0
    room = width
    for match in re.finditer(r"\S+", text):
        first, last = match.span()
        if end > start and _is_wider(text, start, last, room=room):
            yield start, end
            start, room = first, width - indent
        while _is_wider(text, start, last, room=room):
            cut = _fitting(text, start, last, room=room)
            yield start, cut
            start, room = cut, width - indent
        end = last
    if end > start or not text.strip():
        yield start, end


def _is_wider(text: str, start: int, end: int, *, room: int) -> bool:
    return end - start > room * _MARKS or sum(map(_columns, text[start:end])) > room


def _fitting(text: str, start: int, end: int, *, room: int) -> int:
    """How far a row goes; by one character at least."""
    taken = 0
    for at in range(start, min(end, start + room * _MARKS)):
        taken += _columns(text[at])
        if taken > room and at > start:
            return at
    return min(end, start + room * _MARKS)


@functools.cache
def _columns(letter: str) -> int:
    if letter.isascii():
        return 1
    return 0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in _WIDE)
