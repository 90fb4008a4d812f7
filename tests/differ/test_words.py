"""Word edits: exact always, readable mostly."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from differ.words import forms, is_cosmetic, word_edits

WORDS = st.sampled_from(
    [
        "we",
        "data",
        "Acme",
        "don't",
        "1.5",
        "10%",
        "e-mail",
        ".",
        ",",
        " ",
        "  ",
        "\n",
        "(a)",
        "you@x.example",
        "é",
        "नमस्ते",
    ]
)
TEXTS = st.one_of(
    st.lists(WORDS, max_size=40).map(" ".join), st.lists(WORDS, max_size=20).map("".join), st.text(max_size=60)
)


def marked(before: str, after: str) -> str:
    forms = {"=": "{}", "-": "[-{}-]", "+": "{{+{}+}}"}
    return "".join(forms[edit.op].format(edit.text) for edit in word_edits(before, after))


@given(TEXTS, TEXTS)
def test_edits_rebuild_both_texts(before: str, after: str) -> None:
    edits = word_edits(before, after)
    assert "".join(edit.text for edit in edits if edit.op in "=-") == before
    assert "".join(edit.text for edit in edits if edit.op in "=+") == after
    assert all(edit.text for edit in edits)
    assert edits == word_edits(before, after)


@given(TEXTS, TEXTS)
def test_no_edge_lies_inside_a_word(before: str, after: str) -> None:
    for side, text in (("=-", before), ("=+", after)):
        at = 0
        for edit in word_edits(before, after):
            at += len(edit.text) if edit.op in side else 0
            assert not re.fullmatch(r"[a-z0-9]{2}", text[at - 1 : at + 1] if 0 < at < len(text) else "")


@given(TEXTS, TEXTS)
def test_an_edit_that_changes_nothing_is_not_told(before: str, after: str) -> None:
    pairs = zip(word_edits(before, after), word_edits(before, after)[1:], strict=False)
    assert all(first.op != second.op and (first.op, second.op) != ("+", "-") for first, second in pairs)
    assert [edit.op for edit in word_edits(before, before)] == ["="] * bool(before)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("We keep it for 18 months.", "We keep it for 24 months.", "We keep it for [-18-]{+24+} months."),
        ("We keep it.", "We keep it. You may ask us.", "We keep it.{+ You may ask us.+}"),
        ("A name, an age.", "A name, a street, an age.", "A name,{+ a street,+} an age."),
        ("It costs 1.5 points.", "It costs 2.5 points.", "It costs [-1.5-]{+2.5+} points."),
        ("Ask at a.b@x.example now.", "Ask at a.c@x.example now.", "Ask at [-a.b@x.example-]{+a.c@x.example+} now."),
        ("See https://x.example/a/b.", "See https://x.example/a/c.", "See [-https://x.example/a/b-]{+https://x.example/a/c+}."),
        ("Since 1 May 2019 it holds.", "Since 2 June 2021 it holds.", "Since [-1 May 2019-]{+2 June 2021+} it holds."),
        ("We don't sell it.", "We do sell it.", "We [-don't-]{+do+} sell it."),
        ("We share it with Acme Ireland only.", "We share it with Acme Holdings only.",
         "We share it with [-Acme Ireland-]{+Acme Holdings+} only."),
        ("The cat sat on the mat.", "A dog slept on a rug.", "[-The cat sat on the mat-]{+A dog slept on a rug+}."),
        ("We log visits to our lamps.",
         "We record calls to our lamps.", "We [-log visits-]{+record calls+} to our lamps."),
    ],
)  # fmt: skip
def test_edits_read_well(before: str, after: str, shown: str) -> None:
    assert marked(before, after) == shown


@pytest.mark.parametrize(
    ("before", "after", "cosmetic"),
    [
        ("1. Your rights", "2) YOUR RIGHTS:", True),
        ("Send an e-mail.", "Send an email", True),
        ("Visit our web site", "Visit our website", True),
        ("(a) logs", "(b) logs", True),
        ("1.5 years", "15 years", False),
        ("18 months", "24 months", False),
        ("5 %", "5", False),
        ("we may sell", "we may not sell", False),
        ("Not for children under 13. If you are", "Not for children under 16. If you are", False),
        ("the same", "the same", False),
    ],
)
def test_numbering_case_and_punctuation_are_cosmetic(before: str, after: str, *, cosmetic: bool) -> None:
    assert is_cosmetic(word_edits(before, after)) is cosmetic


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("1. Your rights", "2) Your rights", "numbering"),
        ("(a) logs", "(b) Logs.", "numbering case punctuation"),
        ("YOUR RIGHTS", "Your rights", "case"),
        ("Names, ages.", "Names; ages.", "punctuation"),
        ("Send an e-mail.", "Send an email.", "punctuation"),
        ("our web site", "our website", "spacing"),
        ("One. Two.", "One.\n\nTwo.", "breaks"),
        ("Keep 18 months.", "Keep 24 months!", ""),
        ("the same", "the same", ""),
    ],
)
def test_a_change_of_form_alone_is_named(before: str, after: str, told: str) -> None:
    assert " ".join(form.value for form in forms(word_edits(before, after))) == told


@given(TEXTS, TEXTS)
def test_only_a_cosmetic_change_has_forms(before: str, after: str) -> None:
    edits = word_edits(before, after)
    assert not forms(edits) or is_cosmetic(edits)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("Die Datenschutzerklärung gilt.", "Die Datenschutzhinweise gilt.",
         "Die [-Datenschutzerklärung-]{+Datenschutzhinweise+} gilt."),
        ("our third-party partners", "our second-party partners", "our [-third-party-]{+second-party+} partners"),
        ("l’utilisateur accepte", "l’acheteur accepte", "[-l’utilisateur-]{+l’acheteur+} accepte"),
        ("It is 1,000.50 a year", "It is 1,000.75 a year", "It is [-1,000.50-]{+1,000.75+} a year"),
        ("个人信息保护政策", "个人数据保护政策", "个人[-信息-]{+数据+}保护政策"),
        ("नमस्ते दुनिया", "नमस्कार दुनिया", "[-नमस्ते-]{+नमस्कार+} दुनिया"),
    ],
)  # fmt: skip
def test_words_of_any_script_are_whole(before: str, after: str, shown: str) -> None:
    assert marked(before, after) == shown


def test_a_million_times_one_word_is_compared_in_one_pass() -> None:
    row = "word " * 20_000  # minutes, if each place looked at all the rest
    edits = word_edits(f"{row}end", f"new {row}new {row}end")
    assert "".join(edit.text for edit in edits if edit.op in "=-") == f"{row}end"


def test_a_long_block_of_shuffled_words_is_compared_without_a_search_of_all_pairs() -> None:
    words = [f"{'lamp' if n % 3 else 'light'}{n % 700}" for n in range(6000)]
    before, after = " ".join(words), " ".join(words[::-1])
    edits = word_edits(before, after)
    assert "".join(edit.text for edit in edits if edit.op in "=+") == after
