from __future__ import annotations

from datetime import date

import pytest

from clausewatch.model import Block, BlockKind, StatedDays, Text
from differ.stated import stated_days

LINES = (
    "We keep your orders for 18 months after the last one, and then we delete them.",
    "We share your address with the carrier that brings your parcel.",
)
MAY, JUNE = date(2024, 5, 3), date(2024, 6, 9)


def text(*lines: str) -> Text:
    return Text(tuple(Block(BlockKind.PARAGRAPH, line) for line in lines), language="en")


def test_an_edit_that_the_stated_day_does_not_tell_of_is_silent() -> None:
    day = "Last updated: May 3, 2024"
    found = stated_days(text(day, *LINES), text(day, LINES[0].replace("18", "24"), LINES[1]))
    assert (found.before_updated_on, found.after_updated_on) == (MAY, MAY)
    assert (found.is_silent, found.is_alone) == (True, False)
    assert found.sentence == "The text still says that it was last updated on 3 May 2024."


def test_an_edit_with_its_day_is_nothing_odd() -> None:
    found = stated_days(
        text("Last updated: May 3, 2024", *LINES), text("Last updated: June 9, 2024", LINES[0].replace("18", "24"))
    )
    assert (found.after_updated_on, found.is_silent, found.is_alone, found.sentence) == (JUNE, False, False, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Last updated: May 3, 2024", "Last updated: June 9, 2024"),
        ("This policy is effective as of 3 May 2024.", "This policy is effective as of 9 June 2024."),
        ("Last updated 2024-05-03", "Last updated 2024-06-09"),
    ],
)
def test_a_day_that_changes_alone_is_said(old: str, new: str) -> None:
    found = stated_days(text("Privacy", old, *LINES), text("Privacy", new, *LINES))
    assert (found.is_alone, found.is_silent) == (True, False)
    assert found.sentence == "Nothing changed but the day that the text states for itself."


@pytest.mark.parametrize(
    "new",
    [
        ("Privacy", "Last updated: June 9, 2024", LINES[0]),
        ("Privacy", "Last updated: June 9, 2024", LINES[0].replace("18", "24"), LINES[1]),
        ("Privacy", "Last updated: June 9, 2024. We now sell your data to others too.", *LINES),
    ],
    ids=["a paragraph less", "an edit elsewhere", "an edit in the line"],
)
def test_a_day_that_changes_with_the_text_is_not_alone(new: tuple[str, ...]) -> None:
    assert not stated_days(text("Privacy", "Last updated: May 3, 2024", *LINES), text(*new)).is_alone


def test_where_no_day_is_stated_nothing_is_silent() -> None:
    found = stated_days(text(*LINES), text(LINES[0]))
    assert found == StatedDays()
    assert (found.is_silent, found.sentence) == (False, None)


def test_long_paragraphs_of_other_words_are_told_apart() -> None:
    old, new = (" ".join(f"{letter}{number}" for number in range(100_000)) for letter in "vw")
    assert not stated_days(text("Updated: May 3, 2024", old), text("Updated: June 9, 2024", new)).is_alone
