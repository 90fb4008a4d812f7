"""Replay a peer's recorded versions as if crawled live: are returns kept quiet, is every lasting text told once, and
how soon? What is a new text is told from the peer's own record, by its words, not by what we made of it.

    python -m benchmarks.score_replay [HOME]

With HOME what an earlier run imported there is scored again. Needs ``../shared/corpus`` beside the checkout.
"""

from __future__ import annotations

import hashlib
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from archive import open_archive
from archive.documents import list_documents, slug_of
from archive.texts import looks_of
from benchmarks.measuring import CORPUS, clausewatch, measure
from clausewatch.jobs.derivation import shapes_of
from clausewatch.jobs.importing import Imported
from clausewatch.jobs.ota import LOOK_INTERVAL, read_repository
from clausewatch.model import Look
from clausewatch.settings import Settings
from differ.shapes import Shape
from differ.timeline import Run, timeline_of

BUNDLE = CORPUS / "replay" / "ota-versions.bundle"
LASTING = timedelta(days=7)
EXPORTED = ("snapshots", "comparisons")

MOST_LOOKS = 5  # of a text, after which nothing is decided by one more

Row = dict[str, Any]
Told = dict[str, timedelta]  # by the snapshot that showed the text first, how long after it was told

_WORD = re.compile(r"[^\W_]+")
_NO_WORDS = re.compile(r"!\[[^\]]*\]\([^()]*\)|\]\([^()]*\)|(?:https?://|www\.|data:)\S+")


@dataclass
class Recorded:
    """A text that the peer recorded, from one commit to the next that has other words."""

    words: str  # hash of its words
    at: datetime
    until: datetime
    is_new: bool  # these words were not recorded before
    is_upgrade: bool  # by the peer's own new rules


