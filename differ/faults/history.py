"""What a look shows against the earlier looks at the document: cut, in another language, or another document."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from clausewatch.model import Fault
from differ.faults.page import Verdict
from differ.faults.signals import MIN_LEAN, Signals, shared_share

__all__ = ["fault_in_history"]

_LOOKED_BACK = 5  # looks that a new one is judged against, at most
_MIN_OF_HISTORY = 0.5  # a page with fewer words than that of its history is doubted
_MIN_SHARED = 0.75
_SAME_TEXT = 0.5  # shared: whatever else is odd, it is the same text in another edition
_NO_TEXT = 0.15  # shared: nothing of the text but turns of speech that all policies have
_WHOLE = 0.9  # shared: all that is there stood there before; a cut may tear a few runs
_FIRST_NAMES = 2  # a vendor's own name is among them


def fault_in_history(signals: Signals, history: Sequence[Signals]) -> Verdict | None:
    """What a look shows against the earlier looks that were the document, oldest first.

    Without any only a page that was torn off is doubted. Whether a doubtful state that lasts is believed is decided by
    ``differ.doubts``.
    """
    good = history[-_LOOKED_BACK:]
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
