"""What standard output is: how wide, and whether it shows colours."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass

WIDEST = 120
"""Columns; longer lines are hard to read."""

IN_A_FILE = 100
"""Columns where nobody says how wide it is."""


@dataclass(frozen=True, slots=True)
class Screen:
    """Columns, and whether colours are seen."""

    width: int
    has_colour: bool


def screen() -> Screen:
    """The screen that standard output is; a pipe or a file has no colours. NO_COLOR and TERM=dumb turn them off,
    FORCE_COLOR on, as https://no-color.org and https://force-color.org say."""
    width = min(shutil.get_terminal_size((IN_A_FILE, 24)).columns, WIDEST)
    is_refused = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    is_forced = bool(os.environ.get("FORCE_COLOR"))
    return Screen(width, has_colour=not is_refused and (is_forced or sys.stdout.isatty()))
