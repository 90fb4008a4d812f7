"""Good histories beside those of the captures: neighbouring versions of many vendors, and the replay. What is held of
them is held wrongly, or is worth a look."""

from __future__ import annotations

import html
import json
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measuring import CORPUS
from clausewatch.model import Block, BlockKind, Look, Reading
from differ import read
from differ.doubts import doubts_of, signals_to_json
from differ.faults import signals_of

_DAY = datetime(2026, 1, 1, tzinfo=UTC)
SHORT_POLICY = 3  # paragraphs of 20 to 80 words each


def look_of(reading: Reading, *, id: str, at: datetime) -> Look:
    """A reading as the archive hands it to the timeline."""
    return Look(
        snapshot=id, captured_at=at, seen_at=at, sightings=1, is_live=True, is_upgrade=False,
        text=id if reading.text.blocks else None, key=reading.text.key if reading.text.blocks else None,
        fault=reading.fault, fault_reason=reading.fault_reason,
        signals=signals_to_json(signals_of(reading)),
    )  # fmt: skip


def pairs() -> list[tuple[Path, Path, str]]:
    """The pairs of the corpus: before, after, document type."""
    rows = [json.loads(line) for line in (CORPUS / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    folder = CORPUS / "pairs"
    return [(folder / f"{row['id']}.before.md", folder / f"{row['id']}.after.md", row["document"]) for row in rows]


def held_pairs() -> tuple[int, list[str]]:
    """How many pairs of neighbouring versions there are, and those of which a side is held."""
    held = []
    for before, after, kind in (found := pairs()):
        looks = [
            look_of(read(path.read_bytes(), name=path.name, document_type=kind), id=path.name, at=_DAY + timedelta(day))
            for day, path in enumerate((before, after))
        ]
        faults = doubts_of(looks).faults
        held += [f"{name}: {fault.value}: {reason}" for name, (fault, reason) in faults.items()]
    return len(found), held


def held_pages() -> tuple[int, list[str]]:
    """The texts of the pairs as pages of their own, whole and as short as three paragraphs, with and without a name."""
    count, held = 0, []
    for _, after, kind in pairs():
        blocks = read(after.read_bytes(), name=after.name, document_type=kind).text.blocks
        short = [block for block in blocks if block.kind is BlockKind.PARAGRAPH and 20 <= block.text.count(" ") < 80]
        some = short[SHORT_POLICY : 2 * SHORT_POLICY]
        pages = [_page(blocks, title="")]
        if len(some) == SHORT_POLICY:
            pages += [_page(some, title=""), _page([Block(BlockKind.HEADING, kind, 1), *some], title=kind)]
        for page in pages:
            count += 1
            reading = read(page, content_type="text/html", document_type=kind)
            if reading.fault:
                held.append(f"{after.name}, {reading.text.words} words: {reading.fault.value}: {reading.fault_reason}")
    return count, held


def _page(blocks: Sequence[Block], *, title: str) -> bytes:
    tags = ["h2" if block.kind is BlockKind.HEADING else "p" for block in blocks]
    lines = [f"<{tag}>{html.escape(block.text)}</{tag}>" for tag, block in zip(tags, blocks, strict=True)]
    return f"<!doctype html><html><head><title>{title}</title></head><body>{''.join(lines)}</body></html>".encode()


# --- the replay -------------------------------------------------------------------------------------------------


def replay(*, longest: int = 10_000) -> tuple[int, int, list[str]]:
    """Of the replay's records, how many there are, how many are held, and the texts that are held for ever."""
    bundle = next(iter((CORPUS / "replay").glob("*.bundle")), None)
    if bundle is None:
        return 0, 0, []
    total = held_count = 0
    for_ever: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "-q", "-b", "main", str(bundle), folder], check=True, capture_output=True)
        for path, records in _records(Path(folder)).items():
            looks = []
            for commit, at in records[:longest]:
                body = _git(folder, "show", f"{commit}:{path}")
                reading = read(body, name="x.md", document_type=Path(path).stem)
                looks.append(look_of(reading, id=commit, at=at))
            looks.sort(key=lambda look: look.captured_at)
            held = doubts_of(looks).faults
            total, held_count = total + len(looks), held_count + len(held)
            free = {look.key for look in looks if look.snapshot not in held}
            for_ever += [
                f"{path}@{look.captured_at:%F} {held[look.snapshot]}" for look in looks if look.key not in free
            ]
    return total, held_count, for_ever


def _records(folder: Path) -> dict[str, list[tuple[str, datetime]]]:
    log = _git(str(folder), "-c", "core.quotepath=off", "log", "--reverse", "--format=@%H %aI", "--name-only").decode()
    records: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    commit, at = "", _DAY
    for line in log.splitlines():
        if line.startswith("@"):
            commit, written = line[1:].split(" ")
            at = datetime.fromisoformat(written).astimezone(UTC)
        elif line.endswith(".md") and "/" in line:
            records[line].append((commit, at))
    return records


def _git(folder: str, *words: str) -> bytes:
    return subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True).stdout
