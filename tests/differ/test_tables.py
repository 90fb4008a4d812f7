from clausewatch.model import Block, BlockKind
from tests.differ.pages import POLICY, lines, text_of


def rows_of(table: str) -> list[Block]:
    text = text_of(f"{POLICY}{table}<p>This is the end of the fictional policy.</p>")
    return [block for block in text.blocks if block.kind is BlockKind.ROW]


def test_a_row_is_its_cells_and_knows_its_header() -> None:
    rows = rows_of(
        "<table><tr><th>Company<th>Purpose<th>Country</tr><tr><td>Fenwick Tiles<td><p>Map "
        "tiles</p><p>and fonts</p><td></tr>"
        "<tr><td>Marl Mail<td><td>Iceland</tr></table>"
    )
    assert [row.text for row in rows] == [
        "Company | Purpose | Country",
        "Fenwick Tiles | Map tiles and fonts",
        "Marl Mail | Iceland",
    ]
    assert [row.header for row in rows] == [(), ("Company", "Purpose"), ("Company", "Country")]


def test_the_first_row_is_the_header_where_none_is_marked() -> None:
    rows = rows_of("<table><tr><td>Cookie<td>Kept for</tr><tr><td>sid<td>1 day</tr></table>")
    assert rows[1].header == ("Cookie", "Kept for")


def test_rows_that_name_themselves_have_no_header() -> None:
    rows = rows_of("<table><tr><th>Controller<td>Larkspur Maps</tr><tr><th>Country<td>Iceland</tr></table>")
    assert [row.header for row in rows] == [(), ()]


def test_links_of_cells_belong_to_the_row() -> None:
    rows = rows_of(
        "<table><tr><td>Marl<td><a href=/marl>Policy</a></tr><tr><td>Fen<td><a href=/fen>Policy</a></tr></table>"
    )
    assert rows[1].links == ("https://larkspur.example/fen",)


def test_a_table_that_only_arranges_the_page_makes_no_rows() -> None:
    text = text_of(f"<table><tr><td><a href=/>Home</a></td><td>{POLICY}</td></tr></table>")
    assert not any(block.kind is BlockKind.ROW for block in text.blocks)
    assert lines(text)[:2] == ["Privacy Policy", "Part A"]


def test_a_table_within_a_layout_table_is_data() -> None:
    inner = "<table><tr><td>Company<td>Country</tr><tr><td>Marl<td>Iceland</tr></table>"
    text = text_of(f"<table role=presentation><tr><td>{POLICY}{inner}</td></tr></table>")
    assert lines(text)[-2:] == ["Company | Country", "Marl | Iceland"]
