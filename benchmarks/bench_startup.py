"""What a command costs before it does anything: processor seconds, and as a multiple of bare Python's start."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measuring import best, clausewatch, python

BEFORE = "# Lamp policy\n\n## Retention\n\nWe keep your whistles for 18 months after your last whistle.\n"


def run() -> dict[str, float]:
    """Help and a small diff, best of five."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before.md"), Path(folder, "after.md")
        before.write_text(BEFORE)
        after.write_text(BEFORE.replace("18", "24"))
        bare = best(python("pass")).cpu_seconds
        shown = best(clausewatch("--help")).cpu_seconds
        compared = best(clausewatch("diff", before, after)).cpu_seconds
    return {
        "python_cpu_seconds": bare,
        "help_cpu_seconds": shown,
        "help_times_python": shown / bare,
        "diff_cpu_seconds": compared,
        "diff_times_python": compared / bare,
    }
