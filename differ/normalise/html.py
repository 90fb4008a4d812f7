"""Parses HTML and prepares the tree for the walk: what is never text goes, what only looks different is made alike.

Leaves it to the steps after the walk to judge what belongs to the policy.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector

from differ.normalise.canonical import MASKED_PATH, Links, decode_masked_address, fold, mask_anew
from differ.normalise.page import LOGIN_ROLE, Page
from differ.normalise.tags import UNWRAPPED, is_bold_class, is_bold_style
from differ.normalise.walk import walk

__all__ = ["Tree", "parse", "prepare", "read_page", "read_tree", "settle_links", "settle_masks"]

_NEVER_TEXT = (
    "script", "style", "svg", "math", "iframe", "object", "embed", "select", "datalist", "input", "canvas",
    "audio", "video", "template", "noscript", "textarea", "progress", "meter", "map", "img", "source",
    "picture", "head",
)  # fmt: skip
# libxml2 takes quadratic time over the attributes of one tag; a small page cannot hold enough of them to matter.
_LARGE = 200_000
_MAX_ATTRIBUTES = 1000
# As HTML reads a tag: a quote counts only as the value of an attribute. What never ends goes to the end of the page.
_TAG = re.compile(r"""<[a-zA-Z][^\s/>]*+(?:[^>=]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?)*+(?:>|\Z)""")
_VALUE = re.compile(r"""=\s*(?:"[^"]*"|'[^']*')""")
_NAME_END = re.compile(r"[\s/=]+")
_LONG_FIELD_WORDS = 40  # a text field this full shows terms to agree to, not what a visitor typed

_MASKED = etree.XPath("//@data-cfemail/..")
_MASKED_CODE = re.compile(rf"([^#]*{MASKED_PATH})((?:[0-9a-f]{{2}})+)")
_KEYS = 256  # that a mask may have
_DECLARED_LANGUAGE = re.compile(r"^\s*([a-zA-Z]{2,3})\b")


_LOOKED_AT = ("base", "input", "template", "textarea", "title")
_OF_HEAD = frozenset({"base", "link", "meta", "noscript", "script", "style", "template", "title"})


class _Parser(threading.local):
    """One a thread, used again and again: it knows the names of tags and attributes already."""

    def __init__(self) -> None:
        # huge_tree lifts the depth from 256, which unclosed tags of old pages do reach, to 2,048.
        self.html = etree.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8")


_PARSER = _Parser()


