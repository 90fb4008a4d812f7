"""How often something may happen."""

from __future__ import annotations

from datetime import timedelta

from clausewatch.web import pace
from clausewatch.web.pace import Pace
from tests.web.scenario import NOW

HOUR = timedelta(hours=1)


def test_a_window_slides() -> None:
    kept = Pace()
    minutes = [
        minute for minute in range(0, 130, 10) if kept.allows("a", most=2, per=HOUR, now=NOW + minute * HOUR / 60)
    ]
    assert minutes == [0, 10, 60, 70, 120]


def test_keys_do_not_touch_each_other() -> None:
    kept = Pace()
    assert all(kept.allows(key, most=1, per=HOUR, now=NOW) for key in "abc")
    assert not kept.allows("a", most=1, per=HOUR, now=NOW)


def test_memory_stays_bounded() -> None:
    kept = Pace()
    for number in range(pace.MOST_KEYS + 50):
        kept.allows(str(number), most=1, per=HOUR, now=NOW)
    assert len(kept._times) == pace.MOST_KEYS
    assert not kept.allows(str(pace.MOST_KEYS), most=1, per=HOUR, now=NOW)
    assert kept.allows("0", most=1, per=HOUR, now=NOW)
