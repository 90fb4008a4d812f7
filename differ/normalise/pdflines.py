"""The lines of a PDF, page by page, each with its size and whether it is bold. Bounded in pages and in work.

What belongs together is decided elsewhere.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from clausewatch.errors import ExtractionError

__all__ = ["Line", "pages_by_pdfminer", "pages_by_pypdf"]

_MAX_PAGES = 500
_MAX_OPERATIONS = 500_000  # a page of text has some thousands; forms within forms can multiply them without end
_MAX_PAGE_CHARACTERS = 20_000  # pdfminer.six compares the lines of a page with each other
_MIN_BOLD = 0.85  # of the characters of a line
_BOLD_FONTS = ("bold", "black", "heavy")
# pypdf and pdfminer.six let the built-in errors through where a file breaks its own structure.
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands on a page; an empty one parts what is around it."""

    text: str
    size: float = 0.0  # of its type, in points; 0 if unknown
    is_bold: bool = False
    y: float | None = None  # of its foot, in points from the foot of the page; None if unknown


class _TooMuch(BaseException):
    """No Exception: pypdf goes on after those within a form."""


@dataclass(slots=True)
class _Gatherer:
    """Takes text run by run and gives lines."""

    lines: list[Line] = field(default_factory=list)
    _runs: list[tuple[str, float, bool]] = field(default_factory=list)
    _y: float | None = None

    def add(self, text: str, size: float, *, is_bold: bool, y: float | None = None) -> None:
        first, *others = text.split("\n")
        if self._y is None and first.strip():
            self._y = y
        self._runs.append((first, size, is_bold))
        for other in others:
            self.end_line()
            self._runs.append((other, size, is_bold))

    def end_line(self) -> None:
        text = "".join(run for run, _, _ in self._runs)
        shown = [(len(run.strip()), size, bold) for run, size, bold in self._runs if run.strip()]
        bold = sum(length for length, _, is_bold in shown if is_bold)
        size = max(shown, default=(0, 0.0, False))[1]
        is_bold = bool(shown) and bold >= _MIN_BOLD * sum(length for length, _, _ in shown)
        self.lines += [Line(line, size, is_bold, self._y) for line in text.splitlines() or [""]]
        self._runs.clear()
        self._y = None


def pages_by_pypdf(body: bytes) -> list[list[Line]]:
    """The lines of each page, in the order in which the file draws them. Raises ExtractionError."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    done = 0

    def count(*_: object) -> None:
        nonlocal done
        done += 1
        if done > _MAX_OPERATIONS:
            raise _TooMuch

    try:
        pages = []
        for page, _ in zip(PdfReader(io.BytesIO(body)).pages, range(_MAX_PAGES), strict=False):
            gatherer = _Gatherer()
            page.extract_text(visitor_text=_visitor(gatherer), visitor_operand_before=count)
            gatherer.end_line()
            pages.append(gatherer.lines)
        return pages
    except _TooMuch:
        raise ExtractionError(f"the PDF draws more than {_MAX_OPERATIONS:,} things: no policy does") from None
    except (PyPdfError, *_BROKEN) as error:
        raise ExtractionError(f"the PDF cannot be read: {error}") from error


def _visitor(gatherer: _Gatherer) -> Any:
    def visit(text: str, at: Any, text_at: Any, font: Any, size: float) -> None:
        if text:
            scale = abs(float(text_at[3]) * float(at[3])) or 1.0
            y = float(text_at[4]) * float(at[1]) + float(text_at[5]) * float(at[3]) + float(at[5])
            is_bold = _is_bold(str((font or {}).get("/BaseFont", "")))
            gatherer.add(text, round(size * scale, 1), is_bold=is_bold, y=round(y, 1))

    return visit


def _is_bold(font: str) -> bool:
    name = font.lower()
    return any(mark in name for mark in _BOLD_FONTS)


def pages_by_pdfminer(body: bytes, pages: list[list[Line]]) -> list[list[Line]]:
    """The lines of each page, in the order in which people read them; none if it fails, or one of ``pages``, as pypdf
    read them, is too full for it."""
    from pdfminer.high_level import extract_pages
    from pdfminer.pdfexceptions import PDFException

    if max((sum(len(line.text) for line in page) for page in pages), default=0) > _MAX_PAGE_CHARACTERS:
        return []
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    try:
        return [list(_lines_of(layout)) for layout in extract_pages(io.BytesIO(body), maxpages=_MAX_PAGES)]
    except (PDFException, *_BROKEN):
        return []


def _lines_of(layout: Iterable[Any]) -> Iterator[Line]:
    from pdfminer.layout import LTChar, LTTextContainer, LTTextLine

    for box in layout:
        if not isinstance(box, LTTextContainer):
            continue
        for found in box:
            if not isinstance(found, LTTextLine):
                continue
            gatherer = _Gatherer()
            for char in found:
                if isinstance(char, LTChar):
                    gatherer.add(char.get_text(), round(char.size, 1), is_bold=_is_bold(char.fontname))
                else:  # a blank that the layout implies
                    gatherer.add(char.get_text().replace("\n", ""), 0.0, is_bold=False)
            gatherer.end_line()
            yield from gatherer.lines
        yield Line("")
