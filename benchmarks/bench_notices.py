"""Who is owed what among 100,000 subscribers, and how fast mails are rendered and handed to a loopback SMTP server."""

from __future__ import annotations

import json
import sys

from benchmarks.measuring import lasting, python

SUBSCRIBERS = 100_000
COMPARISONS = 1_000
MAILS = 2_000
_LONGEST_SECONDS = 600.0


def run() -> dict[str, float] | None:
    """Seconds, memory and growth of finding and queueing notices; mails a second. Ratios are of one run."""
    owed = _measured("owed", SUBSCRIBERS, COMPARISONS)
    half = _measured("owed", SUBSCRIBERS // 2, COMPARISONS)
    narrow = _measured("narrow", SUBSCRIBERS, COMPARISONS)
    sent = _measured("sent", MAILS, 20)
    return {
        "subscribers": SUBSCRIBERS,
        "comparisons": COMPARISONS,
        "matches": owed["matches"],
        "read_seconds": owed["read_seconds"],
        "index_seconds": owed["index_seconds"],
        "owed_seconds": owed["owed_seconds"],
        "all_seconds": owed["all_seconds"],
        "peak_mb": owed["peak_mb"],
        "microseconds_a_match": 1e6 * owed["owed_seconds"] / owed["matches"],
        "and_at_half": 1e6 * half["owed_seconds"] / half["matches"],
        "narrow_matches": narrow["matches"],
        "narrow_owed_seconds": narrow["owed_seconds"],
        "queued_a_second": owed["queued_a_second"],
        "mails": sent["mails"],
        "mails_a_second": sent["mails_a_second"],
    }


def _measured(what: str, subscribers: int, comparisons: int) -> dict[str, float]:
    """One measurement, in a process of its own: memory is that of nothing else."""
    code = f"from benchmarks.notice_speed import main; main({what!r}, {subscribers}, {comparisons})"
    measured: dict[str, float] = json.loads(lasting(python(code), seconds=_LONGEST_SECONDS))
    return measured


if __name__ == "__main__":
    json.dump(run(), sys.stdout, indent=1)
