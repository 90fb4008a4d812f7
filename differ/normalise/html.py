"""Parses HTML and prepares the tree for the walk: what is never text goes, what only looks different is made alike.

Leaves it to the steps after the walk to judge what belongs to the policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector

from differ.normalise.canonical import Links, decode_masked_address, fold
from differ.normalise.page import LOGIN_ROLE, Page
from differ.normalise.walk import Marks, walk

__all__ = ["parse", "read_page"]

_NEVER_TEXT = (
    "script", "style", "svg", "math", "iframe", "object", "embed", "select", "datalist", "input", "canvas",
    "audio", "video", "template", "noscript", "textarea", "progress", "meter", "map", "img", "source",
    "picture", "head",
)  # fmt: skip
_UNWRAPPED = (
    "span", "em", "i", "u", "s", "strike", "del", "ins", "font", "small", "big", "sup", "sub", "abbr",
    "acronym", "cite", "code", "mark", "label", "time", "data", "var", "kbd", "samp", "tt", "bdi", "bdo", "wbr",
    "q", "dfn", "nobr", "slot", "ruby", "rb",
)  # fmt: skip
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(bold|bolder|[6-9]00)\b", re.IGNORECASE)
_BOLD_CLASSES = frozenset(
    {"bold", "font-bold", "fw-bold", "fw-bolder", "text-bold", "font-weight-bold", "font-semibold", "strong"}
)
# libxml2 takes quadratic time over the attributes of one tag; a small page cannot hold enough of them to matter.
_LARGE = 300_000
_HUGE_TAG = re.compile(r"<([a-zA-Z][\w:-]*)[^<>]{20000,}>")
_LONG_FIELD_WORDS = 40  # a text field this full shows terms to agree to, not what a visitor typed

_BOLD_STYLED = etree.XPath("//*[contains(@style,'font-weight') or contains(@class,'bold')]")
_OPENERS = etree.XPath("//*[@aria-expanded or @aria-controls]")
_MASKED = etree.XPath("//*[@data-cfemail]")
_BY_ROLE = etree.XPath("//*[@role='heading']")
_PASSWORDS = etree.XPath("//input[@type='password']")
_MEANT = etree.XPath("//textarea | //template[@shadowrootmode] | //noscript")
_DECLARED_LANGUAGE = re.compile(r"^\s*([a-zA-Z]{2,3})\b")


def parse(source: str) -> tuple[etree._Element | None, bool]:
    """The root of the page, None if there is none, and whether it was cut for being nested too deep (2,048)."""
    if len(source) > _LARGE:
        source = _HUGE_TAG.sub(r"<\1>", source)
    # huge_tree lifts the depth from 256, which unclosed tags of old pages do reach, to 2,048.
    parser = etree.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        root = etree.fromstring(source.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:  # an empty document
        return None, False
    too_deep = any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)
    return root, too_deep


def read_page(
    root: etree._Element, *, url: str | None = None, include: str | None = None, exclude: str | None = None
) -> Page:
    """Pieces and boxes of a parsed page. ``include`` and ``exclude`` are CSS selectors. The tree is changed."""
    notes: list[str] = []
    title, language = _title(root), _language(root)
    base = root.find(".//base[@href]")
    links = Links(url if base is None or not url else Links(url).canonical(base.get("href") or "") or url)
    passwords = _elements(_PASSWORDS, root)
    for form in {form for field in passwords for form in field.iterancestors("form")}:
        form.set("role", LOGIN_ROLE)
    root = _select(root, include, exclude, notes)
    openers = _prepare(root)
    bold = _mark_bold(root)
    etree.strip_tags(root, *_UNWRAPPED)
    page = walk(root, links, Marks(frozenset(bold), frozenset(openers), _levels(root)))
    page.title, page.language = title, language
    page.has_password = bool(passwords)
    page.notes.extend(notes)
    return page


def _elements(expression: etree.XPath, root: etree._Element) -> list[etree._Element]:
    """What an expression for elements finds; it can give nothing else."""
    return cast("list[etree._Element]", expression(root))


def _title(root: etree._Element) -> str | None:
    found = root.find(".//title")
    return (fold(found.text or "") or None) if found is not None else None


def _language(root: etree._Element) -> str | None:
    match = _DECLARED_LANGUAGE.match(root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")
    return match[1].lower() if match else None


def _select(root: etree._Element, include: str | None, exclude: str | None, notes: list[str]) -> etree._Element:
    """The root, or a new one of the elements that ``include`` names, in the order of the page, outermost only."""
    unwanted = _matches(root, exclude, "exclude", notes)
    for element in unwanted:
        _drop(element)
    if unwanted:
        notes.append(f"exclude {exclude!r}: {len(unwanted)} elements left out")
    chosen = _matches(root, include, "include", notes)
    if not include:
        return root
    if not chosen:
        notes.append(f"include {include!r} matches nothing: ignored")
        return root
    new = etree.Element("body")
    within = set(chosen)
    for element in chosen:
        if not any(ancestor in within for ancestor in element.iterancestors()):
            element.tail = None
            new.append(element)
    notes.append(f"include {include!r}: {len(new)} elements taken")
    return new


def _matches(root: etree._Element, selector: str | None, name: str, notes: list[str]) -> list[etree._Element]:
    if not selector:
        return []
    try:
        return _elements(CSSSelector(selector, translator="html"), root)
    except (SelectorError, etree.XPathError) as error:
        notes.append(f"{name} {selector!r} is no CSS selector: {error}")
        return []


def _drop(element: etree._Element) -> None:
    """Takes an element out and leaves the text after it in place."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
        element.tail = None
    parent.remove(element)


def _prepare(root: etree._Element) -> list[etree._Element]:
    """Keeps what is text against its tag, decodes masked addresses, strips the rest. Returns what unfolds text."""
    for element in _elements(_MEANT, root):
        if element.tag == "textarea":
            if len(" ".join(cast("Iterator[str]", element.itertext())).split()) >= _LONG_FIELD_WORDS:
                element.tag = "pre"
        elif element.tag == "template":
            element.tag = "div"
    for element in _elements(_MASKED, root):
        address = decode_masked_address(element.get("data-cfemail") or "")
        if address:
            del element[:]
            element.text = address
    etree.strip_elements(root, *_NEVER_TEXT, with_tail=False)
    return _elements(_OPENERS, root)


def _levels(root: etree._Element) -> dict[etree._Element, int]:
    """Elements that are headings by their role, with their level."""
    return {element: _level(element.get("aria-level") or "") for element in _elements(_BY_ROLE, root)}


def _level(written: str) -> int:
    return min(max(int(written), 1), 6) if written.isascii() and written.isdigit() and len(written) < 3 else 2


def _mark_bold(root: etree._Element) -> list[etree._Element]:
    """Makes a bold inline element ``b``; returns the bold ones that are blocks."""
    blocks = []
    for element in _elements(_BOLD_STYLED, root):
        style, classes = element.get("style"), element.get("class")
        if (style and _BOLD_STYLE.search(style)) or (classes and not _BOLD_CLASSES.isdisjoint(classes.split())):
            if element.tag in _UNWRAPPED:
                element.tag = "b"
            else:
                blocks.append(element)
    return blocks
