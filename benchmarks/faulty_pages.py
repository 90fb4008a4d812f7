"""Pages that are not the document, written after the pattern of the real ones: what score_faults injects.

The words are our own; they are not those that ``differ.faults`` looks for, but what such pages usually say.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree, html

PAGES: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
"""Our own words by class: lists of [title, content, head] where VENDOR stands for a name; policies by language."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a faulty page is put: the good page that it stands for, and what else there is to serve in its place."""

    body: bytes
    content_type: str
    vendor: str  # as its pages write it
    document_type: str
    language: str
    others: tuple[str, ...]  # policies of other vendors, as plain lines, of the document's type and language
    other_types: tuple[str, ...]  # documents of another type, as plain lines


# --- the shell of a vendor's own page ---------------------------------------------------------------------------


def in_layout(place: Place, content: str, *, title: str | None = None) -> bytes:
    """The vendor's page with ``content`` in the place of the policy; a bare page where it has no such thing."""
    if "html" not in place.content_type:
        return bare(content, title=title or place.vendor)
    root = html.document_fromstring(place.body.decode("utf-8", "replace"))
    for script in list(root.iter("script")):
        script.text = None  # some hold the policy as data, for a page that draws itself
    holder = _holder(root)
    for child in list(holder):
        holder.remove(child)
    holder.text = None
    holder.append(html.fragment_fromstring(content, create_parent="div"))
    found = root.find(".//title")
    if found is not None and title is not None:
        found.text = title
    return bytes(etree.tostring(root, method="html", encoding="utf-8"))


def _holder(root: html.HtmlElement) -> html.HtmlElement:
    """The smallest element that holds nearly all of the page's running text."""
    body = root.find("body")
    holder = body if body is not None else root
    total = _prose(holder)
    while True:
        best = max(holder.iterchildren(tag=etree.Element), key=_prose, default=None)
        if best is None or _prose(best) < 0.9 * total or best.tag in ("p", "li", "table"):
            return holder
        holder = best


def _prose(element: html.HtmlElement) -> int:
    if element.tag in ("nav", "footer", "script", "style", "noscript"):
        return 0
    kept = [e for e in element.iter("p", "li", "td", "h2", "h3", "span", "div") if e.text and len(e.text) > 40]
    return sum(len(e.text or "") for e in kept)


def bare(content: str, *, title: str, head: str = "") -> bytes:
    """A page of its own."""
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{content}</body></html>".encode()


def lines_as_html(lines: str, *, heading: str) -> str:
    """Plain lines as a heading and paragraphs; lines of few words without a full stop become headings."""
    parts = [f"<h1>{heading}</h1>"]
    for line in filter(None, (line.strip("#*> -\t") for line in lines.splitlines())):
        safe = line.replace("&", "&amp;").replace("<", "&lt;")
        is_heading = len(line.split()) <= 8 and not line.endswith((".", ";", ","))
        parts.append(f"<h2>{safe}</h2>" if is_heading else f"<p>{safe}</p>")
    return "".join(parts)


def _somewhere(rng: random.Random, place: Place, pages: list[list[str]]) -> bytes:
    """One of some (title, content), in the vendor's layout or on a page of its own, with the vendor's title or not."""
    title, content, _ = rng.choice(pages)
    content = content.replace("VENDOR", place.vendor)
    title = title.replace("VENDOR", place.vendor)
    return in_layout(place, content, title=title) if rng.random() < 0.6 else bare(content, title=title)


# --- makers: one for each class -----------------------------------------------------------------------------------


def bot_wall(rng: random.Random, place: Place) -> bytes:
    title, content, head = rng.choice(PAGES["bot_walls"])
    return bare(content.replace("VENDOR", place.vendor), title=title.replace("VENDOR", place.vendor), head=head)


def captcha(rng: random.Random, place: Place) -> bytes:
    return _somewhere(rng, place, PAGES["captchas"])


def login(rng: random.Random, place: Place) -> bytes:
    return _somewhere(rng, place, PAGES["logins"])


def consent_wall(rng: random.Random, place: Place) -> bytes:
    return _somewhere(rng, place, PAGES["consent_walls"])


def error_page(rng: random.Random, place: Place) -> bytes:
    return _somewhere(rng, place, PAGES["errors"])


def not_found(rng: random.Random, place: Place) -> bytes:
    title, content, _ = rng.choice(PAGES["not_found"])
    return bare(content.replace("VENDOR", place.vendor), title=title.replace("VENDOR", place.vendor))


def not_found_in_layout(rng: random.Random, place: Place) -> bytes:
    # Half of the shops keep the title of the page that was asked for.
    title, content, _ = rng.choice(PAGES["not_found"])
    return in_layout(place, content.replace("VENDOR", place.vendor), title=title if rng.random() < 0.5 else None)


