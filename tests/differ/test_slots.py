"""What rotates, by small texts: each block is a letter; small letters are short lines, capitals long paragraphs, and
``#`` is a heading."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from differ.shapes import Piece, Shape
from differ.slots import Masked, _keys, mask_slots

START = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Visit:
    key: str
    text: str
    sightings: int = 1
    first_at: datetime = START
    last_at: datetime = START


def shape(text: str) -> Shape:
    return Shape(tuple(Piece(ord(each), 60 if each.isupper() else 5, each == "#") for each in text))


def visits_of(*texts: str, sightings: int = 1, days: float = 0.5) -> list[Visit]:
    """A visit a text, so many days apart."""
    at = [START + number * timedelta(days=days) for number in range(len(texts))]
    return [Visit(text, text, sightings, each, each) for text, each in zip(texts, at, strict=True)]


def keys_of(visits: list[Visit]) -> str:
    """The versions that remain, each by the number of its first visit."""
    keys = mask_slots(visits, {visit.text: shape(visit.text) for visit in visits}).keys
    texts = [visit.text for visit in visits]
    return "".join(str(texts.index(key)) for key in keys)


def masked(*texts: str, sightings: int = 1, days: float = 0.5) -> str:
    return keys_of(visits_of(*texts, sightings=sightings, days=days))


def test_a_line_that_is_another_at_every_look_makes_no_version() -> None:
    assert masked("AxB", "AyB", "AzB", "AwB", "AvB") == "00000"


def test_it_may_come_back_to_an_earlier_value() -> None:
    assert masked("AxB", "AyB", "AzB", "AxB", "AwB", "AyB") == "000000"


def test_it_may_be_empty_or_several_lines() -> None:
    assert masked("AB", "AxyB", "AzB", "AwB", "AyxB") == "00000"


def test_it_may_stand_first_or_last() -> None:
    assert masked("xA", "yA", "zA", "wA", "vA") == "00000"
    assert masked("Ax", "Ay", "Az", "Aw", "Av") == "00000"


def test_three_values_are_variants_and_no_slot() -> None:
    assert masked("AxB", "AyB", "AzB", "AxB", "AyB", "AzB") == "012012"


def test_what_stands_for_days_is_no_slot() -> None:
    assert masked("AxB", "AyB", "AzB", "AwB", "AvB", sightings=3) == "01234"


def test_a_long_paragraph_is_no_slot() -> None:
    assert masked("AXB", "AYB", "AZB", "AWB", "AVB") == "01234"


def test_a_heading_is_no_slot() -> None:
    assert masked("A#xB", "AyB", "A#zB", "AwB", "A#vB") == "01234"


def test_what_changes_with_the_rest_is_no_slot() -> None:
    """A day that is stated anew at each change of the policy."""
    assert masked("AxBC", "AyBD", "AzBE", "AwBF", "AvBG") == "01234"


def test_a_change_elsewhere_makes_a_version_still() -> None:
    assert masked("AxB", "AyB", "AzB", "AwB", "AvB", "AuBC", "AtBC", "AsBC") == "00000555"


def test_a_value_that_stays_is_read_again() -> None:
    texts = ["AxB", "AyB", "AzB", "AwB", "AvB", "AuB"]
    *rest, last = visits_of(*texts)
    assert keys_of([*rest, replace(last, sightings=12)]) == "000005"


def test_captures_that_are_weeks_apart_show_edits() -> None:
    assert masked("AxB", "AyB", "AzB", "AwB", "AvB", days=20) == "01234"


def test_how_many_slots_were_left_out_is_told() -> None:
    texts = ["AxBkC", "AyBlC", "AzBmC", "AwBnC", "AvBoC"]
    found = mask_slots(visits_of(*texts), {text: shape(text) for text in texts})
    assert found.slots == {"AxBkC": 2}


# --- parts of paragraphs --------------------------------------------------------------------------------------

LONG = (
    "We keep the history of your orders for {months} months after the last of them, and then we delete it. "
    + " ".join(f"Clause {number} of many says a thing." for number in range(12))
)


def worded(*paragraphs: str) -> str:
    """The versions of a page whose second paragraph reads so, each by the number of its first visit."""
    visits = visits_of(*(f"{number:02}" for number in range(len(paragraphs))))
    pieces = [
        Piece(100 + paragraphs.index(paragraph), len(paragraph.split()), False, paragraph) for paragraph in paragraphs
    ]
    shapes = {
        visit.text: Shape((Piece(1, 60, False), piece, Piece(2, 60, False)))
        for visit, piece in zip(visits, pieces, strict=True)
    }
    return " ".join(str(int(key)) for key in mask_slots(visits, shapes).keys)


def test_words_that_rotate_in_a_long_paragraph_make_no_version() -> None:
    assert worded(*(f"{LONG.format(months=18)} Visitor {number * 77}." for number in range(6))) == "0 0 0 0 0 0"


def test_a_long_paragraph_that_is_written_anew_is_no_slot() -> None:
    anew = [" ".join(f"w{number}x{at}" for at in range(50)) for number in range(6)]
    assert worded(*anew) == "0 1 2 3 4 5"


def test_what_changes_for_good_around_words_that_rotate_makes_a_version() -> None:
    for text in (LONG, "We keep orders for {months} months."):
        pages = [
            f"{text.format(months=24 if number > 5 else 18)} You are visitor {number * 77} here."
            for number in range(12)
        ]
        assert worded(*pages) == "0 0 0 0 0 0 6 6 6 6 6 6"


def test_a_rotating_line_hides_no_change_of_the_line_beside_it() -> None:
    assert masked("AxpB", "AypB", "AzpB", "AwpB", "AvpB", "AuqB", "AtqB", "AsqB", "ArqB", "AoqB") == "0000055555"


@given(st.lists(st.text("abcD#", min_size=1, max_size=6), min_size=1, max_size=12))
def test_where_nothing_rotates_texts_keep_their_keys_without_being_looked_at(texts: list[str]) -> None:
    visits = visits_of(*texts)
    unread = Masked(tuple(visit.key for visit in visits))
    assert _keys(visits, [{} for _ in visits], {text: shape(text) for text in texts}) == unread
    assert mask_slots(visits_of(*texts, sightings=3), {}) == unread
