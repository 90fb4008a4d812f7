"""Text of others made fit for one line of a mail or a header, and days as people write them. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime

ELLIPSIS = "…"
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ENOUGH = 10_000  # characters looked at to get a line that is shorter by far


def one_line(text: str) -> str:
    """The text without line breaks, control characters and bidi overrides, its spaces single: fit for a header."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def shortened(text: str, longest: int) -> str:
    """One line of at most ``longest`` characters, an ellipsis among them where it was cut."""
    line = one_line(text[:_ENOUGH])
    return line if len(line) <= longest and len(text) <= _ENOUGH else line[: longest - 1].rstrip() + ELLIPSIS


def in_days(at: date | datetime) -> str:
    """ "5 March 2025"."""
    return f"{at.day} {at:%B %Y}"
