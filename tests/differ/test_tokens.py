"""What is compared as one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from differ.tokens import tokenise


@pytest.mark.parametrize(
    "word",
    ["don't", "e-mail", "1.5", "1,000,000", "10:30", "25/05/2018", "U.S.", "May 25, 2018", "25 May 2018", "a@b.example",
     "https://x.example/a?b=1", "www.x.example", "x.example/privacy", "l’utilisateur", "नमस्ते", "COVID-19"],
)  # fmt: skip
def test_a_word_a_number_a_date_and_an_address_are_whole(word: str) -> None:
    assert word in tokenise(f"See ({word}), now.").words
    assert word in tokenise(f"See {word} now").words


@pytest.mark.parametrize(
    ("text", "words"), [("a/b", "a / b"), ("10%", "10 %"), ("政策", "政 策"), ("data.We", "data . We")]
)
def test_what_is_apart_is_apart(text: str, words: str) -> None:
    assert tokenise(text).words == tuple(words.split())


@given(st.text())
def test_tokens_cover_the_text(text: str) -> None:
    tokens = tokenise(text)
    assert tokens.slice(0, len(tokens.words)) + tokens.gap(len(tokens.words)) == text
    assert all(tokens.slice(at, at + 1) == tokens.gap(at) + word for at, word in enumerate(tokens.words))


@pytest.mark.parametrize("row", ["-", ".", "1.1", "a.", "a-", "a@"])
def test_a_long_row_of_anything_is_cut_in_one_pass(row: str) -> None:
    text = row * 20_000 + " end"  # minutes, if each place looked at all the rest
    assert tokenise(text).words[-1] == "end"
