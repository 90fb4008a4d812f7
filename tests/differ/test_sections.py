import doctest
import sys

from clausewatch.model import Block, BlockKind, Text
from differ import sections
from tests.differ.pages import POLICY, text_of


def test_the_example_holds() -> None:
    assert doctest.testmod(sys.modules["differ.sections"]).failed == 0


def test_every_block_stands_in_one_section_at_its_offset() -> None:
    text = text_of(f"<p>Before the first heading stands this.</p>{POLICY}")
    found = sections(text)
    assert found[0].path == ()
    assert [block for section in found for block in section.blocks] == list(text.blocks)
    for section in found:
        assert text.text[section.start :].startswith(section.blocks[0].text)
        assert text.blocks[section.first] is section.blocks[0]


def test_a_level_that_is_left_out_does_not_break_the_path() -> None:
    levels = ((1, "A"), (4, "B"), (3, "C"), (1, "D"))
    text = Text(tuple(Block(BlockKind.HEADING, name, level) for level, name in levels))
    assert [section.path for section in sections(text)] == [("A",), ("A", "B"), ("A", "C"), ("D",)]


def test_an_empty_text_has_no_sections() -> None:
    assert sections(Text(())) == ()
