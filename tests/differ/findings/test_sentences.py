"""Sentences, their words, and what one text holds of another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clausewatch.model import Block, BlockKind, Text
from differ.findings.sentences import ADDRESS_KEY, Body, Sentence, body_of, keys_of, shingles_of, split


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


def test_a_body_holds_a_sentence_that_was_joined_or_split() -> None:
    body = Body(Text((Block(BlockKind.PARAGRAPH, "We boil water and you pourit into cups."),)))
    assert body.holds(Sentence("You pour it into cups.", 0, 0))
    assert not body.holds(Sentence("You pour it into pots.", 0, 0))


def test_a_short_line_is_held_only_as_a_line_of_its_own() -> None:
    body = Body(Text((Block(BlockKind.PARAGRAPH, "We boil water in Leith."), Block(BlockKind.ITEM, "Perth", 1))))
    assert body.holds(Sentence("Perth", 0, 0))
    assert not body.holds(Sentence("Leith", 0, 0))


@given(st.text("abcUSI x019.:/@’'[]()-_İΣςé|ſ", max_size=40))
def test_a_line_has_the_keys_of_its_words(line: str) -> None:
    assert keys_of(line) == tuple(word.key for word in Sentence(line, 0, 0).words)


def test_runs_of_words_begin_at_each_word() -> None:
    assert list(shingles_of(("we", "boil", "water", "in", "old", "kettles"))) == [
        ("we", "boil", "water", "in", "old"),
        ("boil", "water", "in", "old", "kettles"),
    ]
    assert list(shingles_of(("we", "boil"))) == []


def test_a_text_is_taken_apart_once_for_two_comparisons_unless_it_is_huge() -> None:
    text, same = (Text((Block(BlockKind.PARAGRAPH, "We boil water in Leith."),)) for _ in range(2))
    huge = Text((Block(BlockKind.PARAGRAPH, "We boil water. " * 30_000),))
    assert body_of(text) is body_of(same)
    assert body_of(huge) is not body_of(huge)
