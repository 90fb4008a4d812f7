"""Pages and files built to hurt a reader: deep, long, repeated, unclosed; up to some megabytes each."""

from __future__ import annotations

from collections.abc import Callable

from tests.differ.pages import PARAGRAPHS

__all__ = ["HOSTILE", "policy_of_size"]

_ORDINARY = f"<p>{PARAGRAPHS[0]}</p>".encode()
_POLICY = _ORDINARY * 20


def _numbered(form: str, count: int) -> bytes:
    return "".join(form.format(i) for i in range(count)).encode()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nested": lambda: b"<div>" * 100_000 + _ORDINARY,
    "nested tables": lambda: b"<table><tr><td>" * 20_000 + _ORDINARY,
    "nested lists": lambda: b"<ul><li>" * 50_000 + _ORDINARY,
    "one word": lambda: b"<p>" + b"a" * 1_000_000,
    "entities": lambda: b"<p>" + b"&amp;" * 1_000_000,
    "attributes of one tag": lambda: b"<div " + _numbered("a{}=1 ", 200_000) + b">" + _ORDINARY,
    "attributes behind a sign": lambda: b"<div a='>' " + _numbered("a{}=1 ", 200_000) + b">" + _ORDINARY,
    "one attribute": lambda: b"<div class='" + b"nav " * 500_000 + b"'>" + _ORDINARY,
    "cells": lambda: b"<table>" + (b"<tr>" + b"<td>cell</td>" * 10 + b"</tr>") * 10_000,
    "cells of one row": lambda: b"<table><tr>" + b"<td>cell</td>" * 100_000,
    "small tables": lambda: b"<table><tr><td>a<td>b</table>" * 20_000,
    "links": lambda: _numbered("<p><a href='/{}?utm_a=1&b=2'>a</a> text", 100_000),
    "links of one paragraph": lambda: b"<p>" + _numbered("<a href='/{}'>a</a> ", 100_000),
    "headings": lambda: _numbered("<h2>Heading {}</h2><p>x", 100_000),
    "bold lines": lambda: b"<p><b>Bold line here</b></p><p>short</p>" * 50_000,
    "bold blocks": lambda: b"<p style='font-weight:bold'>Head</p><p>text x y</p>" * 50_000,
    "headings by role": lambda: b"<div role=heading>Head</div><p>x</p>" * 50_000,
    "unclosed paragraphs": lambda: b"<p>unclosed " * 100_000,
    "unclosed bold": lambda: b"<b>a " * 100_000,
    "unclosed links": lambda: b"<a href=/x>a " * 100_000,
    "crossed tags": lambda: b"<b><p></b></p>x" * 50_000,
    "comment": lambda: b"<!--" + b"x-" * 2_500_000 + b"-->" + _ORDINARY,
    "unclosed comment": lambda: b"<!--" + b"-x" * 2_500_000,
    "one line": lambda: b"<p>" + b"We keep data. " * 360_000,
    "breaks": lambda: b"x<br>" * 200_000,
    "lines of preformatted text": lambda: b"<pre>" + b"a\n" * 500_000,
    "spaces": lambda: b"<p>a" + b" " * 5_000_000 + b"b",
    "bullets": lambda: b"<p>" + "• ".encode() * 500_000,
    "marks on one letter": lambda: b"<p>a" + "\u0301\u0323".encode() * 100_000,
    "angles": lambda: b"<" * 1_000_000,
    "equal lines": lambda: b"<p>same text here</p>" * 100_000,
    "few lines": lambda: b"".join(b"<p>text %d</p>" % (i % 9) for i in range(100_000)),
    "choices": lambda: _POLICY + b"<div><button>Accept</button><button>Reject</button>cookies" * 20_000,
    "login forms": lambda: b"<form><input type=password>" * 50_000,
    "masked address": lambda: b"<a data-cfemail='%s'>x</a>" % (b"5a" * 500_000),
    "unknown tags": lambda: b"<x-y>a" * 100_000,
    "definitions": lambda: b"<dl><dt>t<dd>d" * 50_000,
    "one script": lambda: b"<script>" + b"var a=1;" * 600_000 + b"</script>" + _ORDINARY,
    "frames without an end": lambda: b"<iframe " * 100_000,
    "scripts without an end": lambda: b"<script>window.a={" * 50_000,
    "scripts of a type without an end": lambda: b"<script application/json " * 50_000,
    "a long build": lambda: _POLICY + b"<p>build " + b"1" * 200_000 + b"!</p>" + _ORDINARY,
    "no UTF-8": lambda: b"<p>\xe9t\xe9 a " * 200_000,
}
"""By what they are, makers of the bodies of pages (without ``<html><body>``)."""


def policy_of_size(size: int) -> bytes:
    """A policy of about so many bytes: numbered sections of paragraphs, a list and a table, no two blocks alike."""
    sections: list[str] = []
    length = number = 0
    while length < size:
        number += 1
        texts = [f"{paragraph[:-1]} in case {number}.{i}." for i, paragraph in enumerate(PARAGRAPHS)]
        items = "".join(f"<li><a href='/p/{number}/{i}'>{text}</a> {text}</li>" for i, text in enumerate(texts[:2]))
        rows = "".join(f"<tr><td>Partner {number}.{i}</td><td>{text}</td></tr>" for i, text in enumerate(texts[2:4]))
        section = f"<div class=part><h2>{number}. Part</h2><p>{'</p><p>'.join(texts)}</p><ul>{items}</ul></div>"
        sections.append(f"{section}<table><tr><th>Who</th><th>Why</th></tr>{rows}</table>\n")
        length += len(sections[-1])
    start = "<!doctype html><html lang=en><head><title>Privacy Policy</title></head><body><h1>Privacy Policy</h1>"
    return f"{start}{''.join(sections)}</body></html>".encode()
