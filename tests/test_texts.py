"""Texts as they are handed to another process, and counted."""

import pickle
from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from clausewatch.model import Block, BlockKind, Text, count_words

some_words = st.lists(st.text(max_size=5), max_size=2).map(tuple)
a_block = st.builds(
    Block, kind=st.sampled_from(BlockKind), text=st.text("ab 1é’|_中", max_size=20), level=st.integers(0, 6),
    header=some_words, links=some_words, breaks=st.lists(st.integers(0, 20), max_size=2).map(tuple),
)  # fmt: skip
a_text = st.builds(
    Text, st.lists(a_block, max_size=5).map(tuple), title=st.none() | st.text(max_size=5),
    language=st.sampled_from([None, "en"]), normaliser=st.integers(0, 3), notes=some_words,
)  # fmt: skip


@given(a_text)
def test_a_text_is_the_same_in_another_process(text: Text) -> None:
    assert pickle.loads(pickle.dumps(text)) == deepcopy(text) == text  # our own bytes


@given(a_text)
def test_what_was_computed_of_a_text_goes_along_but_for_what_is_long(text: Text) -> None:
    known = text.sha256, text.key, text.words
    other = pickle.loads(pickle.dumps(text))  # our own bytes
    assert {"sha256", "key", "words"} == vars(other).keys() - {"blocks", "title", "language", "normaliser", "notes"}
    assert (other.sha256, other.key, other.words) == known
    assert (other.text, other.starts) == (text.text, text.starts)


@given(a_text)
def test_the_words_of_a_text_are_those_of_its_blocks(text: Text) -> None:
    assert text.words == sum(count_words(block.text) for block in text.blocks)
