"""What the tags of HTML say of the text in them, and which attributes make it bold."""

from __future__ import annotations

import re

UNWRAPPED = (
    "span", "em", "i", "u", "s", "strike", "del", "ins", "font", "small", "big", "sup", "sub", "abbr",
    "acronym", "cite", "code", "mark", "label", "time", "data", "var", "kbd", "samp", "tt", "bdi", "bdo", "wbr",
    "q", "dfn", "nobr", "slot", "ruby", "rb",
)  # fmt: skip
"""Tags that change how words look and nothing else."""

HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
LISTS = frozenset({"ul", "ol", "menu", "dir"})
BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "button", "caption", "center", "dd", "details",
    "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header",
    "hgroup", "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "search", "section", "summary",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", *HEADINGS,
))  # fmt: skip
INLINE = frozenset({"a", "b", "strong", "br", "hr"})  # the others say nothing
OPENERS = frozenset({"button", "summary"})
SPECIAL = frozenset({"li", "dt", "pre", "table", "tr", "td", "th", *HEADINGS, *LISTS, *OPENERS})
BOXLESS = frozenset({"p", "dt", "hr", "br", *HEADINGS})
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(bold|bolder|[6-9]00)\b", re.IGNORECASE)
_BOLD_CLASSES = frozenset(
    {"bold", "font-bold", "fw-bold", "fw-bolder", "text-bold", "font-weight-bold", "font-semibold", "strong"}
)


def is_bold_style(style: str) -> bool:
    """Whether a style makes the text of its element bold."""
    return "font-weight" in style and _BOLD_STYLE.search(style) is not None


def is_bold_class(classes: str) -> bool:
    """Whether a class is named for bold text."""
    return "bold" in classes and not _BOLD_CLASSES.isdisjoint(classes.split())
