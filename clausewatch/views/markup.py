"""Lines, rows and quotes of a comparison as HTML. Written here and not in a template: a page has thousands of them."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat

from markupsafe import Markup, escape

from clausewatch.model import BLOCK_END, Edit
from clausewatch.views.layout import FoldView, Lines, MovedView, PartView, Spans, UnchangedView

_HEADING, _PARAGRAPH = "h3", "p"


def inline_markup(folds: Sequence[FoldView], *, has_heading: bool) -> Markup:
    """Old and new in one text; with a heading, the first line is it."""
    return _joined(_folds(folds, has_heading=has_heading, is_side=False))


def side_markup(folds: Sequence[FoldView], *, has_heading: bool) -> Markup:
    """Old and new beside each other."""
    return _joined(_folds(folds, has_heading=has_heading, is_side=True))


def unchanged_markup(sections: Iterable[UnchangedView]) -> Markup:
    """Sections that did not change, line by line; of one without text its title."""
    return _joined(map(_unchanged, sections))


def _unchanged(section: UnchangedView) -> str:
    title = escape(section.title)
    lines = [line for line in escaped(section.text).split(BLOCK_END) if line]  # escaped at once: a page has thousands
    tags = chain([_HEADING if section.has_heading else _PARAGRAPH], repeat(_PARAGRAPH))
    shown = [f'<{tag} class="line" dir="auto">{line}</{tag}>\n' for line, tag in zip(lines, tags, strict=False)]
    body = "".join(shown) or f'<p class="meta">{title}</p>\n'
    return f'<section id="{escape(section.anchor)}" aria-label="{title}">\n{body}</section>\n'


def quote_markup(spans: Spans) -> Markup:
    return _joined(map(_span, spans))


def escaped(text: str) -> str:
    """The text between two tags, and nowhere else: a page has thousands, and ``markupsafe.escape`` takes longer than
    all the rest that is made of each."""
    return html.escape(text, quote=False)


def _joined(pieces: Iterable[str]) -> Markup:
    return Markup("".join(pieces))  # noqa: S704  # every text in it was escaped


def _folds(folds: Sequence[FoldView], *, has_heading: bool, is_side: bool) -> Iterator[str]:
    for at, fold in enumerate(folds):
        parts = _parts(fold.parts, has_heading=has_heading and at == 0, is_side=is_side)
        if not fold.is_folded:
            yield from parts
            continue
        yield f'<details class="fold"><summary>{len(fold.parts)} unchanged paragraphs</summary>\n'
        yield from parts
        yield "</details>\n"


def _parts(parts: Iterable[PartView], *, has_heading: bool, is_side: bool) -> Iterator[str]:
    for at, part in enumerate(parts):
        tag = _HEADING if has_heading and at == 0 else _PARAGRAPH
        if is_side:
            yield _row(part, tag)
        else:
            yield from (_line(spans, tag, _state(part)) for spans in part.after)


def _state(part: PartView) -> str:
    """What follows the class of a line that changed, so that keys can lead to it, or that a quote leads to."""
    anchor = f' id="{part.anchor}"' if part.anchor else ""
    return f' changed" tabindex="-1"{anchor}' if part.is_changed else f'"{anchor}'


def _row(part: PartView, tag: str) -> str:
    tag = tag if len(part.before) < 2 and len(part.after) < 2 else _PARAGRAPH
    was, now = (" was", " is") if part.is_changed else ("", "")
    return (
        f'<div class="row line{_state(part)}>\n'
        f'<div class="cell{was}">{_cell(part.before, tag)}</div>\n'
        f'<div class="cell{now}">{_cell(part.after, tag)}</div>\n</div>\n'
    )


def _cell(lines: Lines, tag: str) -> str:
    return "".join(_line(spans, tag, '"') for spans in lines)


def _line(spans: Spans, tag: str, state: str) -> str:
    return f'<{tag} class="line{state} dir="auto">{"".join(map(_span, spans))}</{tag}>\n'


def _span(span: Edit | MovedView) -> str:
    text = escaped(span.text)
    if span.op == "=":
        return text
    tag = "del" if span.op == "-" else "ins"
    if not isinstance(span, MovedView):
        return f"<{tag}>{text}</{tag}>"
    jump = f'<a href="#{escape(span.jump)}" class="jump">{escaped(span.label)}</a> ' if span.jump else ""
    return f'<{tag} class="moved" id="{escape(span.anchor)}">{jump}{text}</{tag}>'
