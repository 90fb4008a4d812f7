"""Lanes by small texts: each letter is a paragraph of ten words; runs are a day apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from differ.shapes import Piece, Shape
from differ.variants import FORGOTTEN_AFTER, MOST_VARIANTS, Lanes, lanes_of, places_of

START = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Run:
    key: str
    text: str
    first_at: datetime
    last_at: datetime


def runs_of(*texts: str) -> list[Run]:
    days = [START + number * timedelta(days=1) for number in range(len(texts))]
    return [Run(text, text, day, day) for text, day in zip(texts, days, strict=True)]


def shapes_of(*texts: str) -> dict[str, Shape]:
    return {text: Shape(tuple(Piece(ord(letter), 10, False) for letter in text)) for text in texts}


def lanes(*texts: str) -> Lanes:
    return lanes_of(runs_of(*texts), shapes_of(*texts))


@pytest.mark.parametrize(
    ("texts", "variants"),
    [
        (["abc", "abd", "abe"], (0, 0, 0)),
        (["abc", "abd", "abc"], (0, 1, 0)),
        (["abc", "abd", "abe", "abc", "abe"], (0, 1, 1, 0, 1)),
        (["abcd", "efgh", "abcd", "efgx", "abcx"], (0, 1, 0, 1, 0)),
        (["abc", "def", "abc", "ghi", "abc", "def"], (0, 1, 0, 3, 0, 1)),
    ],
    ids=["changes", "a return", "a return over two", "changes of two variants", "three variants"],
)
def test_what_comes_back_parts_the_variants(texts: list[str], variants: tuple[int, ...]) -> None:
    assert lanes(*texts).variants == variants


def test_a_change_follows_the_last_run_of_its_variant() -> None:
    assert lanes("abcd", "efgh", "abcd", "efgx", "abcx").previous == (None, 0, 0, 1, 2)


def test_a_flap_in_a_lane_does_not_turn_away_what_comes_after_it() -> None:
    """The members' policy is a shell once; the next change of it is still one of its lane."""
    found = lanes("abcdefgh", "mnopqrst", "abcdefgh", "mnopqrst", "zm", "mnopqrsx")
    assert found.variants[-1] == found.variants[1]


def test_variants_not_found_for_long_are_forgotten() -> None:
    texts = ["abcd", "efgh", "abcd", "efgx"]
    *early, last = runs_of(*texts)
    late_at = last.first_at + FORGOTTEN_AFTER + timedelta(days=1)
    found = lanes_of([*early, Run(last.key, last.text, late_at, late_at)], shapes_of(*texts))
    assert found.previous[-1] == 2


def test_no_more_variants_are_kept_in_mind_than_can_alternate() -> None:
    others = [f"{chr(ord('b') + number)}{chr(ord('B') + number)}" for number in range(MOST_VARIANTS + 4)]
    texts = [text for other in others for text in ("a", other)]
    assert max(map(len, lanes(*texts).others)) == MOST_VARIANTS - 1


def test_what_another_variant_states_already_is_known_from_it() -> None:
    texts = ["abcd", "abef", "abcd", "xbef", "xbcd", "xbgd"]
    runs, shapes = runs_of(*texts), shapes_of(*texts)
    places = places_of(runs, lanes_of(runs, shapes), range(len(runs)), known=range(len(runs)), shapes=shapes)
    assert [place.before for place in places] == [None, 0, 0, 1, 2, 4]
    assert [place.is_swap for place in places] == [False, False, True, True, True, False]
    assert [place.known_from for place in places[3:]] == [None, 3, None]


def test_without_a_known_run_in_its_lane_the_last_known_one_is_the_measure() -> None:
    texts = ["abcd", "efgh", "abcd", "efgx"]
    runs, shapes = runs_of(*texts), shapes_of(*texts)
    assert places_of(runs, lanes_of(runs, shapes), {0, 2, 3}, known={0, 2, 3}, shapes=shapes)[-1].before == 2


@pytest.mark.parametrize(
    ("texts", "before"),
    [(["abcd", "efgh", "abcd", "efgh", "efgx"], 2), (["abcd", "efgh", "abcd", "efgh", "abcd", "efgx"], 3)],
)
def test_what_nobody_heard_of_is_no_measure_unless_it_alternates_still(texts: list[str], before: int) -> None:
    runs, shapes = runs_of(*texts), shapes_of(*texts)
    sure = set(range(len(runs))) - {1}
    places = places_of(runs, lanes_of(runs, shapes), sure, known=sure - {3}, shapes=shapes)
    assert places[-1].before == before
