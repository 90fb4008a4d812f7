import pytest

from clausewatch.model import BlockKind, Text
from differ import read
from tests.differ.pages import PARAGRAPHS, headings, lines


def plain(source: str) -> Text:
    return read(source.encode(), name="policy.txt").text


def test_each_line_is_a_paragraph_and_capitals_head_them() -> None:
    text = plain(f"PURPOSE\n{PARAGRAPHS[0]}\nOUR COMMITMENT TO YOU\n{PARAGRAPHS[1]}\n{PARAGRAPHS[2]} And more of it.\n")
    assert headings(text) == ["PURPOSE", "OUR COMMITMENT TO YOU"]
    assert len(text.blocks) == 5


def test_bullets_are_items_with_their_depth() -> None:
    text = plain("We collect:\n• your name\no your first name\n* lakes\n    - deep ones\n**  • ** hills\n")
    assert [(block.kind.value, block.level, block.text) for block in text.blocks[1:]] == [
        ("item", 1, "your name"),
        ("item", 2, "your first name"),
        ("item", 1, "lakes"),
        ("item", 2, "deep ones"),
        ("item", 1, "hills"),
    ]


def test_a_single_hash_heading_is_a_heading() -> None:
    assert headings(plain("# Privacy\n\nWe collect your name.\n")) == ["Privacy"]


def test_markdown_by_another_name_is_read_as_markdown() -> None:
    text = plain("# Privacy\n\n## What\n\nSee [here](https://larkspur.example/x).\n")
    assert lines(text) == ["Privacy", "What", "See here."]


def test_lines_wrapped_by_hand_are_joined() -> None:
    wrapped = (
        "We collect the personal data that you give us when you open\n"
        "an account with Larkspur Maps, and the lakes that you look\n"
        "at while you use it.\n\n"
        "We share personal information with service providers who do\n"
        "process it for us under a contract that binds them to keep\n"
        "it secret.\n"
    )
    assert len(plain(wrapped).blocks) == 2


def test_rules_and_empty_lines_are_no_blocks() -> None:
    assert [block.kind for block in plain("One thing.\n\n-----\n\n* * *\nAnother thing.\n").blocks] == [
        BlockKind.PARAGRAPH,
        BlockKind.PARAGRAPH,
    ]


def test_the_note_of_an_archived_text_is_no_part_of_it() -> None:
    body = (
        b"The following text is extracted and transformed from the lamps.example privacy policy that was archived on "
        b"2019-05-17. Please check the original snapshot.\nLamp policy\nWe keep your whistles as long as it takes.\n"
    )
    text = read(body, name="lamps.txt").text
    assert "archived on" not in text.text
    assert any("note of its origin" in note for note in text.notes)


@pytest.mark.parametrize("white", ["\n", " ", "\t \n"])
def test_white_space_without_end_is_read_in_one_pass(white: str) -> None:
    text = plain(f"{PARAGRAPHS[0]}\n{white * 100_000}\n{PARAGRAPHS[1]}\n")
    assert lines(text) == [PARAGRAPHS[0], PARAGRAPHS[1]]
