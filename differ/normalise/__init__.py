"""Bytes to a text of blocks, with a fault where the page itself shows that it is not the document.

Pure: nothing is fetched, stored or guessed from chance. A change that gives other texts raises REVISION, and the
archive then derives every text again without telling anyone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from clausewatch.errors import ExtractionError
from clausewatch.model import Block, Fault, Reading, Text
from differ.faults import Verdict, cut_note, fault_of_page, policy_share
from differ.language import language_of
from differ.normalise.bundle import take_document
from differ.normalise.canonical import MASKED_PATH
from differ.normalise.chrome import drop_chrome
from differ.normalise.container import take_container
from differ.normalise.embedded import embedded_markup, shown_markup
from differ.normalise.fingerprint import fingerprint_of, keep_reading, recent_reading
from differ.normalise.headings import settle_headings
from differ.normalise.html import Tree, parse, prepare, read_page, read_tree, settle_links, settle_masks
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
    known: str | None = None,
) -> Reading:
    """What a body says. Never raises for what a body holds: a text may be empty, with a fault and its reason.

    ``document_type`` picks one policy out of a page that bundles several. ``name`` is a file name, read for its
    ending. ``include`` and ``exclude`` are CSS selectors, applied before anything else. A page whose fingerprint is
    ``known`` is not read: the reading that is given has that fingerprint and nothing else.
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
        asked = _Asked(content_type, url, document_type, include, exclude, detect_language)
        return _read_html(body, asked, known)
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
class _Asked:
    """What the reading of a page depends on beside its body."""

    content_type: str | None
    url: str | None
    document_type: str | None
    include: str | None
    exclude: str | None
    detect_language: bool


@dataclass(frozen=True, slots=True)
class _Outside:
    """What a page shows beside its main text, where walls speak."""

    text: str
    has_password: bool


def _read_html(body: bytes, asked: _Asked, known: str | None) -> Reading:
    tree, notes = _tree_of(body, asked)
    fingerprint = _fingerprint(tree, notes, asked) if tree else None
    if fingerprint and fingerprint == known:
        return Reading(Text((), normaliser=REVISION), None, None, 0.0, fingerprint)
    if recent := recent_reading(fingerprint):
        return recent
    page = read_tree(tree) if tree else Page()
    del tree  # it takes several times the memory of the page
    is_shown = has_prose(page, _MIN_SHOWN_WORDS)
    if not is_shown:
        page = _embedded(_source_of(body, asked), page, asked.url)
    page.notes += notes
    outside = _take_text(page)
    reading = _finish(
        page, body, asked.document_type, is_page=True, detect_language=asked.detect_language, outside=outside
    )
    if not is_shown or reading.fault:  # the body was looked into beyond the tree, or may have been
        return reading
    reading = replace(reading, fingerprint=fingerprint)
    keep_reading(reading)
    return reading


def _source_of(body: bytes, asked: _Asked) -> str:
    return shown_markup(decode(body, content_type=asked.content_type))


def _tree_of(body: bytes, asked: _Asked) -> tuple[Tree | None, list[str]]:
    """What of a page is to be walked over, and notes on how it came."""
    source = _source_of(body, asked)
    root, is_too_deep = parse(source)
    notes = ["nested deeper than 2,048 elements: what lies deeper is not read"] if is_too_deep else []
    note = cut_note(source)
    if note:
        notes.append(note)
    has_masks = MASKED_PATH in source
    del source  # it and the tree take several times the memory of the page
    if root is None:
        return None, notes
    tree = prepare(root, url=asked.url, include=asked.include, exclude=asked.exclude)
    if has_masks:
        settle_masks(tree.root)
    return tree, notes


def _fingerprint(tree: Tree, notes: list[str], asked: _Asked) -> str | None:
    """Of all that makes the reading of a page that shows its text and is the document."""
    return fingerprint_of(
        tree.root, REVISION, tree.title, tree.language, tree.base, tree.has_password, tree.notes, notes,
        asked.document_type, asked.detect_language,
    )  # fmt: skip


def _take_text(page: Page) -> _Outside:
    """Leaves the page its main text alone, and gives what all of it said."""
    join_rows(page)
    text = "\n".join(piece.text for piece in page.pieces[:_WALL_BLOCKS])
    for step in (drop_chrome, take_container, settle_links, drop_labels, drop_copies):
        step(page)
    return _Outside(text, page.has_password)


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
