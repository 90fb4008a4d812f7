"""Timelines from stories. In a story each word is a look, a day after the one before: a letter is a text, a capital
one was seen live, a small one in an archive; ``A3`` was found three times, ``!`` is a fault of the page, ``A^`` is a
peer's upgrade."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from clausewatch.model import Fault, Look
from differ.doubts import signals_to_json
from differ.faults import Signals
from differ.shapes import Piece, Shape
from differ.timeline import Run, Step, Timeline, timeline_of

START = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

# what the texts hold: B and C are edits of A in one paragraph, E keeps what B changed and changes more. V is another
# variant of A, W an edit of V; X makes the edit in A that W made in V
HOLDS = {
    "A": (1, 2, 3, 4), "B": (1, 2, 3, 5), "C": (1, 2, 3, 6), "D": (1, 2, 3, 7), "E": (1, 2, 8, 5), "S": (1, 2, 3),
    "T": (1, 2), "V": (1, 2, 13, 14), "W": (1, 9, 13, 14), "X": (1, 9, 3, 4), "Y": (1, 10, 3, 4),
}  # fmt: skip
SHAPES = {letter: Shape(tuple(Piece(number, 60, False) for number in ids)) for letter, ids in HOLDS.items()}


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def look(word: str, number: int) -> Look:
    letter, sightings = word[0].upper(), int(word[1:].rstrip("^") or 1)
    return Look(
        snapshot=f"{number:03}", captured_at=day(number), seen_at=day(number) + (sightings - 1) * HOUR,
        sightings=sightings, is_live=word[0].isupper() or word[0] == "!", is_upgrade=word.endswith("^"),
        text=None if letter == "!" else letter, key=None if letter == "!" else letter,
        fault=Fault.BOT_WALL if letter == "!" else None, fault_reason="a wall" if letter == "!" else None,
        signals=signals_to_json(Signals(500, 0.1, "en", (1, 2, 3))),
    )  # fmt: skip


def looks(story: str) -> list[Look]:
    return [look(word, number) for number, word in enumerate(story.split())]


def timeline(story: str, *, was: dict[str, str] | None = None) -> Timeline:
    return timeline_of(looks(story), SHAPES, was=was)


def runs(story: str) -> tuple[Run, ...]:
    return timeline(story).runs


def steps(story: str, *, was: dict[str, str] | None = None) -> tuple[tuple[Run, ...], tuple[Step, ...]]:
    found = timeline(story, was=was)
    return found.runs, found.steps


def states(story: str) -> str:
    """The states of the steps between neighbours."""
    _, found = steps(story)
    return " ".join(step.state for step in found if step.after == step.before + 1)


def told(story: str) -> list[str]:
    """What subscribers hear of."""
    found, made = steps(story)
    return [found[step.before].key + found[step.after].key for step in made if step.may_notify]
