"""The templates of mails, compiled once, and what they make of an entry, made once however many are told of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from notifier.entries import ShownEntry
from notifier.lines import ELLIPSIS, in_days, one_line
from notifier.passages import Passage

if TYPE_CHECKING:
    from jinja2 import Environment

_COLUMNS = 72
_MOST_KEPT = 500  # entries in words or markup, some 10 kB each


def rendered(template: str, values: Mapping[str, object]) -> str:
    """What the template of that file name makes of the values. A name that it misses is an error."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    from notifier.styles import InlineStyles

    environment = Environment(
        loader=PackageLoader("templates", "email"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"], default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=[InlineStyles],
    )
    environment.filters |= {"wrapped": wrapped, "marked": marked, "day": in_days, "body": _body}
    return environment


@lru_cache(maxsize=_MOST_KEPT)
def _body(entry: ShownEntry, template: str) -> str:
    """The entry by the macro ``body`` of entry.txt or entry.html; of the latter markup, which is not escaped again."""
    module = _environment().get_template(template).module
    made: str = vars(module)["body"](entry)
    return made


def wrapped(text: str, indent: str = "", first: str = "") -> str:
    """The text in lines of 72 columns where words allow; the first begins with ``first``, others with ``indent``."""
    words = textwrap.TextWrapper(width=_COLUMNS, initial_indent=first, subsequent_indent=indent,
                                 break_long_words=False, break_on_hyphens=False)  # fmt: skip
    return words.fill(one_line(text))


def marked(passage: Passage, before: str, after: str) -> str:
    """The quote in quotation marks, its changed words between ``before`` and ``after``."""
    words = "".join(f"{before}{piece.text}{after}" if piece.is_changed else piece.text for piece in passage.pieces)
    head, tail = ELLIPSIS * passage.is_cut_before, ELLIPSIS * passage.is_cut_after
    return f'"{head}{words}{tail}"'
