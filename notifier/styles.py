"""The look of mails: each element's own rules are written into the HTML templates as they are loaded, once.

Mail programs may drop ``<style>``; what the templates keep there is only the dark scheme.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2.ext import Extension

if TYPE_CHECKING:
    from css_inline import CSSInliner

# as our templates write it: attributes in double quotes, what Jinja puts into them without any
_START_TAG = re.compile(r'<([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"]*")*)>')
_CLASSES = re.compile(r'\sclass="([^"]*)"')


class InlineStyles(Extension):
    """Gives each start tag of a ``.html`` template the style that ``mail.css`` has for its name and classes."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _START_TAG.sub(_styled, source) if name and name.endswith(".html") else source


def _styled(tag: re.Match[str]) -> str:
    found = _CLASSES.search(tag[2])
    style = _style_of(tag[1], found[1] if found else "")
    return f'<{tag[1]}{tag[2]} style="{style}">' if style else tag[0]


@cache
def _style_of(name: str, classes: str) -> str:
    element = f'<{name} class="{classes}"></{name}>'
    page = element if name == "body" else f"<body>{element}</body>"
    inlined = _inliner().inline(f"<!doctype html><html>{page}</html>")
    found = re.search(rf'<{name} [^>]*style="([^"]*)"', inlined)
    return found[1] if found else ""


@cache
def _inliner() -> CSSInliner:
    from css_inline import CSSInliner

    css = files("templates").joinpath("email/mail.css").read_text(encoding="utf-8")
    return CSSInliner(extra_css=css, load_remote_stylesheets=False)
