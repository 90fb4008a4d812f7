"""PDF to pieces: lines put together to paragraphs again."""

from __future__ import annotations

import io
import logging
import re

from clausewatch.errors import ExtractionError
from differ.normalise.page import Page
from differ.normalise.plain import read_plain

__all__ = ["read_pdf"]

_MAX_PAGES = 500
_SHORT_LINE_WORDS = 2
_HYPHEN = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zß-ÿ])")
_STARTS_NEW = re.compile(
    r"^\s*(?:[•●▪◦‣⁃∙·■□➢➤✓✔]|[-–*]\s|\(?[a-z0-9]{1,3}[.)]\s|\d{1,2}(?:\.\d{1,2})+\s|§|Art)", re.IGNORECASE
)
_PAGE_NUMBER = re.compile(
    r"^\W*(?:(?:page|seite|página|pagina)\s*)?\d{1,3}(?:\s*(?:/|of|von|de|sur|di|van)\s*\d{1,3})?\W*$", re.IGNORECASE
)
_ENDS_SENTENCE = (".", ":", ";", "!", "?", "。")
_FULL_LINE = 0.75  # of the longest line: shorter ones end a paragraph


def read_pdf(body: bytes) -> Page:
    """Pieces of a PDF. Raises ExtractionError for one that cannot be read, is locked, or holds no text."""
    pages = _pages_by_pypdf(body)
    lines = [line for page in pages for line in page.splitlines() if line.strip()]
    short = sum(len(line.split()) <= _SHORT_LINE_WORDS for line in lines)
    # Some PDFs give pypdf one word a line; pdfminer.six takes longer and puts the lines together.
    if lines and short * 2 >= len(lines):
        pages = _pages_by_pdfminer(body) or pages
    text = "\n\n".join(_paragraphs(_without_running_lines(pages)))
    if not text.strip():
        raise ExtractionError("the PDF holds no text; it may be a scan")
    return read_plain(text)


def _pages_by_pypdf(body: bytes) -> list[str]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        reader = PdfReader(io.BytesIO(body))
        return [page.extract_text() for page in reader.pages[:_MAX_PAGES]]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as error:
        # pypdf lets the built-in errors through where a file breaks its own structure.
        raise ExtractionError(f"the PDF cannot be read: {error}") from error


def _pages_by_pdfminer(body: bytes) -> list[str]:
    from pdfminer.high_level import extract_text
    from pdfminer.pdfexceptions import PDFException

    try:
        return str(extract_text(io.BytesIO(body), maxpages=_MAX_PAGES)).split("\f")
    except (PDFException, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError):
        return []


def _without_running_lines(pages: list[str]) -> list[list[str]]:
    """The lines of each page without page numbers and without what stands at the head or foot of most pages."""
    by_page = [[line.rstrip() for line in page.splitlines()] for page in pages]
    ends: dict[str, int] = {}
    for lines in by_page:
        filled = [line.strip() for line in lines if line.strip()]
        for line in {*filled[:2], *filled[-2:]}:
            ends[line] = ends.get(line, 0) + 1
    running = {line for line, count in ends.items() if count >= 3 and count > len(pages) / 2}
    return [
        [line for line in lines if line.strip() not in running and not _PAGE_NUMBER.match(line)] for lines in by_page
    ]


def _paragraphs(pages: list[list[str]]) -> list[str]:
    lines = [line for page in pages for line in page]
    width = max((len(line) for line in lines), default=0)
    paragraphs: list[str] = []
    is_open = False
    for line in lines:
        if not line.strip():
            is_open = False
            continue
        if is_open and not _STARTS_NEW.match(line):
            paragraphs[-1] = _HYPHEN.sub("", f"{paragraphs[-1]}\n{line.strip()}").replace("\n", " ")
        else:
            paragraphs.append(line.strip())
        is_open = (
            not (line.rstrip().endswith(_ENDS_SENTENCE) and len(line) < _FULL_LINE * width) and len(line) >= 0.5 * width
        )
    return paragraphs