def parse(source: str) -> tuple[etree._Element | None, bool]:
    """The root of the page, None if there is none, and whether it was cut for being nested too deep (2,048)."""
    if len(source) > _LARGE and any(map(_is_crowded, _TAG.findall(source))):
        source = _TAG.sub(_without_crowds, source)
    parser = _PARSER.html
    try:
        root = etree.fromstring(source.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:  # an empty document
        return None, False
    last = parser.error_log.last_error  # the parser gives up at the depth: nothing comes after it
    return root, last is not None and last.type_name == "ERR_RESOURCE_LIMIT"


def _is_crowded(tag: str) -> bool:
    """Whether a tag has more attributes than any page needs; each takes two characters or more."""
    return len(tag) > 2 * _MAX_ATTRIBUTES and len(_NAME_END.findall(_VALUE.sub("=", tag))) > _MAX_ATTRIBUTES


def _without_crowds(tag: re.Match[str]) -> str:
    return f"{_NAME_END.split(tag[0], maxsplit=1)[0]}>" if _is_crowded(tag[0]) else tag[0]


@dataclass(slots=True)
class Tree:
    """A parsed page with what is never text gone, and what the rest of it said."""

    root: etree._Element
    title: str | None
    language: str | None  # as the page declares it
    base: str | None
    has_password: bool
    notes: list[str]


def prepare(
    root: etree._Element, *, url: str | None = None, include: str | None = None, exclude: str | None = None
) -> Tree:
    """What of a parsed page is to be walked over. ``include`` and ``exclude`` are CSS selectors. The tree is changed.

    Nothing else of the page but this is looked at by ``read_tree``.
    """
    notes: list[str] = []
    found: dict[str, list[etree._Element]] = {name: [] for name in _LOOKED_AT}
    for element in root.iter(*_LOOKED_AT):  # in one pass, which takes as long as for one of them
        found[element.tag].append(element)
    title, language = _title(found["title"]), _language(root)
    base = next((each for each in found["base"] if each.get("href") is not None), None)
    passwords = [field for field in found["input"] if field.get("type") == "password"]
    for form in {form for field in passwords for form in field.iterancestors("form")}:
        form.set("role", LOGIN_ROLE)
    _end_head(root)
    root = _select(root, include, exclude, notes)
    for element in found["textarea"]:
        if len(" ".join(cast("Iterator[str]", element.itertext())).split()) >= _LONG_FIELD_WORDS:
            element.tag = "pre"
    for element in found["template"]:
        if element.get("shadowrootmode") is not None:
            element.tag = "div"
    _prepare(root)
    etree.strip_tags(root, *UNWRAPPED)
    address = url if base is None or not url else Links(url).canonical(base.get("href") or "") or url
    return Tree(root, title, language, address, bool(passwords), notes)


def read_tree(tree: Tree) -> Page:
    """Pieces and boxes of a page that was prepared."""
    page = walk(tree.root)
    page.title, page.language = tree.title, tree.language
    page.has_password, page.base = tree.has_password, tree.base
    page.notes.extend(tree.notes)
    return page


def read_page(
    root: etree._Element, *, url: str | None = None, include: str | None = None, exclude: str | None = None
) -> Page:
    """Pieces and boxes of a parsed page. ``include`` and ``exclude`` are CSS selectors. The tree is changed."""
    return read_tree(prepare(root, url=url, include=include, exclude=exclude))


def settle_masks(root: etree._Element) -> None:
    """Masks the addresses that links of a tree lead to by keys in their order, so that the same addresses look the same
    each time. Targets that differ stay different, and those that are equal stay equal."""
    links = [(element, target) for element in root.iter("a") if MASKED_PATH in (target := element.get("href") or "")]
    codes = {target: found for _, target in links if (found := _MASKED_CODE.fullmatch(target))}
    if len(codes) > _KEYS:
        return
    anew = {target: found[1] + mask_anew(found[2], key) for key, (target, found) in enumerate(codes.items())}
    for element, target in links:
        if target in anew:
            element.set("href", anew[target])


def settle_links(page: Page) -> None:
    """Makes the targets of links canonical and leaves out those that lead nowhere else.

    Not earlier than it must be: most links of a page stand around its text and are dropped with what holds them.
    """
    links = Links(page.base)
    for piece in page.pieces:
        if piece.links:
            found = map(links.canonical, piece.links)
            piece.links = tuple(dict.fromkeys(target for target in found if target))


def _elements(expression: etree.XPath, root: etree._Element) -> list[etree._Element]:
    """What an expression for elements finds; it can give nothing else."""
    return cast("list[etree._Element]", expression(root))


def _end_head(root: etree._Element) -> None:
    """Puts into the body what the parser, which knows no HTML5, left in the head of a page that opens no body."""
    head = root.find("head")
    children = () if head is None else tuple(head)
    first = next((at for at, child in enumerate(children) if child.tag not in _OF_HEAD), None)
    if first is None:
        return
    body = root.find("body")
    if body is None:
        body = etree.SubElement(root, "body")
    for child in reversed(children[first:]):
        body.insert(0, child)


def _title(titles: Sequence[etree._Element]) -> str | None:
    return (fold(titles[0].text or "") or None) if titles else None


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


def _prepare(root: etree._Element) -> None:
    """Decodes masked addresses, strips what is never text; bold inline becomes ``b``."""
    for element in _elements(_MASKED, root):
        address = decode_masked_address(element.get("data-cfemail") or "")
        if address:
            del element[:]
            element.text = address
            del element.attrib["data-cfemail"]  # another one each time
    etree.strip_elements(root, *_NEVER_TEXT, with_tail=False)
    for element in list(root.iter(*UNWRAPPED)):
        if is_bold_style(element.get("style") or "") or is_bold_class(element.get("class") or ""):
            element.tag = "b"
