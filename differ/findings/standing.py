"""Which kinds of finding stand in a comparison, and which sentences then speak of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from clausewatch.model import Kind

from .kinds import Verdict
from .units import Unit

TOLD_FROM = 0.33
"""Under this chance of its likeliest kind a comparison tells nothing: from 0.31 to 0.34 alerts are true in 0.89 to 0.91
and found in 0.94 to 0.95, vendors left out."""

STANDS_FROM = 0.28
"""In a comparison that tells something a kind stands where one sentence has this chance: kind F1 is as high from 0.26
to 0.3, vendors left out."""

Told = tuple[Unit, Verdict]


def standing(told: Sequence[Told]) -> list[Told]:
    """Without the kinds of which no sentence is likely enough. Of a kind that stands the less likely sentences stay:
    where a section speaks of one thing, each of its sentences is likelier to, too."""
    best: dict[Kind, float] = defaultdict(float)
    for _, verdict in told:
        best[verdict.kind] = max(best[verdict.kind], verdict.chance)
    if max(best.values(), default=0.0) < TOLD_FROM:
        return []
    return [(unit, verdict) for unit, verdict in told if best[verdict.kind] >= STANDS_FROM]
