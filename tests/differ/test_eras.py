"""Eras by short sentences: each is what stood in a place at one look."""

from __future__ import annotations

from differ.eras import eras_of
from differ.shapes import Piece


def eras(*sentences: str, sightings: int = 1) -> str:
    """The eras, each by the number of the first visit of it or of one like it; a dash where there is but one."""
    values = [(Piece(hash(sentence), len(sentence.split()), False, sentence),) for sentence in sentences]
    marks = eras_of(values, [sightings] * len(values))
    return "".join("-" if mark is None else str(marks.index(mark)) for mark in marks)


def visitors(*months: int) -> list[str]:
    return [f"Visitor {number * 7919}: we keep orders for {each} months." for number, each in enumerate(months)]


def test_where_nothing_changes_but_what_rotates_there_is_one_era() -> None:
    assert eras(*visitors(*[18] * 9)) == "-" * 9


def test_a_change_around_what_rotates_begins_another_from_its_first_look_on() -> None:
    assert eras(*visitors(18, 18, 18, 24, 24, 24, 24)) == "0003333"


def test_it_must_stand_for_four_visits_to_be_no_value_that_rotates_too() -> None:
    assert eras(*visitors(18, 18, 18, 24, 24, 24)) == "------"


def test_a_change_that_is_taken_back_at_once_begins_none() -> None:
    assert eras(*visitors(18, 18, 18, 24, 18, 18, 18, 18, 18)) == "-" * 9


def test_a_change_that_flaps_at_first_begins_one_where_it_stays() -> None:
    assert eras(*visitors(18, 18, 18, 24, 18, *[24] * 8)) == "00000" + "5" * 8


def test_a_change_that_is_taken_back_later_goes_on_with_the_era_before() -> None:
    assert eras(*visitors(*[18] * 5, *[24] * 5, *[18] * 5)) == "000005555500000"


def test_each_of_two_changes_begins_one() -> None:
    assert eras(*visitors(*[18] * 5, *[24] * 5, *[30] * 5)) == "0000055555" + "10" * 5


def test_a_change_right_beside_what_rotates_is_found() -> None:
    before = [f"You are visitor {number * 7919} of this page." for number in range(5)]
    after = [f"You were guest {number * 7919} on this page." for number in range(5)]
    assert eras(*before, *after) == "0000055555"


def test_a_word_that_also_stands_elsewhere_in_the_place_is_found_where_it_came() -> None:
    before = [f"We do not sell data. We do track users. Visitor {number * 7919}." for number in range(5)]
    after = [f"We do not sell data. We do not track users. Visitor {number * 7919}." for number in range(5, 10)]
    assert eras(*before, *after) == "0000055555"


def test_scripts_without_spaces_are_read_too() -> None:
    before = [f"第{number * 7919}位访客：我们保留数据十八个月。" for number in range(5)]
    after = [f"第{number * 7919}位访客：我们保留数据二十四个月。" for number in range(5, 10)]
    assert eras(*before, *after) == "0000055555"


def test_quotes_that_follow_one_another_are_one_era() -> None:
    quotes = ["Fly high.", "Mind the wind.", "Hold the line.", "Read the sky.", "Land softly.", "Wind up the line."]
    assert eras(*(quotes[number * number % 6] for number in range(1, 20))) == "-" * 19


def test_a_text_seen_once_before_all_rotates_is_no_era() -> None:
    assert eras("We keep orders.", *visitors(*[18] * 6)) == "-" * 7
    assert eras("We keep orders.", *visitors(*[18] * 6), sightings=2) == "0111111"
