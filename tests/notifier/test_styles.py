"""Styles are written into the templates, once, and leave what Jinja puts there alone."""

from __future__ import annotations

from jinja2 import Environment

from notifier.styles import InlineStyles


def made(source: str, name: str = "page.html") -> str:
    return InlineStyles(Environment(autoescape=True)).preprocess(source, name)


def test_an_element_gets_the_style_of_its_name_and_classes() -> None:
    link = made('<a class="button" href="{{ url }}">')
    assert link.startswith('<a class="button" href="{{ url }}" style="')
    assert "color: #ffffff" in link
    assert "display: inline-block" in link
    assert "color: #0b57b0" in made("<a>")


def test_what_has_no_style_and_what_is_no_tag_stays() -> None:
    for source in (
        "<strong>x</strong>",
        "{% if a < b and c > d %}",
        "<!doctype html>",
        "</p>",
        '<meta charset="utf-8">',
    ):
        assert made(source) == source


def test_texts_and_subjects_are_left_alone() -> None:
    assert made("<p>", "notice.txt") == "<p>"
