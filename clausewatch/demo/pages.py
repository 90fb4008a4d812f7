"""Policies as web pages: three styles of markup that real sites use, in a frame that differs from look to look.

Same policy, version and look: same bytes. Everything that seems random comes from the look.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Template

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from clausewatch.demo.policy import SECTION, Policy, PolicyVersion

RenderRule = Callable[[RendererHTML, Sequence[Token], int, OptionsDict, EnvType], str]


@dataclass(frozen=True, slots=True)
class Look:
    """One visit to a page: when, and which one in a row. Nonces, counters and teasers follow from it."""

    at: datetime
    number: int

    def digits(self, purpose: str, length: int) -> str:
        """Hexadecimal digits that look random and are not."""
        return hashlib.sha256(f"{purpose} {self.at:%Y-%m-%d} {self.number}".encode()).hexdigest()[:length]


def render_page(policy: Policy, version: PolicyVersion, *, url: str, look: Look) -> str:
    """The whole page as the vendor serves it at that look. A policy that is not lively changes with the year only."""
    look = look if policy.is_lively else Look(look.at.replace(month=1, day=1), 0)
    title = version.source.partition("\n")[0].removeprefix("# ")
    return Template(policy.template).substitute(
        title=html.escape(title),
        url=html.escape(url),
        policy=STYLES[policy.style](version.source),
        nonce=look.digits("nonce", 22),
        token=look.digits("token", 40),
        build=look.digits("build", 8),
        teaser=html.escape(policy.teasers[look.number % len(policy.teasers)]),
        visitors=f"{10_000 + int(look.digits('visitors', 6), 16) % 80_000:,}",
        year=look.at.year,
    )


def _split(source: str) -> tuple[str, list[tuple[str, str]]]:
    """What stands before the first section, and the sections: heading and text."""
    head, *sections = source.split(SECTION)
    return head, [(title, text) for title, _, text in (section.partition("\n") for section in sections)]


def as_articles(source: str) -> str:
    """Semantic HTML5: a section with an id and a real heading for each section."""
    markdown = MarkdownIt("commonmark").enable("table")
    head, sections = _split(source)
    parts = [markdown.render(head)]
    for title, text in sections:
        anchor = re.sub(r"\W+", "-", title.lower()).strip("-")
        parts.append(f'<section id="{anchor}">\n<h2>{html.escape(title)}</h2>\n{markdown.render(text)}</section>\n')
    return "".join(parts)


def as_accordion(source: str) -> str:
    """Sections that unfold: the headings are summaries of ``details``."""
    markdown = MarkdownIt("commonmark").enable("table")
    head, sections = _split(source)
    parts = [markdown.render(head), '<div class="accordion">\n']
    for title, text in sections:
        summary = f'<summary class="accordion-title"><span>{html.escape(title)}</span></summary>'
        parts.append(f'<details>\n{summary}\n<div class="accordion-body">\n{markdown.render(text)}</div>\n</details>\n')
    return "".join([*parts, "</div>\n"])


def as_divisions(source: str) -> str:
    """Nothing but ``div``: headings are bold lines, list items begin with a bullet, tables have no header cells."""
    markdown = MarkdownIt("commonmark").enable("table")
    for name, opening, closing in DIVISIONS:
        markdown.add_render_rule(f"{name}_open", _writes(opening))
        markdown.add_render_rule(f"{name}_close", _writes(closing))
    return str(markdown.render(source))


def _writes(tag: str) -> RenderRule:
    def rule(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return "" if tokens[index].hidden else tag

    return rule


DIVISIONS = (
    ("heading", '<div class="txt txt-h"><b>', "</b></div>\n"),
    ("paragraph", '<div class="txt">', "</div>\n"),
    ("bullet_list", '<div class="list">\n', "</div>\n"),
    ("list_item", '<div class="list-row">&bull;&nbsp;', "</div>\n"),
    ("thead", "", ""),
    ("tbody", "", ""),
    ("th", "<td><b>", "</b></td>\n"),
)

STYLES: dict[str, Callable[[str], str]] = {
    "articles": as_articles,
    "accordion": as_accordion,
    "divisions": as_divisions,
}