@dataclass
class Scored:
    """What the replay came to, over all documents."""

    counts: Counter[str] = field(default_factory=Counter)
    hours: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # what is worth a look

    def figures(self) -> dict[str, float]:
        count = self.counts
        hours = sorted(self.hours)
        return {
            "documents": count["documents"],
            "notified": count["notified"],
            "notified_returns_share": count["returns"] / max(count["notified"], 1),
            "lasting_new_texts": count["lasting"],
            "lasting_decided_share": count["decided"] / max(count["lasting"], 1),
            "lasting_material": count["material"],
            "lasting_material_told_once_share": count["told once"] / max(count["material"], 1),
            "told_more_than_once": count["told again"],
            "delay_median_hours": statistics.median(hours) if hours else 0.0,
            "delay_p95_hours": hours[len(hours) * 95 // 100] if hours else 0.0,
            "delay_most_hours": hours[-1] if hours else 0.0,
        }


def run(home: Path | None = None) -> dict[str, float] | None:
    """The figures, None without the corpus."""
    scored = score(home)
    return None if scored is None else scored.figures()


def score(home: Path | None = None) -> Scored | None:
    """Import all documents of the bundle as live, unless ``home`` holds them already, and score."""
    if not BUNDLE.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        repository, scored = Path(folder, "versions"), Scored()
        subprocess.run(["git", "clone", "-q", str(BUNDLE), "-b", "main", str(repository)], check=True)
        home = home or Path(folder, "home")
        if not home.exists():
            measure(clausewatch("import", "ota", repository, "--as-live"), home=home)
        measure(clausewatch("export", "jsonl", Path(folder, "export")), home=home)
        snapshots, comparisons = (_by_document(Path(folder, "export", f"{name}.jsonl")) for name in EXPORTED)
        told_after = _told_after(home)
        for document, recorded in _recorded(repository).items():
            _score_document(recorded, snapshots[document], comparisons.get(document, []), told_after[document], scored)
    return scored


def _by_document(path: Path) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    with path.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            found.setdefault(f"{row['vendor']}/{row['document']}", []).append(row)
    return found


# --- what the peer recorded -----------------------------------------------------------------------------------


def _recorded(repository: Path) -> dict[str, list[Recorded]]:
    """For each document, by vendor and type, the texts that were recorded, in order."""
    found: dict[str, list[Recorded]] = {}
    for record in read_repository(repository, Imported()):
        texts = found.setdefault(f"{slug_of(record.naming.vendor)}/{slug_of(record.naming.type)}", [])
        words = _words_hash(record.body.decode("utf-8", "replace"))
        until = (record.seen_at or record.captured_at) + LOOK_INTERVAL
        if texts and texts[-1].words == words:
            texts[-1] = replace(texts[-1], until=until)
            continue
        is_new = all(text.words != words for text in texts)
        texts.append(Recorded(words, record.captured_at, until, is_new, record.is_upgrade))
    return found


def _words_hash(body: str) -> str:
    return hashlib.sha256(" ".join(_WORD.findall(_NO_WORDS.sub(" ", body).lower())).encode()).hexdigest()


# --- against what we made of it -------------------------------------------------------------------------------


def _score_document(
    recorded: Sequence[Recorded], snapshots: Sequence[Row], comparisons: Sequence[Row], told_after: Told, scored: Scored
) -> None:
    """``snapshots`` and ``comparisons`` are those of the document, as they are exported."""
    count = scored.counts
    count["documents"] += 1
    shown = {snapshot["id"]: _text_at(recorded, snapshot["captured_at"]) for snapshot in snapshots}
    versions: dict[str, Recorded] = {}  # the text that a version showed first
    for snapshot in snapshots:
        if snapshot["version"]:
            versions.setdefault(snapshot["version"], shown[snapshot["id"]])
    led: dict[str, list[Row]] = {}
    for row in comparisons:
        after = versions.get(row["after"]["id"])
        if after is None:
            continue
        led.setdefault(after.words, []).append(row)
        count["notified"] += row["notify"]
        if row["notify"] and not after.is_new:
            count["returns"] += 1
            scored.lines.append(f"a return is told: {_line(row, after)}")
    delays = {shown[snapshot].words: delay for snapshot, delay in told_after.items()}
    for text in recorded[1:]:
        if text.is_new and not text.is_upgrade and text.until - text.at >= LASTING:
            _score_text(text, led.get(text.words, []), [snapshots[0]["vendor"], snapshots[0]["document"]], scored)
        if text.is_new and text.words in delays:
            scored.hours.append(delays[text.words] / timedelta(hours=1))


def _text_at(recorded: Sequence[Recorded], at: str) -> Recorded:
    moment = datetime.fromisoformat(at)
    return [text for text in recorded if text.at <= moment][-1]


def _score_text(text: Recorded, led: Sequence[Row], names: Sequence[str], scored: Scored) -> None:
    """``led`` are the comparisons that lead to it."""
    count, told = scored.counts, sum(row["notify"] for row in led)
    is_decided = any(row["state"] == "confirmed" for row in led)
    is_material = any(row["material"] for row in led if row["state"] != "unstable")
    count["lasting"] += 1
    count["decided"] += is_decided
    count["material"] += is_material
    count["told once"] += is_material and told == 1
    count["told again"] += told > 1
    if not is_decided or told > 1 or (is_material and not told):
        days = (text.until - text.at) / timedelta(days=1)
        scored.lines.append(
            f"told {told} times: {'/'.join(names)} {text.at:%Y-%m-%d %H:%M}, {days:.0f} days: "
            + (", ".join(sorted(f"{row['state']}{' material' * row['material']}" for row in led)) or "no version")
        )


def _line(row: Row, after: Recorded) -> str:
    return f"{row['vendor']}/{row['document']} {after.at:%Y-%m-%d %H:%M} {row['id']}"


# --- how soon -------------------------------------------------------------------------------------------------


def _told_after(home: Path) -> dict[str, Told]:
    """For each document the texts that a crawl every twelve hours would have told, and how long after its first look:
    the timeline is derived from ever more of the looks."""
    found: dict[str, Told] = {}
    with open_archive(Settings(home=home)) as archive, archive.read() as connection:
        for document in list_documents(connection):
            looks = looks_of(connection, document)
            found[document.name] = _waits(looks, shapes_of(connection, looks))
    return found


def _waits(looks: Sequence[Look], shapes: Mapping[str, Shape]) -> Told:
    whole = timeline_of(looks, shapes)
    waits: Told = {}
    for step in whole.steps:
        if step.may_notify:
            run = whole.runs[step.after]
            later = [each.first_at for each in whole.runs[step.after + 1 : step.after + 2]]
            moments = sorted({*(run.first_at + number * LOOK_INTERVAL for number in range(MOST_LOOKS)), *later})
            told_at = next((moment for moment in moments if _is_told(looks, shapes, run, moment)), None)
            if told_at is not None:
                waits[run.snapshots[0]] = told_at - run.first_at
    return waits


def _is_told(looks: Sequence[Look], shapes: Mapping[str, Shape], run: Run, moment: datetime) -> bool:
    seen = timeline_of([_as_of(look, moment) for look in looks if look.captured_at <= moment], shapes)
    return any(step.may_notify and seen.runs[step.after].key == run.key for step in seen.steps)


def _as_of(look: Look, moment: datetime) -> Look:
    sightings = min(look.sightings, 1 + (moment - look.captured_at) // LOOK_INTERVAL)
    return replace(look, sightings=sightings, seen_at=look.captured_at + (sightings - 1) * LOOK_INTERVAL)


def main(arguments: Sequence[str]) -> int:
    """Print the figures, and what falls short of them."""
    scored = score(Path(arguments[0]) if arguments else None)
    if scored is None:
        print(f"{BUNDLE}: is not there; nothing to score")
        return 0
    print("\n".join(sorted(scored.lines)))
    for name, value in scored.figures().items():
        print(f"{name:34} {value:.4g}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
