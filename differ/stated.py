"""Whether a change shows in the days that a policy states for itself: silent edits, and days that changed alone."""

from __future__ import annotations

from collections import Counter

from clausewatch.model import StatedDays, Text
from differ.dates import StatedDates, stated_dates

__all__ = ["stated_days"]

_MOST_WORDS = 4
"""Words in which two lines that state a day may differ: a day, a month, a year, the day of the week."""
_MOST_BLOCKS = 4  # lines that may state a day: more are text
_NOTHING = StatedDates()


def stated_days(before: Text, after: Text) -> StatedDays:
    """The days that both texts state, and whether nothing else changed between them."""
    old, new = stated_dates(before), stated_dates(after)
    return StatedDays(
        before_updated_on=old.updated_on, after_updated_on=new.updated_on, before_effective_on=old.effective_on,
        after_effective_on=new.effective_on, is_alone=old != new and _differ_in_days_alone(before, after),
    )  # fmt: skip


def _differ_in_days_alone(before: Text, after: Text) -> bool:
    old, new = [block.text for block in before.blocks], [block.text for block in after.blocks]
    if len(old) != len(new):
        return False
    pairs = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    return 0 < len(pairs) <= _MOST_BLOCKS and all(_states_another_day(*pair, before, after) for pair in pairs)


def _states_another_day(old: str, new: str, before: Text, after: Text) -> bool:
    words, others = Counter(old.split()), Counter(new.split())
    if max((words - others).total(), (others - words).total()) > _MOST_WORDS:
        return False
    days = [_days_of(line, text) for line, text in ((old, before), (new, after))]
    return _NOTHING not in days and days[0] != days[1]


def _days_of(line: str, text: Text) -> StatedDates:
    block = next(block for block in text.blocks if block.text == line)
    return stated_dates(Text((block,), language=text.language))
