"""Which looks are not the document: by the page alone, and against the looks before. A doubtful state that lasts, or
that keeps coming back, is believed. What a state looks like is told by ``differ.faults``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from clausewatch.model import Fault, Look
from differ import faults

__all__ = ["BELIEVED_AFTER", "BELIEVED_LOOKS", "Doubt", "Doubts", "doubts_of", "signals_from_json", "signals_to_json"]

BELIEVED_LOOKS = 4
"""Looks that must find a doubtful state before it is taken for the document ..."""
BELIEVED_AFTER = timedelta(hours=36)
"""... and the time from the first of them to the last: at a look every twelve hours it is told within two days, and a
wall that stands for a day is none."""
LEAST_WORDS = 50
"""A state with fewer words is an empty shell however long it lasts: it stays before a person, and is never believed."""
ALTERNATING_SHARE = 0.25
"""Of the looks since a state was first found, those that must find it, for one that comes and goes to be a variant.
Brief strays of language in archived histories made up under a tenth."""
FLAGGED_LOOKS = 2
"""Looks in a row without the document that raise the operator's flag."""
_SAME_SUSPECT = 0.75  # share of the smaller text that two looks have in common, if they are of one suspect
_SAME_TRANSLATION = 0.5  # ... and in one other language: looks may lie months apart, with changes between them


@dataclass(frozen=True, slots=True)
class Doubt:
    """Looks in a row, up to the newest, that were not the document."""

    fault: Fault  # of the newest of them
    reason: str
    since_at: datetime
    until_at: datetime
    looks: int
    snapshot: str  # the newest of them
    before: str | None  # the last snapshot that was the document

    @property
    def is_flagged(self) -> bool:
        return self.looks >= FLAGGED_LOOKS


@dataclass(frozen=True, slots=True)
class Doubts:
    """The faulty snapshots, each with its fault and the reason, and what stands in doubt now."""

    faults: dict[str, tuple[Fault, str]]
    now: Doubt | None = None
    alternating: frozenset[str] = frozenset()  # snapshots that were believed because their state keeps coming back


@dataclass
class _Suspect:
    """Looks that show one page in the place of the document, which may turn out to be it."""

    fault: Fault
    looks: list[tuple[Look, faults.Signals]] = field(default_factory=list)
    episodes: int = 0  # times that it came after the document had been seen
    good_before: int = 0  # good sightings when it was first found

    @property
    def sightings(self) -> int:
        return sum(look.sightings for look, _ in self.looks)

    @property
    def lasted(self) -> bool:
        span = max(look.seen_at for look, _ in self.looks) - self.looks[0][0].captured_at
        if self.looks[-1][1].words < LEAST_WORDS:
            return False
        return self.sightings >= BELIEVED_LOOKS and span >= BELIEVED_AFTER

    def shows(self, fault: Fault, signals: faults.Signals) -> bool:
        if fault is not self.fault:
            return False
        newest = self.looks[-1][1]
        shared = faults.shared_share(newest.sketch, signals.sketch)
        if fault is Fault.OTHER_LANGUAGE:
            return newest.language == signals.language and shared >= _SAME_TRANSLATION
        return shared >= _SAME_SUSPECT


@dataclass
class _Judge:
    """Goes over the looks in the order of their capture; each history is of looks that were believed to be the document
    or a variant of it."""

    histories: list[list[faults.Signals]] = field(default_factory=list)  # the one seen last at the end
    found: dict[str, tuple[Fault, str]] = field(default_factory=dict)
    suspects: list[_Suspect] = field(default_factory=list)
    streak: list[Look] = field(default_factory=list)  # looks since the last good one
    episode: set[int] = field(default_factory=set)  # suspects seen in the streak
    alternating: set[str] = field(default_factory=set)
    good: int = 0  # good sightings so far
    last_good: str | None = None

    def judge(self, look: Look) -> None:
        if look.fault:
            self._doubt(look, look.fault, look.fault_reason or "")
            return
        signals = signals_from_json(look.signals)
        verdict: faults.Verdict | None = None
        for history in reversed(self.histories or [[]]):
            refused = faults.fault_in_history(signals, history)
            if refused is None:
                self._believe(history, [(look, signals)])
                return
            verdict = verdict or refused
        if verdict:
            self._doubt(look, verdict.fault, f"{verdict.reason}; {_BELIEVED}")
            self._weigh(look, signals, verdict.fault)

    def _doubt(self, look: Look, fault: Fault, reason: str) -> None:
        self.found[look.snapshot] = (fault, reason)
        self.streak.append(look)

    def _weigh(self, look: Look, signals: faults.Signals, fault: Fault) -> None:
        at = next((at for at, each in enumerate(self.suspects) if each.shows(fault, signals)), len(self.suspects))
        if at == len(self.suspects):
            self.suspects.append(_Suspect(fault, good_before=self.good))
        suspect = self.suspects[at]
        suspect.looks.append((look, signals))
        if at not in self.episode:
            self.episode.add(at)
            suspect.episodes += 1
        streak = {each.snapshot for each in self.streak}
        latest = _Suspect(fault, [each for each in suspect.looks if each[0].snapshot in streak])
        if latest.lasted:
            del self.suspects[at]
            self._replace(latest)
        elif self._alternates(suspect):
            del self.suspects[at]
            self.alternating.update(each.snapshot for each, _ in suspect.looks)
            self._believe([], suspect.looks)

    def _alternates(self, suspect: _Suspect) -> bool:
        since = self.good - suspect.good_before + suspect.sightings
        return suspect.episodes > 1 and suspect.lasted and suspect.sightings >= ALTERNATING_SHARE * since

    def _replace(self, suspect: _Suspect) -> None:
        """The document is this now, in the place of what it was."""
        if self.histories:
            self.histories.pop()
        self._believe([], suspect.looks)

    def _believe(self, history: list[faults.Signals], looks: Sequence[tuple[Look, faults.Signals]]) -> None:
        self.histories = [each for each in self.histories if each is not history] + [history]
        for look, signals in looks:
            self.found.pop(look.snapshot, None)
            history.append(signals)
            self.good += look.sightings
        self.last_good = looks[-1][0].snapshot
        self.streak.clear()
        self.episode.clear()


_BELIEVED = f"believed once {BELIEVED_LOOKS} looks over {BELIEVED_AFTER / timedelta(hours=1):.0f} hours find it"


def doubts_of(looks: Sequence[Look]) -> Doubts:
    """What is not the document among these looks, which are in the order of their capture.

    A state that lasted is believed from its first look on. One that comes and goes is a variant of the document once it
    came twice, lasted as long in all, and makes up a quarter of the looks since: both are the document then.
    """
    judge = _Judge()
    for look in looks:
        judge.judge(look)
    return Doubts(judge.found, _doubt_now(judge), frozenset(judge.alternating))


def _doubt_now(judge: _Judge) -> Doubt | None:
    if not judge.streak:
        return None
    newest = judge.streak[-1]
    fault, reason = judge.found[newest.snapshot]
    return Doubt(
        fault, reason, since_at=judge.streak[0].captured_at, until_at=max(look.seen_at for look in judge.streak),
        looks=sum(look.sightings for look in judge.streak), snapshot=newest.snapshot, before=judge.last_good,
    )  # fmt: skip


def signals_to_json(signals: faults.Signals) -> dict[str, Any]:
    """The signals as plain data, to be stored with the reading."""
    return {each.name: getattr(signals, each.name) for each in fields(signals)}


def signals_from_json(data: Mapping[str, Any]) -> faults.Signals:
    """The signals as ``signals_to_json`` gave them."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    return faults.Signals(**values)
