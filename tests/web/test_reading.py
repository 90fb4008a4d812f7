"""Texts laid out for reading."""

from __future__ import annotations

from clausewatch.model import Block, BlockKind, Text
from clausewatch.web.reading import readable_sections

P, H, ITEM, ROW = BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.ITEM, BlockKind.ROW


def test_an_anchor_is_the_offset_of_its_block() -> None:
    text = Text((Block(P, "Before"), Block(H, "One", 1), Block(P, "First."), Block(ITEM, "a", 1), Block(ITEM, "b", 2)))
    found = readable_sections(text)
    assert [(section.anchor, section.heading) for section in found] == [("s0", None), ("s8", "One")]
    pieces = [piece for section in found for group in section.groups for piece in group.pieces]
    assert all(text.text[int(piece.anchor[1:]) :].startswith(piece.text) for piece in pieces)
    assert [[piece.text for piece in group.pieces] for group in found[1].groups] == [["First."], ["a", "b"]]


def test_heading_levels_go_down_by_one_step_at_most() -> None:
    text = Text((Block(P, "x"), *(Block(H, f"{level}", level) for level in (3, 6, 6, 4, 1, 2, 5, 6, 6))))
    assert [section.level for section in readable_sections(text)[1:]] == [2, 3, 3, 3, 2, 3, 4, 5, 5]


def test_rows_of_a_table_come_apart_again_under_their_header() -> None:
    header = ("Data", "Why", "Kept for")
    rows = (
        Block(ROW, "Data | Why | Kept for"),
        Block(ROW, "Orders | tax law | 18 months", header=header),
        Block(ROW, "Mail | a month", header=("Data", "Kept for")),
        Block(ROW, "Country | Law"),
        Block(ROW, "Norland | none", header=("Country", "Law")),
    )
    [section] = readable_sections(Text(rows))
    assert [table.head.cells for table in section.groups if table.head] == [header, ("Country", "Law")]
    assert [piece.cells for table in section.groups for piece in table.pieces] == [
        ("Orders", "tax law", "18 months"), ("Mail", "", "a month"), ("Norland", "none"),
    ]  # fmt: skip


def test_rows_without_a_header_are_one_table() -> None:
    [section] = readable_sections(Text((Block(ROW, "a | b"), Block(ROW, "c | d"))))
    [table] = section.groups
    assert (table.head, len(table.pieces)) == (None, 2)


def test_an_empty_text_has_no_sections() -> None:
    assert readable_sections(Text(())) == ()
