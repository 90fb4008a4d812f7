"""When a text counts as standing still."""

from __future__ import annotations

from collections.abc import Iterable

from crawler.browser.stillness import Stillness


def seconds_still(texts: Iterable[str]) -> float:
    """After looks at these texts, one each second."""
    stillness, still = Stillness(), 0.0
    for second, text in enumerate(texts):
        still = stillness.note(hash(text), len(text), now=float(second))
    return still


def test_a_text_stands_still_from_when_it_last_changed() -> None:
    assert seconds_still("aabccc") == 2
    assert seconds_still("abcdef") == 0
    assert seconds_still("a") == 0


def test_a_text_that_goes_round_stands_still_once_it_came_back_twice() -> None:
    assert seconds_still("abcabcabcabc") > 5
    assert seconds_still("abab") > 0
    assert seconds_still("aba") == 0


def test_a_text_that_goes_round_and_then_goes_on_does_not() -> None:
    assert seconds_still("ababababc") == 0  # a sign that something loads, and then the text
    assert seconds_still("ababababcc") == 1


def test_a_text_grows_if_its_length_changed_in_the_second_half() -> None:
    growing, settled, wavering = Stillness(), Stillness(), Stillness()
    for second in range(20):
        growing.note(second, 1000 + 100 * second, now=second)
        settled.note(second, 1000 * min(second, 9), now=second)
        wavering.note(second, 5000 + second % 7, now=second)
    assert growing.is_growing()
    assert not settled.is_growing()
    assert not wavering.is_growing()
