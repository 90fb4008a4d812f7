"""The text of a version as HTML: an index of its sections, and the sections with anchors. Written here and not in a
template, as a page has thousands of paragraphs; policy text is data, never markup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup, escape

from clausewatch.model import BlockKind, Text
from clausewatch.views.markup import escaped
from clausewatch.web.reading import Group, Piece, ReadableSection, readable_sections

_DEEPEST = 4  # the style sheet knows no deeper lists


def article_html(text: Text) -> Markup:
    """Index and text. The same text gives the same."""
    sections = readable_sections(text)
    language = str(escape(text.language or ""))
    pieces = [*_index(sections, language), *_article(sections, language)]
    return Markup("".join(pieces))  # noqa: S704  # every text in it was escaped


def _index(sections: Sequence[ReadableSection], language: str) -> Iterator[str]:
    headed = [section for section in sections if section.heading]
    if len(headed) < 2:
        return
    yield ('<details class="index">\n<summary>Sections</summary>\n<nav aria-label="Sections of this version">\n<ol>\n')
    for section in headed:
        yield (
            f'<li class="level{section.level}"><a href="#{section.anchor}" lang="{language}" dir="auto">'
            f"{escaped(section.heading or '')}</a></li>\n"
        )
    yield "</ol>\n</nav>\n</details>\n"


def _article(sections: Iterable[ReadableSection], language: str) -> Iterator[str]:
    yield f'<article class="policy" lang="{language}" dir="auto" aria-label="Text of the version">\n'
    for section in sections:
        if section.heading:
            tag = f"h{section.level}"
            link = f'<a class="anchor" href="#{section.anchor}" lang="en" aria-label="Link to this section">#</a>'
            yield f'<{tag} id="{section.anchor}" dir="auto">{escaped(section.heading)} {link}</{tag}>\n'
        for group in section.groups:
            yield from _group(group, language)
    yield "</article>\n"


def _group(group: Group, language: str) -> Iterator[str]:
    if group.kind is BlockKind.ITEM:
        yield "<ul>\n"
        for piece in group.pieces:
            depth = f'id="{piece.anchor}" class="depth{min(piece.depth, _DEEPEST)}"'
            yield f'<li {depth} dir="auto">{escaped(piece.text)}{_link(piece, "item")}</li>\n'
        yield "</ul>\n"
    elif group.kind is BlockKind.ROW:
        yield from _table(group, language)
    else:
        for piece in group.pieces:
            yield f'<p id="{piece.anchor}" dir="auto">{escaped(piece.text)}{_link(piece, "paragraph")}</p>\n'


def _link(piece: Piece, what: str) -> str:
    return f'<a class="anchor" href="#{piece.anchor}" lang="en" aria-label="Link to this {what}"></a>'


def _table(group: Group, language: str) -> Iterator[str]:
    yield (f'<div class="wide" role="group" aria-label="Table" tabindex="0" lang="en">\n<table lang="{language}">\n')
    if group.head:
        cells = "".join(f'<th scope="col" dir="auto">{escaped(cell)}</th>' for cell in group.head.cells)
        yield f'<thead><tr id="{group.head.anchor}">{cells}</tr></thead>\n'
    yield "<tbody>\n"
    for piece in group.pieces:
        cells = "".join(f'<td dir="auto">{escaped(cell)}</td>' for cell in piece.cells)
        yield f'<tr id="{piece.anchor}">{cells}</tr>\n'
    yield "</tbody>\n</table>\n</div>\n"
