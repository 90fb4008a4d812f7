import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clausewatch.model import Quote
from notifier.passages import Passage, passages


def shown(before: str | None, after: str | None, longest: int = 200) -> list[str | None]:
    """Both passages, what is marked in square brackets."""

    def quote(text: str | None) -> Quote | None:
        return None if text is None else Quote(text, 0, len(text))

    return [_shown(passage) for passage in passages(quote(before), quote(after), longest=longest)]


def _shown(passage: Passage | None) -> str | None:
    if passage is None:
        return None
    words = "".join(f"[{piece.text}]" if piece.is_changed else piece.text for piece in passage.pieces)
    return "…" * passage.is_cut_before + words + "…" * passage.is_cut_after


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("Kept for 18 months.", "Kept for 24 months.", ["Kept for [18] months.", "Kept for [24] months."]),
        ("Kept.", "Kept for two years.", ["Kept.", "Kept[ for two years]."]),
        ("Kept for a year.", "Kept as long as needed.", ["Kept [for a year].", "Kept [as long as needed]."]),
        ("same", "same", ["same", "same"]),
        (None, "All of it is new.", [None, "All of it is new."]),
        ("All of it went.", None, ["All of it went.", None]),
        ("当社は広告を表示", "当社は広告を表示しない", ["当社は広告を表示", "当社は広告を表示[しない]"]),
    ],
)
def test_changed_words_are_marked(before: str | None, after: str | None, marked: list[str | None]) -> None:
    assert [text and text.replace("[ ", " [") for text in shown(before, after)] == [
        text and text.replace("[ ", " [") for text in marked
    ]


def test_a_long_quote_is_cut_around_its_first_change() -> None:
    filler = "and so on and so forth " * 40
    before, after = shown(filler + "for 18 months. " + filler, filler + "for 24 months. " + filler)
    assert before is not None
    assert "[18]" in before
    assert before.startswith("…")
    assert before.endswith("…")
    assert len(before) < 210
    assert after is not None
    assert "[24]" in after


def test_sides_with_too_much_to_match_are_marked_between_what_begins_and_ends_both() -> None:
    before, after = shown("It says " + "a x b " * 200 + "to all.", "It says " + "c x d " * 200 + "to all.", 5000)
    assert before == "It says [" + "a x b " * 199 + "a x b] to all."
    assert after == "It says [" + "c x d " * 199 + "c x d] to all."


def test_sides_longer_than_any_sentence_are_shown_unmarked() -> None:
    before, after = passages(Quote("a " * 9000, 0, 18000), Quote("b " * 9000, 0, 18000), longest=50)
    assert before is not None
    assert after is not None
    assert not any(piece.is_changed for piece in (*before.pieces, *after.pieces))


WORDS = st.text(st.sampled_from("ab _.,\u3042é"), min_size=1, max_size=80)


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS, st.integers(20, 100))
def test_what_is_shown_is_an_exact_piece_of_the_quote(before: str, after: str, longest: int) -> None:
    old, new = passages(Quote(before, 0, len(before)), Quote(after, 0, len(after)), longest=longest)
    assert old is not None
    assert new is not None
    for passage, quote in ((old, before), (new, after)):
        assert passage.text in quote
        assert len(passage.text) <= longest
        assert (passage.text == quote) or passage.is_cut_before or passage.is_cut_after
