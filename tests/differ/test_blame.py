"""Blame, by example and against its definition."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.brute_blame import brute_blame
from clausewatch.model import Block, BlockKind, Text
from differ.blame import Blamed, blame

KEEP = "We keep the recordings of your kettle for {} months."
SHARE = "We share your address with the carrier that brings your parcel."
RIGHTS = "You may ask us for a copy of your personal data at any time."


def text(*blocks: str) -> Text:
    return Text(tuple(Block(BlockKind.PARAGRAPH, block) for block in blocks))


def told(*texts: Text) -> dict[str, Blamed]:
    return {each.sentence.quote: each for each in blame(texts)}


def was(blamed: Blamed) -> str | None:
    return blamed.before.quote if blamed.before else None


def test_a_sentence_was_brought_by_the_version_since_which_it_stands() -> None:
    found = told(text(SHARE), text(f"{SHARE} {RIGHTS}"), text(f"{SHARE} {RIGHTS}", KEEP.format(18)))
    assert [(each.brought, each.first) for each in found.values()] == [(0, 0), (1, 1), (2, 2)]
    assert {was(each) for each in found.values()} == {None}


def test_an_edited_sentence_names_the_one_that_it_replaced_with_its_place() -> None:
    before = text(f"{SHARE} {KEEP.format(18)}")
    found = told(before, text(f"{SHARE} {KEEP.format(24)} {RIGHTS}"))
    edited = found[KEEP.format(24)]
    assert (edited.brought, was(edited)) == (1, KEEP.format(18))
    assert edited.before
    assert before.text[edited.before.start : edited.before.end] == KEEP.format(18)
    assert was(found[RIGHTS]) is None, "it was put between others"


def test_a_moved_sentence_keeps_its_origin() -> None:
    found = told(text(SHARE, RIGHTS, KEEP.format(18)), text(KEEP.format(18), SHARE, RIGHTS))
    assert {each.brought for each in found.values()} == {0}


def test_a_sentence_that_moved_and_was_edited_names_where_it_came_from() -> None:
    long = f"{KEEP.format(18)} {SHARE} {RIGHTS}"
    found = told(
        text(long, "One more thing.", "Another."), text("One more thing.", "Another.", long.replace("18", "9"))
    )
    assert was(found[KEEP.format(9)]) == KEEP.format(18)


def test_what_left_and_came_back_was_brought_by_the_return_and_names_the_first() -> None:
    one, other = text(SHARE, KEEP.format(18)), text(SHARE, KEEP.format(24))
    found = told(one, other, one)
    returned = found[KEEP.format(18)]
    assert (returned.brought, returned.first, was(returned)) == (2, 0, KEEP.format(24))
    assert (found[SHARE].brought, found[SHARE].first) == (0, 0)


def test_a_sentence_written_over_another_names_it_though_they_share_nothing() -> None:
    found = told(text(f"{SHARE} Nothing else matters here. {RIGHTS}"), text(f"{SHARE} Ask anyone you like. {RIGHTS}"))
    assert was(found["Ask anyone you like."]) == "Nothing else matters here."


def test_a_short_line_in_the_place_of_one_like_it_names_it() -> None:
    found = told(text("Last updated: May 3, 2024", SHARE), text("Last updated: June 12, 2025", SHARE))
    assert was(found["Last updated: June 12, 2025"]) == "Last updated: May 3, 2024"
    found = told(text("Last updated: May 3, 2024", SHARE), text("For people in Brazil", SHARE))
    assert was(found["For people in Brazil"]) is None


def test_a_sentence_that_still_stands_was_not_replaced() -> None:
    found = told(text(KEEP.format(18)), text(f"{KEEP.format(18)} {KEEP.format(24)}"))
    assert was(found[KEEP.format(24)]) is None


def test_sentences_of_other_scripts_are_told_apart() -> None:
    found = told(text("我们收集您的姓名。我们不出售数据。"), text("我们收集您的电话。我们不出售数据。"))
    assert {sentence: each.brought for sentence, each in found.items()} == {
        "我们收集您的电话。": 1,
        "我们不出售数据。": 0,
    }
    assert was(found["我们收集您的电话。"]) == "我们收集您的姓名。"


def test_nothing_has_no_sentences() -> None:
    assert blame([]) == ()
    assert blame([text(SHARE), Text(())]) == ()


WORDS = st.sampled_from(
    [
        "we",
        "keep",
        "share",
        "your",
        "data",
        "the",
        "name",
        "for",
        "months",
        "with",
        "18",
        "24",
        "carrier.",
        "never.",
        "only;",
        "Ask",
        "You",
        "Kettles",
    ]
)
BLOCKS = st.lists(
    st.builds(
        Block,
        st.sampled_from([BlockKind.PARAGRAPH, BlockKind.ITEM, BlockKind.HEADING]),
        st.lists(WORDS, min_size=1, max_size=24).map(" ".join),
        st.just(2),
    ),
    max_size=5,
)


@st.composite
def histories(draw: st.DrawFn) -> list[Text]:
    """Texts that share blocks with each other, so that much stays, moves and returns."""
    pool = draw(st.lists(BLOCKS, min_size=1, max_size=4))
    blocks = [block for each in pool for block in each]
    rows = st.lists(st.sampled_from(blocks), max_size=8) if blocks else st.just([])
    return [Text(tuple(row)) for row in draw(st.lists(rows, min_size=1, max_size=6))]


@given(histories())
@settings(max_examples=150, deadline=None)
def test_blame_is_what_its_definition_says(texts: list[Text]) -> None:
    assert blame(texts) == brute_blame(texts)


@given(histories())
@settings(max_examples=50, deadline=None)
def test_the_sentences_are_those_of_the_text_and_where_it_has_them(texts: list[Text]) -> None:
    last = texts[-1]
    found = blame(texts)
    assert [each.sentence.start for each in found] == sorted(each.sentence.start for each in found)
    letters = sum(each.sentence.quote.count(letter) for each in found for letter in "aeou")
    assert letters == sum(last.text.count(letter) for letter in "aeou")
    for each in found:
        assert last.text[each.sentence.start : each.sentence.end] == each.sentence.quote
        assert each.sentence.quote in texts[each.brought].text
        if each.before:
            assert texts[each.brought - 1].text[each.before.start : each.before.end] == each.before.quote
