"""Bytes to a text of blocks, with a fault where the page itself shows that it is not the document.

Pure: nothing is fetched, stored or guessed from chance. A change that gives other texts raises REVISION, and the
archive then derives every text again without telling anyone.
"""

from __future__ import annotations

from clausewatch.model import Block, Fault, Reading, Text
from differ.normalise.html import parse, read_page
from differ.normalise.markdown import read_markdown
from differ.normalise.pieces import Page
from differ.normalise.plain import looks_like_markdown, read_plain
from differ.normalise.sniff import Form, decode, form_of
from differ.normalise.tables import join_rows

__all__ = ["REVISION", "read"]

REVISION: int = 1


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
    source = decode(body, content_type=content_type)
    if form is Form.HTML:
        root, _ = parse(source)
        page = read_page(root, url=url, include=include, exclude=exclude) if root is not None else Page()
    elif form is Form.MARKDOWN or looks_like_markdown(source):
        page = read_markdown(source, url=url, include=include, exclude=exclude)
    else:
        page = read_plain(source)
    join_rows(page)
    return Reading(_text_of(page), None, None, 0.0)


def _unreadable(reason: str) -> Reading:
    return Reading(Text((), normaliser=REVISION), Fault.UNREADABLE, reason, 0.0)


def _text_of(page: Page) -> Text:
    blocks = tuple(Block(piece.kind, piece.text, piece.level, piece.header, piece.links) for piece in page.pieces)
    return Text(blocks, page.title, None, REVISION, tuple(page.notes))
