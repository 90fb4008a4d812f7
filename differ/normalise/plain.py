"""Plain text to pieces: lines are paragraphs, bullets items, and ``#`` lines headings.

Headings in capitals and the like are found by the same rules as on a page (headings.py).
"""

from __future__ import annotations

import re

from differ.normalise.canonical import BULLET, fold
from differ.normalise.page import HEADING, ITEM, PARAGRAPH, Page, Piece

__all__ = ["looks_like_markdown", "read_plain"]

_HASH_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(\S.*?)\s*#*\s*$")
_BULLET = re.compile(r"^(\s*)([•●▪◦‣⁃∙·■□➢➤✓✔](?=\s*\S)|[o*+–—-](?=\s+\S))\s*")
_RULE = re.compile(r"^\s*([-=_*])(?:\s*\1){2,}\s*$")
_MARKDOWN = re.compile(
    r"^\s{0,3}#{1,6} \S|\]\((?:https?:|mailto:|/|#)[^)\s]*\)|^(?:[ \t]*\|)?(?:[ \t]*:?-{3,}:?[ \t]*\|)+", re.MULTILINE
)
_MIN_MARKS = 2
_MAX_WRAP = 100  # text wrapped by hand has no line longer than this
_INDENT_PER_LEVEL = 2


def looks_like_markdown(source: str) -> bool:
    """Whether a plain text is Markdown by another name: two marks or more that only Markdown has."""
    return len(_MARKDOWN.findall(source, 0, 200_000)) >= _MIN_MARKS


def read_plain(source: str) -> Page:
    """Pieces of a plain text, in its order."""
    page = Page()
    lines = source.replace("\f", "\n\n").splitlines()
    for line in _unwrapped(lines):
        piece = _piece(line, page.pieces[-1] if page.pieces else None)
        if piece:
            page.pieces.append(piece)
    return page


def _piece(line: str, before: Piece | None) -> Piece | None:
    if not line.strip() or _RULE.match(line):
        return None
    line = line.replace("**", "")  # bold, as exporters leave it in text
    heading = _HASH_HEADING.match(line)
    bullet = _BULLET.match(line)
    if bullet and bullet[2] == "o" and not (before and before.kind is ITEM):
        bullet = None  # Word's second bullet is an "o"; alone it may be a Portuguese or Italian word
    text = fold(heading[2] if heading else line[bullet.end() :] if bullet else line)
    if not text:
        return None
    words = text.count(" ") + 1
    text = BULLET.sub("", text, count=1) if bullet else text
    if heading:
        return Piece(text, HEADING, len(heading[1]), words=words, tag=f"h{len(heading[1])}")
    if bullet:
        depth = 2 if bullet[2] == "o" else 1 + min(len(bullet[1].expandtabs(4)) // (2 * _INDENT_PER_LEVEL), 5)
        return Piece(text, ITEM, depth, words=words, tag="li")
    return Piece(text, PARAGRAPH, words=words)


def _unwrapped(lines: list[str]) -> list[str]:
    """The lines, with those joined that were wrapped by hand at a fixed width."""
    lengths = sorted(len(line.rstrip()) for line in lines if line.strip())
    if len(lengths) < 4:
        return lines
    width = lengths[-1]
    # Wrapped text fills its lines: half of them reach within a fifth of the longest.
    if width > _MAX_WRAP or width < 40 or lengths[len(lengths) // 2] < 0.8 * width:
        return lines
    joined: list[str] = []
    for before, line in zip(["", *lines], lines, strict=False):
        is_continued = len(before.rstrip()) >= 0.6 * width and line.strip()
        if is_continued and joined and not _BULLET.match(line) and not _HASH_HEADING.match(line):
            joined[-1] = f"{joined[-1].rstrip()} {line.strip()}"
        else:
            joined.append(line)
    return joined
