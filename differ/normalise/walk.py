"""Walks a prepared tree once, depth first, and cuts it into pieces.

Which pieces belong to the policy, and which are headings in disguise, is decided later.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from sys import intern
from typing import cast

from lxml import etree

from differ.normalise.canonical import BULLET, fold
from differ.normalise.page import HEADING, ITEM, PARAGRAPH, Box, Cell, Page, Piece
from differ.normalise.tags import (
    BLOCKS,
    BOXLESS,
    HEADINGS,
    INLINE,
    LISTS,
    OPENERS,
    SPECIAL,
    is_bold_class,
    is_bold_style,
)

__all__ = ["BREAK", "walk"]

BREAK = "\x00"
"""A line break within a piece: parsers never give this character, and str.split() does not take it for space."""

_BULLETS = frozenset("•●▪◦‣⁃∙·■□➢➤✓✔–—-*")


def walk(root: etree._Element) -> Page:
    """The pieces and boxes of a tree. Links of pieces are as the page writes them."""
    walker = _Walker()
    walker.walk(root)
    return walker.page


@dataclass(frozen=True, slots=True)
class _Mark:
    """What attributes make of a block element, beyond what its tag says."""

    is_bold: bool
    is_opener: bool  # it unfolds another
    is_heading: bool


class _Walker:
    def __init__(self) -> None:
        self.page = Page()
        self._marks: dict[etree._Element, _Mark] = {}  # of the open elements
        self._parts: list[str] = []
        self._bold_size = self._size = 0
        self._closed_link: str | None = None  # target of the link that ended right here
        self._is_line_filled = False  # whether anything stands on the line since the last break
        self._linked: list[str] = []
        self._anchored: list[str] = []
        self._targets: dict[str, None] = {}  # a set that keeps its order
        self._bold = self._link = self._anchor = self._pre = self._lists = self._opener = self._term = 0
        self._level = self._item = 0
        self._tag = "p"
        self._boxes: list[int] = []
        self._cells: list[list[int]] = []  # of the open tables: table, row, column, is header
        self._tables = self._rows = 0
        self._count = 0  # of pieces; boxes share the number

    def walk(self, root: etree._Element) -> None:
        parts = self._parts
        around: list[tuple[Iterator[etree._Element], etree._Element, str]] = []  # no recursion: pages go deep
        siblings = iter([root])
        while True:
            element = next(siblings, None)
            if element is not None:
                tag = intern(element.tag)  # pieces and boxes keep it: one string for all of them
                if len(element):
                    self._start(element, tag)
                    around.append((siblings, element, tag))
                    siblings = iter(element)
                    continue
                if self._anchor or self._pre or tag == "pre" or not (tag in BLOCKS or "-" in tag):
                    self._start(element, tag)
                    self._end(element, tag)
                else:
                    self._take_leaf(element, tag)
            elif around:
                siblings, element, tag = around.pop()
                self._end(element, tag)
            else:
                break
            tail = element.tail
            if tail and (parts or not tail.isspace()):  # most white space stands between blocks
                self._add(tail)
        self.flush()

    def _start(self, element: etree._Element, tag: str) -> None:
        if tag in BLOCKS or "-" in tag:
            if self._parts or self._targets:
                self.flush()
            self._open(element, tag)
        elif tag in INLINE:
            self._open_inline(element, tag)
        text = element.text
        if text and (self._parts or not text.isspace()):
            self._add(text)

    def _end(self, element: etree._Element, tag: str) -> None:
        if tag in BLOCKS or "-" in tag:
            if self._parts or self._targets:
                self.flush()
            self._close(element, tag)
        elif tag in INLINE:
            self._close_inline(element, tag)

    def _take_leaf(self, element: etree._Element, tag: str) -> None:
        """Opens and closes a block without elements within, as most are: its text is a piece as it is."""
        if self._parts or self._targets:
            self.flush()
        box = None if tag in BOXLESS else self._box(tag)
        attributes = element.items()
        mark = self._read_attributes(cast("list[tuple[str, str]]", attributes), box) if attributes else None
        if tag in SPECIAL:
            self._open_special(element, tag)
        text = element.text
        line = fold(text) if text else ""
        if line:
            self._tag = tag
            self._emit(line, (), bold=1.0 if self._bold > 0 else 0.0)
            if box:
                box.end = self._count
        if mark:
            self._unmark(mark)
        if tag in SPECIAL:
            self._close_special(tag)
        self._tag = "p"

    def _open_inline(self, element: etree._Element, tag: str) -> None:
        if tag == "a":
            self._open_link(element)
        elif tag == "br":
            self._break()
        elif tag == "hr":
            self.flush()
        else:
            self._bold += 1

    def _close_inline(self, element: etree._Element, tag: str) -> None:
        if tag == "a":
            self._close_link(element)
        elif tag in ("b", "strong"):
            self._bold -= 1

    def _open(self, element: etree._Element, tag: str) -> None:
        box = None
        if tag not in BOXLESS:
            box = self._box(tag)
            self._boxes.append(len(self.page.boxes) - 1)
        attributes = element.items()
        mark = self._read_attributes(cast("list[tuple[str, str]]", attributes), box) if attributes else None
        if mark:
            self._marks[element] = mark
        if tag in SPECIAL:
            self._open_special(element, tag)
        self._tag = tag

    def _box(self, tag: str) -> Box:
        page = self.page
        box = Box(tag, self._boxes[-1] if self._boxes else -1, self._count, self._count)
        page.boxes.append(box)
        return box

    def _read_attributes(self, attributes: list[tuple[str, str]], box: Box | None) -> _Mark | None:
        is_bold = is_opener = is_heading = False
        level = ""
        for name, value in attributes:
            if name == "class":
                is_bold = is_bold or is_bold_class(value)
                if box:
                    box.classes = value.lower()
            elif name == "id":
                if box:
                    box.ident = value.lower()
            elif name == "style":
                is_bold = is_bold or is_bold_style(value)
            elif name == "role":
                is_heading = value == "heading"
                if box:
                    box.role = value.strip().lower()
            elif name == "aria-level":
                level = value
            elif name in ("aria-expanded", "aria-controls"):
                is_opener = True
            elif name == "aria-modal" and box:
                box.is_modal = value == "true"
        if not (is_bold or is_opener or is_heading):
            return None
        self._bold += is_bold
        self._opener += is_opener
        self._level = _level(level) if is_heading else self._level
        return _Mark(is_bold, is_opener, is_heading)

    def _open_special(self, element: etree._Element, tag: str) -> None:
        if tag in HEADINGS:
            self._level = HEADINGS[tag]
        elif tag == "li":
            self._item = max(self._lists, 1)
        elif tag in LISTS:
            self._lists += 1
        elif tag in OPENERS:
            self._opener += 1
        elif tag == "dt":
            self._term += 1
        elif tag == "pre":
            self._pre += 1
        elif tag == "table":
            self._open_table(element)
        elif self._cells:
            self._open_cell(tag)

    def _close(self, element: etree._Element, tag: str) -> None:
        if tag not in BOXLESS:
            self.page.boxes[self._boxes.pop()].end = self._count
        mark = self._marks.pop(element, None) if self._marks else None
        if mark:
            self._unmark(mark)
        if tag in SPECIAL:
            self._close_special(tag)
        self._tag = "p"

    def _unmark(self, mark: _Mark) -> None:
        self._bold -= mark.is_bold
        self._opener -= mark.is_opener
        if mark.is_heading:
            self._level = 0

    def _close_special(self, tag: str) -> None:
        if tag in HEADINGS:
            self._level = 0
        elif tag == "li":
            self._item = 0
        elif tag in LISTS:
            self._lists -= 1
        elif tag in OPENERS:
            self._opener -= 1
        elif tag == "dt":
            self._term -= 1
        elif tag == "pre":
            self._pre -= 1
        elif tag == "table":
            self._cells.pop()

    def _open_table(self, element: etree._Element) -> None:
        self._tables += 1
        if self._cells:
            self.page.layout_tables.add(self._cells[-1][0])
        if element.get("role") in ("presentation", "none"):
            self.page.layout_tables.add(self._tables)
        self._cells.append([self._tables, 0, -1, 0])

    def _open_cell(self, tag: str) -> None:
        cell = self._cells[-1]
        if tag == "tr":
            self._rows += 1
            cell[1], cell[2] = self._rows, -1
        elif tag in ("td", "th"):
            cell[2] += 1
            cell[3] = int(tag == "th")

    def _open_link(self, element: etree._Element) -> None:
        target = element.get("href")
        if target is None:
            return
        self._anchor += 1
        if not target.startswith("#"):
            self._link += 1
        if self._closed_link not in (None, target):
            self._parts.append(" ")  # two links side by side are two words
        self._targets[target] = None

    def _close_link(self, element: etree._Element) -> None:
        target = element.get("href")
        if target is not None:
            self._anchor -= 1
            self._link -= not target.startswith("#")
            self._closed_link = target

    def _add(self, text: str) -> None:
        self._closed_link = None
        if self._pre and "\n" in text:
            text = text.replace("\r", "").replace("\n", BREAK)
        self._parts.append(text)
        if not text.isspace():
            self._is_line_filled = True
            self._size += len(text)
            if self._bold:
                self._bold_size += len(text)
        if self._anchor:
            self._anchored.append(text)
            if self._link:
                self._linked.append(text)

    def _break(self) -> None:
        """Two breaks end a piece; so does one after a start all in bold (a heading over its paragraph)."""
        if not self._is_line_filled or self._size == self._bold_size:
            self.flush()
        else:
            self._parts.append(BREAK)
            self._is_line_filled = False
        self._closed_link = None

    def flush(self) -> None:
        """Ends the piece that is being gathered, if there is one."""
        if self._size:
            text = "".join(self._parts)
            bold = self._bold_size / self._size
            if BREAK in text:
                self._emit_lines(text, bold)
            else:
                line = fold(text)
                if line:
                    self._emit(line, (), bold=bold)
            self._size = self._bold_size = 0
        self._parts.clear()
        if self._anchored or self._targets:
            self._linked.clear()
            self._anchored.clear()
            self._targets.clear()
        self._is_line_filled = False
        self._closed_link = None

    def _emit_lines(self, text: str, bold: float) -> None:
        for raw in _pieces_of(text):
            lines = [line for line in map(fold, raw) if line]
            if lines:
                self._emit(" ".join(lines), lines, bold=bold)

    def _emit(self, text: str, lines: Sequence[str], *, bold: float) -> None:
        """Adds the piece of a text, which joins those lines if it has more than one."""
        words = text.count(" ") + 1
        kind, level, dropped = PARAGRAPH, 0, 0
        bullet = BULLET.match(text) if text[0] in _BULLETS and not self._level else None
        if bullet and len(bullet[0]) < len(text):
            dropped = bullet.end()
            kind, level = ITEM, max(self._item, self._lists, 1)
        elif self._level:
            kind, level = HEADING, self._level
        elif self._item:
            kind, level = ITEM, self._item
        self._item = 0
        piece = Piece(text[dropped:], kind, level, words, 0, 0, bold, self._tag, self._opener > 0, self._term > 0)
        if len(lines) > 1:
            piece.breaks = _breaks(lines, dropped=dropped)
        if self._anchored:
            parts = 0 if lines else len(self._parts)  # most are links in full, and need no counting
            piece.anchored = _words_within(self._anchored, words, is_all=len(self._anchored) == parts)
            piece.linked = _words_within(self._linked, words, is_all=len(self._linked) == parts)
            piece.links = tuple(self._targets)
        if self._cells and self._cells[-1][2] >= 0:
            table, row, column, is_header = self._cells[-1]
            piece.cell = Cell(table, row, column, bool(is_header))
        self.page.pieces.append(piece)
        self._count += 1


def _words_within(parts: list[str], words: int, *, is_all: bool) -> int:
    """How many of a piece's words stand in those parts of it."""
    return words if is_all else min(len("".join(parts).split()), words)


def _level(written: str) -> int:
    return min(max(int(written), 1), 6) if written.isascii() and written.isdigit() and len(written) < 3 else 2


def _breaks(lines: Sequence[str], *, dropped: int) -> tuple[int, ...]:
    """Where the lines end within their joined text, of which that many characters were dropped at its beginning."""
    ends = itertools.accumulate(len(line) + 1 for line in lines[:-1])
    return tuple(end - 1 - dropped for end in ends if end - 1 > dropped)


def _pieces_of(text: str) -> list[list[str]]:
    """A text with line breaks in it, cut where two follow each other and where a line begins with a bullet."""
    pieces: list[list[str]] = [[]]
    for line in text.split(BREAK):
        if not line.strip():
            pieces.append([])
        elif BULLET.match(line):
            pieces.append([line])
        else:
            pieces[-1].append(line)
    return [lines for lines in pieces if lines]
