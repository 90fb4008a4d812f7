from __future__ import annotations

from differ.shapes import Piece, Shape


def shape(*pieces: tuple[int, int]) -> Shape:
    return Shape(tuple(Piece(number, words, False) for number, words in pieces))


OLD, NEW = shape((1, 10), (2, 20), (3, 5)), shape((1, 10), (2, 20), (4, 7), (4, 7))


def test_the_distance_is_counted_in_words_that_only_one_has() -> None:
    assert (NEW.words_beyond(OLD), OLD.words_beyond(NEW)) == (7, 5)
    assert OLD.distance(NEW) == NEW.distance(OLD) == 12


def test_a_block_without_a_word_counts_for_one() -> None:
    assert shape((1, 10), (9, 0)).distance(shape((1, 10))) == 1


def test_what_stands_more_than_once_is_known() -> None:
    assert sorted(NEW.repeated) == [4]
    assert not OLD.repeated


def test_a_step_is_into_another_text_if_that_has_all_of_it() -> None:
    assert NEW.is_step_into(OLD, shape((4, 7), (8, 9)))
    assert not NEW.is_step_into(OLD, shape((4, 7), (3, 5)))
    assert not NEW.is_step_into(OLD, shape((8, 9)))
