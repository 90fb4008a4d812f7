"""The note that an archived text begins with: where it was taken from, and when. It is no part of the policy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import unquote

NOTE_LINES = 3
"""How many lines that are not empty may hold the note."""

_NOTE = re.compile(
    r"text is extracted and transformed from the (?P<domain>[\w.-]+\.\w+) (?P<type>[\w '&/-]+?) "
    r"that was archived on (?P<day>\d{4}-\d{2}-\d{2})",
    re.IGNORECASE,
)
_PLAYBACK = re.compile(r"https?://[\w.:-]+/web/(?P<time>\d{14})(?:[a-z]{2}_)?/(?P<url>https?[^\s)>\]]+)")


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the note says."""

    domain: str
    type: str  # "privacy policy", as the note has it
    archived_on: str  # YYYY-MM-DD
    archived_at: datetime | None  # where the note links to the archive's copy
    url: str | None  # the original address, likewise


def is_note(line: str) -> bool:
    """Whether the line is such a note."""
    return _NOTE.search(line) is not None


def provenance_of(text: str) -> Provenance | None:
    """What the note in the first lines says, or None where there is none, or its day is no day."""
    lines = [line for line in text[:5000].splitlines() if line.strip()][:NOTE_LINES]
    note = next((match for line in lines if (match := _NOTE.search(line))), None)
    if note is None:
        return None
    try:
        day = date.fromisoformat(note["day"])
    except ValueError:
        return None
    playback = _PLAYBACK.search(note.string)
    return Provenance(
        domain=note["domain"].lower(),
        type=note["type"],
        archived_on=day.isoformat(),
        archived_at=_instant(playback["time"]) if playback else None,
        url=unquote(playback["url"]) if playback else None,
    )


def _instant(digits: str) -> datetime | None:
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
