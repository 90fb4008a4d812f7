"""What is right, wrong and missed in comparisons that people have labelled, and how sure the figures are.

Pure: rows of ``diff --pairs`` and labels in, figures out. Reading and comparing is for evaluate.py."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clausewatch.model import Kind

RESAMPLES = 1000
"""Draws of as many vendors as there are, with repeats; the figures of the middle 95 in 100 are the interval."""

NAMED_FROM = 0.5
"""Share of the words of a labelled subject that a finding must hold to have named it."""

_WORD = re.compile(r"[\w'-]+")
_SMALL_WORDS = frozenset(
    "a an and are as be by for from in is its new now of on or our the their to with your".split()  # noqa: SIM905  # read so
)


@dataclass(frozen=True, slots=True)
class LabelledChange:
    """A material change as a reader saw it."""

    kind: str
    direction: str
    effect: str
    subject: str


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """What a reader said of a pair of versions."""

    id: str
    vendor: str
    is_material: bool
    is_artefact: bool
    changes: tuple[LabelledChange, ...]
    summary: str

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(change.kind for change in self.changes)


@dataclass(frozen=True, slots=True)
class Figure:
    """A share with the bounds of its 95 % interval, and out of how many; None where there is nothing to share."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    of: int


@dataclass(frozen=True, slots=True)
class Miss:
    """A pair on which comparison and reader differ."""

    pair: LabelledPair
    error: str  # "false alert", "missed alert", "wrong kinds"
    wrong: tuple[str, ...]  # kinds that were found, and the reader did not see
    missed: tuple[str, ...]

    @property
    def weight(self) -> int:
        return len(self.wrong) + len(self.missed) + (self.error != "wrong kinds")


Tally = Counter[str]
"""Counts by name: ``alert right``, ``kind data missed``, ..."""


def tally_of(pair: LabelledPair, row: Mapping[str, Any]) -> Tally:
    """The counts of one pair. A row that is an error, or none, has found nothing."""
    findings = row.get("findings") or []
    tally: Tally = Counter()
    tally[f"alert {_outcome(pair.is_material, bool(findings))}"] += 1
    found = frozenset(finding["kind"] for finding in findings)
    for kind in pair.kinds | found:
        outcome = _outcome(kind in pair.kinds, kind in found)
        tally[f"kind {outcome}"] += 1
        tally[f"kind {kind} {outcome}"] += 1
    said = frozenset((change.kind, change.direction) for change in pair.changes)
    seen = frozenset((finding["kind"], finding["direction"]) for finding in findings)
    for each in said | seen:
        tally[f"direction {_outcome(each in said, each in seen)}"] += 1
    for change in pair.changes:
        naming = [finding for finding in findings if finding["kind"] == change.kind and names(change.subject, finding)]
        tally[f"subject {_outcome(True, bool(naming))}"] += 1
        if naming:
            tally[f"effect {_outcome(True, any(each['effect'] == change.effect for each in naming))}"] += 1
    if pair.is_artefact:
        tally[f"artefact {_outcome(True, bool(row.get('artefact')))}"] += 1
    tally.update(_evidence(row, findings))
    return tally


def _outcome(is_there: bool, is_found: bool) -> str:
    if is_there:
        return "right" if is_found else "missed"
    return "wrong" if is_found else "quiet"


def names(subject: str, finding: Mapping[str, Any]) -> bool:
    """Whether a finding holds, in its subject or its quotes, at least half of the words of a labelled subject."""
    wanted = _words(subject)
    sides = ((finding.get(side) or {}).get("quote", "") for side in ("before", "after"))
    held = _words(" ".join((finding["subject"], *sides)))
    return bool(wanted) and len(wanted & held) >= NAMED_FROM * len(wanted)


def _words(line: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(line)) - _SMALL_WORDS


