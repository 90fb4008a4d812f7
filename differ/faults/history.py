"""What a look shows against the earlier looks at the document: cut, in another language, or another document."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clausewatch.model import Fault
from differ.faults.page import Verdict
from differ.faults.signals import MIN_LEAN, Signals, shared_share

__all__ = ["EarlierLook", "fault_in_history"]

_GOOD_LOOKED_AT = 5
_MIN_OF_HISTORY = 0.5  # a page with fewer words than that of its history is doubted
_MIN_SHARED = 0.75
_LASTING = 5  # the fifth look in a row that shows the same new state is believed
_SAME_TEXT = 0.5  # shared: whatever else is odd, it is the same text in another edition
_NO_TEXT = 0.15  # shared: nothing of the text but turns of speech that all policies have
_WHOLE = 0.9  # shared: all that is there stood there before; a cut may tear a few runs
_FIRST_NAMES = 2  # a vendor's own name is among them


@dataclass(frozen=True, slots=True)
class EarlierLook:
    """An earlier look at the document: what it showed, and whether it was found faulty."""

    signals: Signals
    fault: Fault | None


def fault_in_history(signals: Signals, history: Sequence[EarlierLook]) -> Verdict | None:
    """What a look shows against the earlier looks at the document, oldest first.

    Without a good one among them only a page that was torn off is doubted. A state that lasts is believed at its fifth
    look in a row: a document may change its language, or be cut to half.
    """
    good = [look.signals for look in history if look.fault is None][-_GOOD_LOOKED_AT:]
    found = _doubt(signals, good)
    if found is None:
        return None
    streak = _streak(history, lambda look: _is_same_state(look, found.fault, signals))
    if streak + 1 >= _LASTING:
        return None
    return Verdict(found.fault, f"{found.reason}; look {streak + 1} of {_LASTING} that decide")


def _doubt(signals: Signals, good: Sequence[Signals]) -> Verdict | None:
    if not good:
        return Verdict(Fault.TRUNCATED, "the page ends in the middle") if signals.is_torn else None
    if any((signals.words, signals.sketch, signals.tail) == (look.words, look.sketch, look.tail) for look in good):
        return None
    shared = max(shared_share(signals.sketch, look.sketch) for look in good)
    before = good[-1].language
    if signals.language and before and signals.language != before and shared < _SAME_TEXT:
        return Verdict(Fault.OTHER_LANGUAGE, f"in {signals.language}, before in {before}")
    usual = statistics.median(look.words for look in good)
    how_many = f"{signals.words} words, before {usual:.0f}, {shared:.0%} of them shared"
    if signals.words < _MIN_OF_HISTORY * usual and shared < _MIN_SHARED:
        return Verdict(Fault.OTHER_DOCUMENT, how_many)
    if _is_truncated(signals, good, shared=shared):
        return Verdict(Fault.TRUNCATED, how_many)
    if shared < _SAME_TEXT and _is_of_other_type(signals, good):
        return Verdict(Fault.OTHER_DOCUMENT, f"it is about something else than those before; {how_many}")
    if shared < _NO_TEXT and _has_other_names(signals, good):
        return Verdict(Fault.OTHER_DOCUMENT, f"it speaks of somebody else than those before; {how_many}")
    return None


def _is_truncated(signals: Signals, good: Sequence[Signals], *, shared: float) -> bool:
    """A page that ends early as those before it did not; or if they all did, one with its end torn off."""
    if not signals.is_cut:
        return False
    if 2 * sum(look.is_cut for look in good) < len(good):
        return True
    lasts = {look.tail[-1] for look in good if look.tail}
    if signals.words >= max(look.words for look in good) or shared < _WHOLE or lasts.intersection(signals.tail):
        return False
    opened = {look.open_elements for look in good if look.is_cut}
    return signals.is_torn or signals.open_elements not in opened


def _is_of_other_type(signals: Signals, good: Sequence[Signals]) -> bool:
    """Whether title and words, or one of them where the other tells nothing, speak of another type of policy."""
    types = set().union(*(look.types for look in good))
    is_named_so = bool(signals.types and types) and types.isdisjoint(signals.types)
    is_named_alike = bool(types.intersection(signals.types))
    lean = statistics.median(look.lean for look in good)
    leans_away = abs(signals.lean) >= MIN_LEAN and abs(lean) >= MIN_LEAN and (signals.lean > 0) != (lean > 0)
    return is_named_so or (leans_away and not is_named_alike)


def _has_other_names(signals: Signals, good: Sequence[Signals]) -> bool:
    """Whether nothing says that it is by the same vendor: the names that one side has most are none of the other's."""
    first, every = set(signals.names[:_FIRST_NAMES]), set(signals.names)
    return not any(first.intersection(look.names) or every.intersection(look.names[:_FIRST_NAMES]) for look in good)


def _is_same_state(look: EarlierLook, fault: Fault, signals: Signals) -> bool:
    if look.fault is not fault:
        return False
    if fault is Fault.OTHER_LANGUAGE:
        return look.signals.language == signals.language
    return shared_share(look.signals.sketch, signals.sketch) >= _MIN_SHARED


def _streak(history: Sequence[EarlierLook], is_same: Callable[[EarlierLook], bool]) -> int:
    """How many looks in a row, up to the latest, show the same new state."""
    count = 0
    for look in reversed(history):
        if not is_same(look):
            break
        count += 1
    return count
