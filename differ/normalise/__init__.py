"""Bytes to a text of blocks, with a fault where the page itself shows that it is not the document.

Pure: nothing is fetched, stored or guessed from chance. A change that gives other texts raises REVISION, and the
archive then derives every text again without telling anyone.
"""

from __future__ import annotations

from dataclasses import dataclass

from clausewatch.errors import ExtractionError
from clausewatch.model import Block, Fault, Reading, Text
from differ.faults import Verdict, cut_note, fault_of_page, policy_share
from differ.language import language_of
from differ.normalise.bundle import take_document
from differ.normalise.chrome import drop_chrome
from differ.normalise.container import take_container
from differ.normalise.embedded import embedded_markup, shown_markup
from differ.normalise.headings import settle_headings
from differ.normalise.html import parse, read_page, settle_links
from differ.normalise.markdown import read_markdown
from differ.normalise.page import Page
from differ.normalise.pdf import read_pdf
from differ.normalise.plain import looks_like_markdown, read_plain
from differ.normalise.prose import has_prose, speaks_of_policy
from differ.normalise.sniff import Form, decode, form_of
from differ.normalise.tables import join_rows
from differ.normalise.trim import drop_copies, drop_labels
from differ.provenance import NOTE_LINES, is_note

__all__ = ["REVISION", "read"]

REVISION: int = 2

_MIN_SHOWN_WORDS = 60  # of running text; a page that shows fewer may hold its text as data
_MIN_HELD_WORDS = 150
_WALL_BLOCKS = 200  # what a wall says stands at the start


def read(
    body: bytes,
    *,
    content_type: str | None = None,
    url: str | None = None,
    document_type: str | None = None,
    name: str | None = None,
    include: str | None = None,
    exclude: str | None = None,
    detect_language: bool = True,
) -> Reading:
    """What a body says. Never raises for what a body holds: a text may be empty, with a fault and its reason.

    ``document_type`` picks one policy out of a page that bundles several. ``name`` is a file name, read for its
    ending. ``include`` and ``exclude`` are CSS selectors, applied before anything else.
    """
    form = form_of(body, content_type=content_type, name=name or url)
    if form is Form.BINARY:
        return _unreadable("the body is no text, HTML or PDF")
    if form is Form.PDF:
        try:
            page = read_pdf(body)
        except ExtractionError as error:
            return _unreadable(str(error))
        return _finish(page, body, document_type, is_page=True, detect_language=detect_language)
    if form is Form.HTML:
        page, outside = _page_of(body, content_type, url=url, include=include, exclude=exclude)
        return _finish(page, body, document_type, is_page=True, detect_language=detect_language, outside=outside)
    source = decode(body, content_type=content_type)
    if form is Form.MARKDOWN or looks_like_markdown(source):
        page = read_markdown(source, url=url, include=include, exclude=exclude)
        settle_links(page)
    else:
        page = read_plain(source)
    join_rows(page)
    _drop_note(page)
    return _finish(page, body, document_type, is_page=False, detect_language=detect_language)


def _drop_note(page: Page) -> None:
    """The note that says where an archived text was taken from is no word of the vendor's."""
    for piece in page.pieces[:NOTE_LINES]:
        if is_note(piece.text):
            page.pieces.remove(piece)
            page.notes.append(f"left out the note of its origin: {piece.text[:80]}...")
            return


@dataclass(frozen=True, slots=True)
class _Outside:
    """What a page shows beside its main text, where walls speak."""

    text: str
    has_password: bool


def _page_of(
    body: bytes, content_type: str | None, *, url: str | None, include: str | None, exclude: str | None
) -> tuple[Page, _Outside]:
    """The pieces of a page's main text, and what the whole page said."""
    source = shown_markup(decode(body, content_type=content_type))
    root, is_too_deep = parse(source)
    note = cut_note(source)
    del source  # it and the tree take several times the memory of the page
    page = read_page(root, url=url, include=include, exclude=exclude) if root is not None else Page()
    del root
    if not has_prose(page, _MIN_SHOWN_WORDS):
        page = _embedded(shown_markup(decode(body, content_type=content_type)), page, url)
    if is_too_deep:
        page.notes.append("nested deeper than 2,048 elements: what lies deeper is not read")
    if note:
        page.notes.append(note)
    join_rows(page)
    text = "\n".join(piece.text for piece in page.pieces[:_WALL_BLOCKS])
    for step in (drop_chrome, take_container, settle_links, drop_labels, drop_copies):
        step(page)
    return page, _Outside(text, page.has_password)


def _embedded(source: str, page: Page, url: str | None) -> Page:
    """The text that a page holds without showing it, if that is a policy; else the page as it is."""
    markup = embedded_markup(source)
    root = parse(f"<html><body>{markup}</body></html>")[0] if markup else None
    if root is None:
        return page
    held = read_page(root, url=url)
    if not has_prose(held, _MIN_HELD_WORDS) or not speaks_of_policy(held.pieces):
        return page
    held.title, held.language, held.has_password, held.base = page.title, page.language, page.has_password, page.base
    held.notes += [*page.notes, "the page shows no text: read from the data or frames that it holds"]
    return held


def _finish(
    page: Page,
    body: bytes,
    document_type: str | None,
    *,
    is_page: bool,
    detect_language: bool,
    outside: _Outside | None = None,
) -> Reading:
    """Headings, the one document of a bundle, language, and what the page alone shows of faults."""
    settle_headings(page)
    take_document(page, document_type)
    blocks = tuple(
        Block(piece.kind, piece.text, piece.level, piece.header, piece.links, piece.breaks) for piece in page.pieces
    )
    page.pieces.clear()  # they take as much memory as the text, which is made now
    language = language_of("\n".join(block.text for block in blocks) if detect_language else "")
    text = Text(blocks, page.title, language, REVISION, tuple(page.notes))
    share = policy_share(text.text)
    verdict = None
    if is_page:
        page_text = outside.text if outside else None
        has_password = outside.has_password if outside else False
        verdict = fault_of_page(
            text, body, share=share, page_text=page_text, has_password=has_password, document_type=document_type
        )
    elif not blocks:
        verdict = Verdict(Fault.EMPTY, "no text")
    return Reading(text, verdict.fault if verdict else None, verdict.reason if verdict else None, share)


def _unreadable(reason: str) -> Reading:
    return Reading(Text((), normaliser=REVISION), Fault.UNREADABLE, reason, 0.0)
