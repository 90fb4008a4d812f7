"""Which pieces are headings: marked ones that are none become text, lines that only look like one become headings.

Levels of pretended headings follow the number before them, then the rank of their style in the document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from clausewatch.model import BlockKind
from differ.normalise.page import Page, Piece

__all__ = ["settle_headings"]

_MAX_HEADING_WORDS = 25
_MAX_SENTENCE_WORDS = 12  # a heading longer than that does not end with a full stop
_MIN_CONTENTS_RUN = 4  # headings of one level with nothing between: a contents list
_MIN_BOLD = 0.85
_MAX_BOLD_WORDS = 16
_MAX_BOLD_SENTENCE_WORDS = 13
_MIN_FOLLOWING_WORDS = 8
_MAX_NUMBERED_WORDS = 12
_DATE_LINE = re.compile(
    r"\b(?:updated?|effective|modified|revised|revision|version|posted|in force|as of|stand|gültig|aktualisiert"
    r"|mise à jour|en vigueur|actualización|actualizad[ao]|vigor|aggiornament\w+|bijgewerkt|ingangsdatum"
    r"|atualiza\w+)\b.*\d"
    r"|^\W*\d{1,4}[./ -]\w{1,9}[./ -]\d{1,4}\W*$",
    re.IGNORECASE,
)
_MAX_DATE_WORDS = 12
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_NUMBER = re.compile(
    r"(?P<decimal>\d{1,2}(?:\.\d{1,2}){0,4})[.):]?\s+(?=\D)|(?P<roman>[IVX]{1,5})[.)]\s+|(?P<letter>[A-Z])[.)]\s+"
    r"|(?:§|Art(?:icle|ikel|ículo|icolo|\.)?|Section|Abschnitt|Part|Teil|Chapter)\s*(?P<article>\d+|[IVX]+)\b[.:)]?"
    r"|제\s*(?P<korean>\d+)\s*조|第\s*(?P<han>[\d一二三四五六七八九十]+)\s*[条條章]",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"@|https?:|www\.|\d{4}")
_TERMINAL = (".", ",", ";", ":", "!", "。")


def settle_headings(page: Page) -> None:
    """Sets kind and level of every piece by what it is rather than by how it is marked."""
    pieces = page.pieces
    _demote(pieces)
    styles: dict[str, int] = {}
    above = 0  # level of the last marked heading
    wanted = [_style(pieces, i) for i in range(len(pieces))]  # all judged before any is changed
    for piece, style in zip(pieces, wanted, strict=True):
        if piece.is_heading:
            above = piece.level
        elif style:
            rank = styles.setdefault(style, len(styles))
            depth = _depth(piece.text) - 1
            piece.kind, piece.level = BlockKind.HEADING, min(above + 1 + rank + depth, 6)


def _demote(pieces: Sequence[Piece]) -> None:
    for piece in pieces:
        if piece.is_heading and _is_text(piece):
            piece.kind, piece.level = BlockKind.PARAGRAPH, 0
    start = 0
    while start < len(pieces):
        end = start + 1
        if pieces[start].is_heading:
            while end < len(pieces) and pieces[end].is_heading and pieces[end].level == pieces[start].level:
                end += 1
            if end - start >= _MIN_CONTENTS_RUN:
                # The last of a run heads the text that follows; those before it head nothing.
                heads_text = end < len(pieces) and not pieces[end].is_heading
                for piece in pieces[start : end - heads_text]:
                    piece.kind, piece.level = BlockKind.PARAGRAPH, 0
        start = end


def _is_text(piece: Piece) -> bool:
    if piece.words > _MAX_HEADING_WORDS:
        return True
    if piece.words > _MAX_SENTENCE_WORDS and piece.text.endswith("."):
        return True
    return piece.words <= _MAX_DATE_WORDS and _is_date_line(piece.text)


def _is_date_line(text: str) -> bool:
    return _DIGIT.search(text) is not None and _DATE_LINE.search(text) is not None and not _NUMBER.match(text)


def _style(pieces: Sequence[Piece], i: int) -> str | None:
    """The style by which a piece pretends to be a heading; None if it does not."""
    piece = pieces[i]
    if piece.is_heading or piece.kind is BlockKind.ROW or piece.words > _MAX_HEADING_WORDS or i + 1 == len(pieces):
        return None
    following = pieces[i + 1]
    if _is_date_line(piece.text) or not _LETTER.search(piece.text):
        return None
    if _is_bold_heading(piece, following):
        return _look(piece)
    if _is_capitals(piece, following):
        return _look(piece)
    if _is_opener(piece, following):
        return "term" if piece.is_term else "opener"
    before = pieces[i - 1] if i else None
    return "numbered" if _is_numbered(piece, before, following) else None


def _look(piece: Piece) -> str:
    """What the headings of one rank have in common."""
    number = _NUMBER.match(piece.text)
    if number:
        return "numbered"
    if piece.text.isupper():
        return "capitals"
    return "bold item" if piece.kind is BlockKind.ITEM else "bold"


def _has_text_after(piece: Piece, following: Piece) -> bool:
    return following.words > piece.words or following.kind in (BlockKind.ITEM, BlockKind.ROW)


def _is_bold_heading(piece: Piece, following: Piece) -> bool:
    text = piece.text
    if piece.bold < _MIN_BOLD or piece.words > _MAX_BOLD_WORDS or text.endswith((",", ";")):
        return False
    if (text.endswith(".") and piece.words > _MAX_BOLD_SENTENCE_WORDS) or _ADDRESS.search(text):
        return False
    if piece.kind is BlockKind.ITEM and following.kind is not BlockKind.PARAGRAPH:
        return False
    return _has_text_after(piece, following) or (
        following.bold >= _MIN_BOLD and _NUMBER.match(following.text) is not None
    )


def _is_capitals(piece: Piece, following: Piece) -> bool:
    text = piece.text
    if not text.isupper() or piece.linked or piece.kind is BlockKind.ITEM or piece.words > _MAX_BOLD_WORDS:
        return False
    if sum(char.isalpha() for char in text) < 4 or text.endswith((",", ";")) or _ADDRESS.search(text):
        return False
    if text.endswith(".") and piece.words > 8:
        return False
    return following.words >= _MIN_FOLLOWING_WORDS or following.kind in (BlockKind.ITEM, BlockKind.ROW)


def _is_opener(piece: Piece, following: Piece) -> bool:
    if not (piece.is_opener or piece.is_term) or piece.kind is BlockKind.ITEM:
        return False
    return not (following.is_opener or following.is_term) or following.words > _MAX_HEADING_WORDS


def _is_numbered(piece: Piece, before: Piece | None, following: Piece) -> bool:
    match = _NUMBER.match(piece.text)
    if not match or piece.kind is BlockKind.ITEM or piece.words > _MAX_NUMBERED_WORDS or piece.linked == piece.words:
        return False
    if piece.text.endswith(_TERMINAL) or (match.end() == len(piece.text) and not (match["article"] or match["korean"])):
        return False
    if any(other and _is_alike(match, other.text) for other in (before, following)):
        return False
    return (
        following.words >= _MIN_FOLLOWING_WORDS
        or following.kind is BlockKind.ITEM
        or _NUMBER.match(following.text) is not None
    )


def _is_alike(match: re.Match[str], other: str) -> bool:
    """Whether another line is numbered in the same way: then both belong to an enumeration."""
    found = _NUMBER.match(other)
    return found is not None and found.lastgroup == match.lastgroup and found[0].count(".") == match[0].count(".")


def _depth(text: str) -> int:
    """How deep a number before a heading goes: 1 for "2. Title", 2 for "2.1 Title" and for "(a)"."""
    match = _NUMBER.match(text)
    if not match or not match["decimal"]:
        return 1
    return match["decimal"].count(".") + 1