def _evidence(row: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> Tally:
    """Whether each quote stands at its offsets in the text that the sections of the row make."""
    tally: Tally = Counter()
    for side, op in (("before", "-"), ("after", "+")):
        text = _text_of(row, side=side, op=op)
        for quote in (finding[side] for finding in findings if finding.get(side)):
            tally[f"evidence {_outcome(True, text[quote['start'] : quote['end']] == quote['quote'])}"] += 1
    return tally


def _text_of(row: Mapping[str, Any], *, side: str, op: str) -> str:
    start = f"{side}_start"
    sections = sorted((s for s in row.get("sections") or [] if s[start] is not None), key=lambda s: int(s[start]))
    return "".join(edit[1] for section in sections for edit in section["edits"] if edit[0] in ("=", op))


def miss_of(pair: LabelledPair, row: Mapping[str, Any]) -> Miss | None:
    """Where comparison and reader differ about kinds or the alert; None where they agree."""
    found = frozenset(finding["kind"] for finding in row.get("findings") or [])
    if found == pair.kinds and bool(found) == pair.is_material:
        return None
    error = "wrong kinds"
    if bool(found) != pair.is_material:
        error = "missed alert" if pair.is_material else "false alert"
    return Miss(pair, error, tuple(sorted(found - pair.kinds)), tuple(sorted(pair.kinds - found)))


# --- figures --------------------------------------------------------------------------------------------------

_Counts = Mapping[str, int]


def _precision(counts: _Counts, name: str) -> tuple[int, int]:
    right = counts.get(f"{name} right", 0)
    return right, right + counts.get(f"{name} wrong", 0)


def _recall(counts: _Counts, name: str) -> tuple[int, int]:
    right = counts.get(f"{name} right", 0)
    return right, right + counts.get(f"{name} missed", 0)


def _f1(counts: _Counts, name: str) -> tuple[int, int]:
    right = 2 * counts.get(f"{name} right", 0)
    return right, right + counts.get(f"{name} wrong", 0) + counts.get(f"{name} missed", 0)


_Share = Callable[[_Counts, str], tuple[int, int]]

_FIGURES: tuple[tuple[str, _Share, str], ...] = (
    ("alert precision", _precision, "alert"), ("alert recall", _recall, "alert"), ("alert F1", _f1, "alert"),
    ("kind precision", _precision, "kind"), ("kind recall", _recall, "kind"), ("kind F1", _f1, "kind"),
    ("kind and direction F1", _f1, "direction"), ("subject recall", _recall, "subject"),
    ("effect right, where the subject is named", _recall, "effect"), ("artefact recall", _recall, "artefact"),
    ("quotes at their offsets", _recall, "evidence"),
)  # fmt: skip
_KIND_FIGURES = tuple((f"{kind.value} F1", _f1, f"kind {kind.value}") for kind in Kind)


def figures_of(tallies: Sequence[tuple[str, Tally]], *, seed: int = 0) -> tuple[list[Figure], list[Figure]]:
    """The figures over all, and the F1 of each kind; ``tallies`` holds a vendor and its counts for each pair.

    Intervals are percentiles over vendors drawn with repeats: pairs of one vendor are alike. Same seed, same bounds.
    """
    by_vendor: dict[str, Tally] = defaultdict(Counter)
    for vendor, tally in tallies:
        by_vendor[vendor].update(tally)
    vendors = [by_vendor[vendor] for vendor in sorted(by_vendor)]
    total: Tally = sum((tally for _, tally in tallies), Counter())
    draws = list(_draws(vendors, seed=seed))
    overall, kinds = (
        [_figure(*each, total=total, draws=draws) for each in wanted] for wanted in (_FIGURES, _KIND_FIGURES)
    )
    return overall, kinds


def _draws(vendors: Sequence[Tally], *, seed: int) -> list[dict[str, int]]:
    holders: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for at, tally in enumerate(vendors):
        for name, count in tally.items():
            holders[name].append((at, count))
    source, draws = random.Random(seed), []  # noqa: S311  # nothing secret is drawn
    for _ in range(RESAMPLES if vendors else 0):
        times = Counter(source.choices(range(len(vendors)), k=len(vendors)))
        draws.append({name: sum(times[at] * count for at, count in held) for name, held in holders.items()})
    return draws


def _figure(name: str, share: _Share, counted: str, *, total: _Counts, draws: Sequence[_Counts]) -> Figure:
    part, whole = share(total, counted)
    if not whole:
        return Figure(name, None, None, None, 0)
    drawn = sorted(a / b for a, b in (share(counts, counted) for counts in draws) if b)
    low, high = drawn[int(0.025 * len(drawn))], drawn[int(0.975 * len(drawn))]
    of = whole if share is not _f1 else _recall(total, counted)[1]
    return Figure(name, part / whole, low, high, of)
