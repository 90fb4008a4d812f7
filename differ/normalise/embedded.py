"""Finds a policy where a page keeps it out of its own markup: escaped as text, as data of an application, in a frame.

Gives HTML that is then read as any other; whether it is needed is the caller's to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape, unescape
from typing import Any

__all__ = ["embedded_markup", "shown_markup"]

_ESCAPED_ENDS = ("&lt;/p&gt;", "&lt;/li&gt;", "&lt;/div&gt;")
_MIN_ESCAPED = 4  # fewer may be what a text says about markup
_ESCAPED_TAG = re.compile(
    r"&lt;(/?(?:p|h[1-6]|ul|ol|li|div|span|br|b|i|u|em|strong|a|table|thead|tbody|tr|td|th|section|dl|dt|dd|sup|sub"
    r"|blockquote|hr|font)\b(?:(?!&[lg]t;)[^<>]){0,2000}?)&gt;",
    re.IGNORECASE,
)
_ESCAPED_LINK = re.compile(r"&lt;(/?a\b(?:(?!&[lg]t;)[^<>]){0,2000}?)&gt;", re.IGNORECASE)
_TWICE_ESCAPED = re.compile(r"&amp;(#\d{1,6}|#x[0-9a-f]{1,6}|[a-z]{2,8});", re.IGNORECASE)

# Every part gives way at once where it fails: a page may open a million tags and close none.
_SCRIPT = re.compile(r"<script\b([^<>]*+)>((?:[^<]++|<(?!/script))*+)", re.IGNORECASE)
_JSON_TYPE = re.compile(r"\bapplication/(?:ld\+)?json\b", re.IGNORECASE)
_ASSIGNED = re.compile(r"\s*(?:window|self|globalThis)(?:\.\w+|\[[\"']\w+[\"']\])\s*=\s*(?=\{)", re.IGNORECASE)
_FRAME = re.compile(r"<iframe\b[^<>]*?\bsrcdoc\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_MAX_SOURCE = 8_000_000  # characters looked through
_MARKUP = re.compile(r"</(?:p|li|h[1-6]|div)>", re.IGNORECASE)
_MIN_MARKUP_WORDS = 100  # of a string of markup that may be a policy
_MIN_LINE_WORDS = 4
_ROLES = ("nodeType", "type", "_type", "style", "tag", "tagName")  # where editors' documents say what a node is
_HEADING = re.compile(r"h(?:eading)?[-_]?([1-6])", re.IGNORECASE)
_LEVELS = frozenset("123456")
_BLOCKS = {
    "paragraph": "p", "p": "p", "block": "p", "normal": "p", "text-block": "p", "listitem": "li", "list-item": "li",
    "list_item": "li", "li": "li", "bulleted-list-item": "li",
}  # fmt: skip


def shown_markup(source: str) -> str:
    """The page with its tags in place of those that it shows as text, if it shows some by mistake."""
    if "&lt;/" not in source:  # nearly all pages
        return source
    if sum(map(source.count, _ESCAPED_ENDS)) < _MIN_ESCAPED:
        # A link shown so is a slip too, however seldom: its target would be text.
        return _ESCAPED_LINK.sub(r"<\1>", source) if "&lt;/a&gt;" in source else source
    return _TWICE_ESCAPED.sub(r"&\1;", _ESCAPED_TAG.sub(r"<\1>", source))


def embedded_markup(source: str) -> str:
    """HTML of what the page holds as data or as the source of a frame; empty if there is nothing like a text."""
    source = source[:_MAX_SOURCE]
    frames = [unescape(match[1] or match[2] or "") for match in _FRAME.finditer(source)]
    values = [value for match in _SCRIPT.finditer(source) for value in _data(match[1], match[2])]
    strings = dict.fromkeys([*frames, *(string for value in values for string in _strings(value))])
    texts = [string for string in strings if _MARKUP.search(string) and len(string.split()) >= _MIN_MARKUP_WORDS]
    if texts:
        return "".join(f"<div>{text}</div>" for text in texts)
    blocks = list(dict.fromkeys(block for value in values for block in _blocks(value)))
    if blocks:
        return "".join(blocks)
    lines = [string for string in strings if len(string.split()) >= _MIN_LINE_WORDS and "{" not in string]
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _data(attributes: str, script: str) -> Iterator[Any]:
    """What a script holds that is data by its type or given to the application as such."""
    if _JSON_TYPE.search(attributes):
        yield from _parsed(script)
    elif assigned := _ASSIGNED.match(script):
        yield from _parsed(script[assigned.end() :])


def _parsed(script: str) -> Iterator[Any]:
    try:
        yield json.JSONDecoder().raw_decode(script.strip())[0]
    except (ValueError, RecursionError):  # JavaScript that is no JSON, or data built to hurt
        return


def _strings(value: Any) -> Iterator[str]:
    """All strings in a value, in order."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            stack.extend(reversed(value.values()))
        elif isinstance(value, list):
            stack.extend(reversed(value))


def _blocks(value: Any) -> Iterator[str]:
    """The headings, paragraphs and items of an editor's document, as HTML."""
    stack = [value]
    while stack:
        value = stack.pop()
        tag = _tag(value) if isinstance(value, dict) else None
        if tag:
            text = "".join(_leaves(value)).strip()
            if text:
                yield f"<{tag}>{escape(text)}</{tag}>"
        elif isinstance(value, dict):
            stack.extend(reversed(value.values()))
        elif isinstance(value, list):
            stack.extend(reversed(value))


def _tag(node: dict[str, Any]) -> str | None:
    """What a node of an editor's document is in HTML; None for what only holds others."""
    for role in reversed(_ROLES):
        name = node.get(role)
        if not isinstance(name, str):
            continue
        heading = _HEADING.fullmatch(name)
        if heading:
            return f"h{heading[1]}"
        if name.lower() == "heading":
            attributes = node.get("attrs")
            level = node.get("level") or (attributes.get("level") if isinstance(attributes, dict) else None)
            return f"h{level}" if str(level) in _LEVELS else "h2"
        if name.lower() in _BLOCKS:
            return _BLOCKS[name.lower()]
    return None


def _leaves(value: Any) -> Iterator[str]:
    """The running text of a node: what stands under the names that editors give to it."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(reversed(value))
        elif isinstance(value, dict):
            for key in ("text", "value"):
                if isinstance(value.get(key), str):
                    yield value[key]
            stack.extend(
                reversed([inner for key, inner in value.items() if isinstance(inner, list | dict) and key != "marks"])
            )
