"""Markdown to a page of pieces: rendered to HTML and walked as that, so that both forms give one text."""

from __future__ import annotations

from differ.normalise.html import parse, read_page
from differ.normalise.page import Page

__all__ = ["read_markdown"]


def read_markdown(
    source: str, *, url: str | None = None, include: str | None = None, exclude: str | None = None
) -> Page:
    """Pieces of a Markdown text; HTML within it counts as such. Indented lines are text: policies show no code."""
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).disable("code")
    root, _ = parse(f"<html><body>{markdown.render(source)}</body></html>")
    if root is None:
        return Page()
    return read_page(root, url=url, include=include, exclude=exclude)
