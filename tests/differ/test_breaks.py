"""Line breaks within a block leave no mark in its text, and no quote runs over one."""

from __future__ import annotations

from clausewatch.model import Block
from differ import align, read
from differ.findings import find

TABLE = """# Recipients

| Data | Shared with |
| --- | --- |
| Whistles and hums  <br>Lamp settings | Brassgate Metrics  <br>Courts |
"""


def blocks_of(source: str) -> tuple[Block, ...]:
    return read(source.encode(), name="x.md").text.blocks


def test_a_row_knows_where_its_cells_broke() -> None:
    row = blocks_of(TABLE)[2]
    assert row.text == "Whistles and hums Lamp settings | Brassgate Metrics Courts"
    assert [row.text[:at].split()[-1] for at in row.breaks] == ["hums", "Metrics"]
    assert all(row.text[at] == " " for at in row.breaks)


def test_a_bullet_that_is_dropped_moves_the_breaks() -> None:
    (item,) = read(b"<p>&bull; Whistles<br>and hums</p>", content_type="text/html").text.blocks
    assert (item.text, item.breaks) == ("Whistles and hums", (8,))


def test_a_quote_ends_where_the_line_does() -> None:
    before = read(TABLE.encode(), name="x.md").text
    after = read(TABLE.replace("Courts", "Advertising partners").encode(), name="x.md").text
    quotes = [finding.after.quote for finding in find(align(before, after)).findings if finding.after]
    assert quotes
    assert all("Metrics Advertising" not in quote for quote in quotes)