def maintenance(rng: random.Random, place: Place) -> bytes:
    return _somewhere(rng, place, PAGES["maintenance"])


def archive_error(rng: random.Random, place: Place) -> bytes:
    title, content, _ = rng.choice(PAGES["archive"])
    if rng.random() < 0.25 and b"<body" in place.body:
        start = place.body.index(b">", place.body.index(b"<body")) + 1
        return place.body[:start] + str(PAGES["toolbar"]).encode() + place.body[start:]
    return bare(content.replace("VENDOR", place.vendor), title=title)


def empty_shell(rng: random.Random, place: Place) -> bytes:
    roll = rng.random()
    if roll < 0.4:
        return in_layout(place, "<div id=root><div class=spinner></div></div>")
    if roll < 0.7:
        return bare(
            "<div id=__next></div><script src=/static/main.8c1f.js></script>", title=f"Privacy Policy | {place.vendor}"
        )
    shell = (
        "<div class=skeleton><p>Loading…</p></div><noscript>You need to enable JavaScript to run this app.</noscript>"
    )
    return in_layout(place, shell)


def truncated(rng: random.Random, place: Place) -> bytes:
    return place.body[: rng.randrange(200, max(201, len(place.body) - 8))]


def truncated_unclosed(rng: random.Random, place: Place) -> bytes:
    """Cut at any byte; the caller puts it among pages that never close their last tags."""
    return truncated(rng, place)


def other_language(rng: random.Random, place: Place) -> bytes:
    language = rng.choice([name for name in PAGES["policies"] if name != place.language])
    title, sentences = PAGES["policies"][language]
    rows = [f"<h1>{title}</h1>"]
    for part in range(1, rng.randrange(4, 30)):
        rows += [f"<h2>{part}. {title}</h2>", *(f"<p>{line}</p>" for line in rng.sample(sentences, 4))]
    return in_layout(place, "".join(rows), title=f"{title} | {place.vendor}" if rng.random() < 0.5 else None)


def other_region(rng: random.Random, place: Place) -> bytes:
    if rng.random() < 0.7:
        return _somewhere(rng, place, PAGES["regions"])
    heading = f"{place.document_type} for residents of the United States"
    return in_layout(
        place, lines_as_html("\n".join(rng.sample(PAGES["state_law"], 12)), heading=heading), title=heading
    )


def other_vendor(rng: random.Random, place: Place) -> bytes:
    lines = rng.choice(place.others)
    content = lines_as_html(lines, heading=place.document_type)
    return in_layout(place, content) if rng.random() < 0.3 else bare(content, title=place.document_type)


def front_page(rng: random.Random, place: Place) -> bytes:
    lines = rng.sample(PAGES["marketing"], rng.randrange(8, len(PAGES["marketing"])))
    content = "".join(f"<section><h2>{head}</h2><p>{body}</p></section>" for head, body in lines)
    content = content.replace("VENDOR", place.vendor)
    return in_layout(place, content, title=f"{place.vendor}: {lines[0][0]}")


def other_type(rng: random.Random, place: Place) -> bytes:
    """The same vendor's other document."""
    is_terms = "terms" in place.document_type.lower()
    heading = "Privacy Policy" if is_terms else rng.choice(["Terms of Service", "Terms of Use", "Terms and Conditions"])
    if place.language == "de":
        heading = "Datenschutzerklärung" if is_terms else "Allgemeine Geschäftsbedingungen"
    content = lines_as_html(rng.choice(place.other_types), heading=heading)
    return in_layout(place, content, title=f"{heading} | {place.vendor}")


def unreadable(rng: random.Random, place: Place) -> bytes:
    import zlib

    roll = rng.randrange(5)
    if roll == 0:
        return zlib.compress(place.body)[: rng.randrange(500, 20_000)]  # not undone, and cut
    if roll == 1:
        return rng.randbytes(rng.randrange(500, 20_000))
    if roll == 2:
        return b"\x89PNG\r\n\x1a\n" + rng.randbytes(5000)
    if roll == 3:
        return place.body[:300] + rng.randbytes(len(place.body) // 2)  # broken on its way
    return b"\x1f\x8b\x08\x00" + rng.randbytes(3000)


MAKERS = {
    maker.__name__.replace("_", "-"): maker
    for maker in (
        bot_wall, captcha, login, consent_wall, error_page, not_found, not_found_in_layout, maintenance, archive_error,
        empty_shell, truncated, truncated_unclosed, other_language, other_region, other_vendor, front_page, other_type,
        unreadable,
    )
}  # fmt: skip
"""By class; each takes a source of chance and a place, and gives a body."""
ONLY_HISTORY_TELLS = ("truncated", "truncated-unclosed", "other-language", "other-vendor")
"""Classes that look like a document of their own: as the very first look nothing tells them from one."""
