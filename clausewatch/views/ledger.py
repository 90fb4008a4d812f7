"""The ledger as a picture: for each thing that a vendor's documents state, when they stated it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from archive.ledger import Entry
from clausewatch.views.steps import Steps, steps_of

WIDTH = 300  # of the bars' column, in the units of its pictures
RETENTION = "retention"  # the kind whose values are periods of keeping
_NARROWEST = 2.0

TITLES = {
    "recipient": "Recipients named", "category": "Categories of recipients", "retention": "How long data is kept",
    "transfer": "Countries that data goes to", "mechanism": "Safeguards for transfers", "age": "Age limits",
    "response": "Times to answer requests", "legal-basis": "Legal bases", "controller": "Controllers",
    "contact": "Contacts", "date": "Dates that the text states", "opt-out": "Ways to opt out",
    "automation": "Automated decisions", "training": "Training of models",
}  # fmt: skip
"""What each kind of fact is called above its table, in the order of the page."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A time when it was stated. ``version`` is the newest of that time."""

    x: float
    width: float
    label: str
    version: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One thing that one document states."""

    document: str  # slug
    value: str
    subjects: tuple[str, ...]
    bars: tuple[Bar, ...]
    since_at: datetime
    until_at: datetime | None  # None: the newest version states it
    quote: str
    version: str  # where the quote stands


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """All of one kind."""

    kind: str
    title: str
    rows: tuple[LedgerRow, ...]
    steps: tuple[Steps, ...] = ()  # of what is kept for another time than before


def ledger_tables(entries: Sequence[Entry]) -> tuple[LedgerTable, ...]:
    """The entries by kind; in each what is still stated first, then by what it is about and when it came."""
    if not entries:
        return ()
    first = min(entry.first_at for entry in entries)
    last = max(max(entry.last_at for entry in entries), first + timedelta(days=1))
    tables = []
    for kind, title in TITLES.items():
        stated = [entry for entry in entries if entry.kind == kind]
        rows = _rows(stated, first, last)
        steps = steps_of(stated, first, last, width=WIDTH) if kind == RETENTION else ()
        if rows:
            tables.append(LedgerTable(kind, title, tuple(sorted(rows, key=_order)), steps))
    return tuple(tables)


def _order(row: LedgerRow) -> tuple[object, ...]:
    return row.until_at is not None, row.document, row.subjects, row.since_at, row.value


def _rows(entries: Iterable[Entry], first: datetime, last: datetime) -> list[LedgerRow]:
    def thing(entry: Entry) -> tuple[str, str]:
        return entry.document, entry.value

    rows = []
    for (document, value), group in groupby(sorted(entries, key=lambda e: (*thing(e), e.first_at)), key=thing):
        times = list(group)
        newest = times[-1]
        rows.append(
            LedgerRow(
                document=document, value=value, subjects=newest.subjects,
                bars=tuple(_bar(entry, first, last) for entry in times), since_at=times[0].first_at,
                until_at=None if newest.is_current else newest.last_at, quote=newest.quote, version=newest.version,
            )
        )  # fmt: skip
    return rows


def _bar(entry: Entry, first: datetime, last: datetime) -> Bar:
    span = last - first
    left = WIDTH * ((entry.first_at - first) / span)
    right = WIDTH if entry.is_current else WIDTH * ((entry.last_at - first) / span)
    left = min(left, WIDTH - _NARROWEST)
    until = "still" if entry.is_current else f"until {entry.last_at:%Y-%m-%d}"
    return Bar(
        x=round(left, 1), width=round(max(right - left, _NARROWEST), 1), version=entry.version,
        label=f"from {entry.first_at:%Y-%m-%d}, {until}", is_current=entry.is_current,
    )  # fmt: skip
