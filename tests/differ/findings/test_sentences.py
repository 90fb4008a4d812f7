"""Sentences, their words, and what one text holds of another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from differ.findings.sentences import ADDRESS_KEY, Sentence, keys_of, run_and_count, shingles_of, split, written_small


@pytest.mark.parametrize(
    ("block", "sentences"),
    [
        ("We boil. You pour.", ["We boil.", "You pour."]),
        ("We boil, e.g. Tea, i.e. water.", ["We boil, e.g. Tea, i.e. water."]),
        ("Write to us. Marlowe Inc. Will answer.", ["Write to us.", "Marlowe Inc. Will answer."]),
        ("1. Lids", ["1. Lids"]),
        ("the name; the address; the lid", ["the name;", "the address;", "the lid"]),
        ("He said “Stop.” She left.", ["He said “Stop.”", "She left."]),
    ],
)
def test_a_block_is_split_into_sentences(block: str, sentences: list[str]) -> None:
    assert [block[start:end] for start, end in split(block)] == sentences


def test_addresses_and_initials_have_one_key() -> None:
    sentence = Sentence("The U.S. site https://marlowe.example/a and dpo@marlowe.example’s owner", 0, 0)
    assert sentence.keys == ("the", "us", "site", ADDRESS_KEY, "and", ADDRESS_KEY, "s", "owner")


@given(st.text("abcUSI x019.:/@’'[]()-_İΣςé|ſ", max_size=40))
def test_a_line_has_the_keys_of_its_words(line: str) -> None:
    assert keys_of(line) == tuple(word.key for word in Sentence(line, 0, 0).words)


@given(st.text("abcUSI x019.:/@’'[]()-_İΣςé|ſ", max_size=40))
def test_words_that_begin_small_are_those_whose_first_letter_is(line: str) -> None:
    words = Sentence(line, 0, 0).words
    assert written_small(line) == {word.key for word in words if line[word.start].islower()}


@given(st.text("abcUSI x019.:/@’'[]()-_İΣςé|ſw", max_size=40))
def test_a_line_has_the_run_of_its_words(line: str) -> None:
    assert run_and_count(line) == ("".join(keys_of(line)), len(keys_of(line)))


def test_runs_of_words_begin_at_each_word() -> None:
    assert list(shingles_of(("we", "boil", "water", "in", "old", "kettles"))) == [
        ("we", "boil", "water", "in", "old"),
        ("boil", "water", "in", "old", "kettles"),
    ]
    assert list(shingles_of(("we", "boil"))) == []
