"""Which kinds of finding stand in a comparison, and which sentences then speak of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from clausewatch.model import Kind

from .kinds import Verdict
from .units import Unit

STANDS_FROM = 0.28
"""A kind stands where one sentence has this chance: kind F1 is as high from 0.26 to 0.36, vendors left out; alerts are
truer the higher it is, and fewer. Under it nothing is told."""

Told = tuple[Unit, Verdict]


def standing(told: Sequence[Told]) -> list[Told]:
    """Without the kinds of which no sentence is likely enough. Of a kind that stands the less likely sentences stay:
    where a section speaks of one thing, each of its sentences is likelier to, too."""
    best: dict[Kind, float] = defaultdict(float)
    for _, verdict in told:
        best[verdict.kind] = max(best[verdict.kind], verdict.chance)
    return [(unit, verdict) for unit, verdict in told if best[verdict.kind] >= STANDS_FROM]
