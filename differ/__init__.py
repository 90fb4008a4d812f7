"""From bytes to texts, from texts to comparisons. Pure: no network, no database, no clock."""

from differ.align import align
from differ.comparing import compare
from differ.dates import StatedDates, stated_dates
from differ.faults import Look, Signals, Verdict, fault_in_history, signals_of
from differ.language import language_of
from differ.normalise import REVISION, read
from differ.sections import Section, sections

__all__ = [
    "REVISION", "Look", "Section", "Signals", "StatedDates", "Verdict", "align", "compare", "fault_in_history",
    "language_of", "read", "sections", "signals_of", "stated_dates",
]  # fmt: skip
