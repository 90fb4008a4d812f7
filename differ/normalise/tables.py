"""Joins the pieces of a data table's cells to one row; leaves tables that only arrange the page alone."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby

from differ.normalise.page import ROW, Page, Piece

__all__ = ["CELL_END", "join_rows"]

CELL_END = " | "
_MAX_CELL_PIECES = 12  # more paragraphs than that in one cell: a page's text in a layout table
_MAX_CELL_WORDS = 400


def join_rows(page: Page) -> None:
    """Replaces the cells of each data table by rows. Boxes keep pointing at the same text."""
    if not any(piece.cell for piece in page.pieces):
        return
    layout = page.layout_tables | _layout_tables(page.pieces)
    rows: list[Piece] = []
    new_index = array("l")
    headers: dict[int, dict[int, str]] = {}
    for key, group in groupby(page.pieces, key=lambda piece: _row_of(piece, layout)):
        pieces = list(group)
        if key is None:
            new_index.extend(range(len(rows), len(rows) + len(pieces)))
            rows.extend(pieces)
        else:
            new_index.extend([len(rows)] * len(pieces))
            rows.append(_joined(pieces, headers))
    new_index.append(len(rows))
    for box in page.boxes:
        box.first, box.end = new_index[box.first], _end_after(box.first, box.end, new_index)
    page.pieces = rows


def _end_after(first: int, end: int, new_index: Sequence[int]) -> int:
    """The end of a box within a row is the end of the row."""
    return new_index[end - 1] + 1 if end > first else new_index[end]


def _row_of(piece: Piece, layout: set[int]) -> int | None:
    return piece.cell.row if piece.cell and piece.cell.table not in layout and piece.cell.row else None


def _layout_tables(pieces: Sequence[Piece]) -> set[int]:
    """Tables that hold headings, whole pages of text in a cell, or never two cells side by side.

    The pieces of a cell stand together, but for tables around others, which only arrange them anyway.
    """
    narrow: set[int] = set()
    wide: set[int] = set()
    arranging: set[int] = set()
    row_before = None
    for place, group in groupby(pieces, key=_place_of):
        if place is None:
            continue
        table, row, _ = place
        (wide if (table, row) == row_before else narrow).add(table)
        row_before = table, row
        if table not in arranging and _is_part_of_page(list(group)):
            arranging.add(table)
    return (narrow - wide) | arranging


def _place_of(piece: Piece) -> tuple[int, int, int] | None:
    return (piece.cell.table, piece.cell.row, piece.cell.column) if piece.cell else None


def _is_part_of_page(pieces: list[Piece]) -> bool:
    """Whether what stands in one cell is too much for one."""
    if len(pieces) > _MAX_CELL_PIECES or sum(piece.words for piece in pieces) > _MAX_CELL_WORDS:
        return True
    return len(pieces) > 1 and any(piece.is_heading for piece in pieces)


def _joined(pieces: list[Piece], headers: dict[int, dict[int, str]]) -> Piece:
    cells: dict[int, list[Piece]] = defaultdict(list)
    for piece in pieces:
        if piece.cell:
            cells[piece.cell.column].append(piece)
    texts = {column: " ".join(piece.text for piece in inside) for column, inside in cells.items()}
    words = sum(piece.words for piece in pieces)
    row = Piece(CELL_END.join(texts.values()), ROW, words=words, tag="tr", cell=pieces[0].cell)
    row.linked = sum(piece.linked for piece in pieces)
    row.anchored = sum(piece.anchored for piece in pieces)
    row.breaks = _row_breaks(list(cells.values()))
    row.links = tuple(dict.fromkeys(link for piece in pieces for link in piece.links))
    table = pieces[0].cell.table if pieces[0].cell else 0
    if table not in headers:
        headers[table] = texts if _is_header(pieces, texts) else {}
    elif headers[table]:
        row.header = tuple(headers[table].get(column, "") for column in texts)
    return row


def _row_breaks(cells: list[list[Piece]]) -> tuple[int, ...]:
    """Where lines end within cells; between the cells stands CELL_END already."""
    breaks: list[int] = []
    at = 0
    for pieces in cells:
        for number, piece in enumerate(pieces):
            breaks += [at - 1] if number else []
            breaks += [at + offset for offset in piece.breaks]
            at += len(piece.text) + 1
        at += len(CELL_END) - 1
    return tuple(breaks)


def _is_header(pieces: list[Piece], texts: dict[int, str]) -> bool:
    """The first row is the header, unless its first cell alone is marked as one: then each row has its own."""
    marked = {piece.cell.column for piece in pieces if piece.cell and piece.cell.is_header}
    return len(texts) > 1 and (not marked or len(marked) > 1 or len(marked) == len(texts))
