"""What is kept by words is what would be made of them anew."""

from hypothesis import given
from hypothesis import strategies as st

from differ.kept import Kept


@given(st.lists(st.tuples(st.text("ab", max_size=12), st.integers(0, 2))))
def test_what_is_kept_is_what_would_be_made(asked: list[tuple[str, int]]) -> None:
    repeated: Kept[str] = Kept(lambda words, times: words * times, characters=60)
    assert [repeated(*each) for each in asked] == [words * times for words, times in asked]


def test_what_is_asked_for_again_is_not_made_again() -> None:
    made: list[str] = []
    kept: Kept[int] = Kept(lambda words: made.append(words) or len(words), characters=100)  # type: ignore[func-returns-value]  # None is meant
    assert [kept("tea"), kept("cups"), kept("tea")] == [3, 4, 3]
    assert made == ["tea", "cups"]


def test_no_more_is_kept_than_characters_allow_and_long_words_not_at_all() -> None:
    kept: Kept[list[str]] = Kept(lambda words: [words], characters=100)
    first = kept("tea")
    assert kept("tea") is first
    for number in range(50):
        kept(f"cup {number}")
    assert kept("tea") is not first
    long = "kettle" * 20
    assert kept(long) is not kept(long)
