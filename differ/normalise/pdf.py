"""PDF to pieces: lines put together to paragraphs again, lines in bold or large type marked as such.

Reading the lines out of the file is left to differ.normalise.pdflines.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise

from clausewatch.errors import ExtractionError
from differ.normalise.page import Page
from differ.normalise.pdflines import Line, pages_by_pdfminer, pages_by_pypdf
from differ.normalise.plain import read_plain

__all__ = ["read_pdf"]

_SHORT_LINE_WORDS = 2
_WORD = re.compile(r"[^\W\d_]+")
_CUT_WORD = re.compile(r"(?P<first>[^\W\d_]+)-$")
_STARTS_NEW = re.compile(
    r"^\s*(?:[•●▪◦‣⁃∙·■□➢➤✓✔]|[-–*]\s|\(?[a-z0-9]{1,3}[.)]\s|\d{1,2}(?:\.\d{1,2})+\s|§|Art)", re.IGNORECASE
)
_PAGE_NUMBER = re.compile(
    r"^\W*(?:(?:page|seite|página|pagina)\s*)?\d{1,3}(?:\s*(?:/|of|von|de|sur|di|van)\s*\d{1,3})?\W*$", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+")
_ENDS_SENTENCE = (".", ":", ";", "!", "?", "。")
_FULL_LINE = 0.75  # of the longest line: shorter ones end a paragraph
_HALF_LINE = 0.5
_APART = 1.25  # times the usual space between lines: paragraphs are set apart by more
_LARGE = 1.15  # times the size of most of the text
_MOSTLY = 0.5  # a document that is bold throughout marks nothing by it


def read_pdf(body: bytes) -> Page:
    """Pieces of a PDF. Raises ExtractionError for one that cannot be read, is locked, too large, or holds no text."""
    pages = pages_by_pypdf(body)
    lines = [line for page in pages for line in page if line.text.strip()]
    short = sum(len(line.text.split()) <= _SHORT_LINE_WORDS for line in lines)
    # Some PDFs give pypdf one word a line; pdfminer.six takes longer and puts the lines together.
    if lines and short * 2 >= len(lines):
        pages = pages_by_pdfminer(body, pages) or pages
    paragraphs = _paragraphs(_marked([line for page in _without_running_lines(pages) for line in page]))
    page = read_plain("\n\n".join(line.text for line in paragraphs))
    if not page.pieces:
        raise ExtractionError("the PDF holds no text; it may be a scan")
    shown = [line for line in paragraphs if read_plain(line.text).pieces]  # a line of dashes is no piece
    for piece, line in zip(page.pieces, shown, strict=True):
        piece.bold = float(line.is_bold)
    return page


def _without_running_lines(pages: list[list[Line]]) -> list[list[Line]]:
    """The lines of each page without page numbers and without what stands at the head or foot of most pages."""
    ends: Counter[str] = Counter()
    for lines in pages:
        filled = [_shape(line) for line in lines if line.text.strip()]
        ends.update({*filled[:2], *filled[-2:]})
    running = {shape for shape, count in ends.items() if count >= 3 and count > len(pages) / 2}
    return [
        [line for line in lines if _shape(line) not in running and not _PAGE_NUMBER.match(line.text)] for lines in pages
    ]


def _shape(line: Line) -> str:
    """A line but for its numbers, which count the pages."""
    return _DIGITS.sub("0", line.text.strip())


def _marked(lines: list[Line]) -> list[Line]:
    """The lines, bold where they are set apart from most of the text: in bold or in larger type."""
    sizes: Counter[float] = Counter()
    bold = everything = 0
    for line in lines:
        sizes[line.size] += len(line.text)
        bold += len(line.text) * line.is_bold
        everything += len(line.text)
    usual = max(sizes, key=lambda size: (sizes[size], -size), default=0.0)
    tells = bold < _MOSTLY * everything
    return [replace(line, is_bold=(line.is_bold and tells) or line.size > _LARGE * usual > 0) for line in lines]


@dataclass(slots=True)
class _Joint:
    """What stands where two lines meet."""

    width: int  # of the longest line, in characters
    leading: float  # from a line to the next within a paragraph, in points; 0 if unknown
    words: frozenset[str]  # of the document, lower case

    def is_whole(self, line: Line) -> bool:
        """Whether a line ends its paragraph, as far as it can tell by itself."""
        is_sentence = line.text.endswith(_ENDS_SENTENCE) and len(line.text) < _FULL_LINE * self.width
        return is_sentence or len(line.text) < _HALF_LINE * self.width

    def is_apart(self, before: Line, line: Line) -> bool:
        """Whether more than the usual space lies between two lines of a page."""
        if before.y is None or line.y is None or not self.leading:
            return False
        return before.y - line.y > _APART * self.leading

    def goes_on(self, before: Line, line: Line, *, is_apart: bool) -> bool:
        """Whether a line belongs to the paragraph of the line before it; ``is_apart``: a blank line lies between."""
        if _STARTS_NEW.match(line.text) or before.is_bold != line.is_bold or self.is_whole(before):
            return False
        if line.is_bold and before.size != line.size:
            return False
        return not is_apart or (line.text[:1].islower() and not before.text.endswith(_ENDS_SENTENCE))

    def join(self, text: str, more: str) -> str:
        """Two lines as one. A hyphen between them stays where both its parts are words of the document."""
        cut = _CUT_WORD.search(text)
        if not cut or not more[:1].islower():
            return f"{text} {more}"
        rest = _WORD.match(more)
        parts = {cut["first"].lower(), rest[0].lower() if rest else ""}
        return f"{text}{more}" if parts <= self.words else f"{text[:-1]}{more}"


def _leading(lines: list[Line]) -> float:
    gaps = Counter(
        round(before.y - line.y)
        for before, line in pairwise(line for line in lines if line.text.strip())
        if before.y is not None and line.y is not None and before.y > line.y
    )
    return max(gaps, key=lambda gap: (gaps[gap], -gap), default=0)


def _paragraphs(lines: list[Line]) -> list[Line]:
    """The lines of each paragraph as one."""
    joint = _Joint(
        max((len(line.text) for line in lines), default=0),
        _leading(lines),
        frozenset(word.lower() for line in lines for word in _WORD.findall(_CUT_WORD.sub("", line.text))),
    )
    paragraphs: list[Line] = []
    before: Line | None = None  # the last line, as it stands on the page
    is_apart = False
    for line in lines:
        stripped = replace(line, text=line.text.strip())
        if not stripped.text:
            is_apart = True
            continue
        is_apart = is_apart or (before is not None and joint.is_apart(before, stripped))
        if before and joint.goes_on(before, stripped, is_apart=is_apart):
            paragraphs[-1] = replace(paragraphs[-1], text=joint.join(paragraphs[-1].text, stripped.text))
        else:
            paragraphs.append(stripped)
        before, is_apart = stripped, False
    return paragraphs
