"""Plainly or by a browser: each document is fetched as its ``render`` says, and as it was needed before."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import differ
from clausewatch.model import Document, Fault, Snapshot
from clausewatch.settings import Settings
from crawler.browser.chromium import what_is_missing
from crawler.children import Children
from crawler.lanes import Lanes
from crawler.live import fetch_live, fetch_page
from crawler.outcomes import ErrorKind, Outcome
from crawler.rendered import fetch_rendered, is_rendered, render_pages

PLAIN_EVERY_DAYS = 30
"""A document that needed the browser is tried plainly once in so many days: sites come to write their pages out."""

_MANY_WORDS = 400  # a page that has as many beside its markup is no shell, whatever they say
_FEW_WORDS = 200  # a frame that scripts are to fill may have a heading, a menu and a footer
_WORD = re.compile(rb"[^\W\d]{2,}|[\x80-\xff]{6,}")
_RAW = re.compile(rb"<(script|style|noscript|template|svg)\b")  # what stands in them is not shown, or only by scripts
_TAGS = re.compile(rb"\s*(?:<(?!!--|(?:script|style|noscript|template|svg)\b)[^>]*>\s*){1,200}")
"""Tags with no word between them, as most are. So many at once: what repeats without end takes memory without end."""
_EMPTY_FRAME = re.compile(
    rb"<(?:div|main|section)\b[^<>]{0,300}\bid\s?=\s?[\"']?(?:root|app|__next|__nuxt|___gatsby|application|main|content)\b"
    rb"[^<>]{0,300}>\s{0,300}</"
    rb"|<([a-z]{1,40}-root)\b[^<>]{0,300}>\s{0,300}</\1",
    re.IGNORECASE,
)


def fetch_documents(
    documents: Sequence[Document],
    *,
    settings: Settings,
    on_outcome: Callable[[Document, Outcome], None],
    on_lull: Callable[[], None] = lambda: None,
    held: Mapping[str, Snapshot] | None = None,
    now: datetime,
    stop: threading.Event | None = None,
    lanes: Lanes | None = None,
    children: Children | None = None,
) -> None:
    """Fetch each document; ``on_outcome`` is called once for each, as by ``crawler.live.fetch_live``.

    ``held`` has the newest live snapshots by document. A plain page without text is fetched again by the browser.
    """
    held = held or {}
    by_id = {document.id: document for document in documents}
    rendered = [each for each in by_id.values() if begins_in_browser(each, held.get(each.id), now=now)]
    in_browser = {each.id for each in rendered}
    plain = [each for each in by_id.values() if each.id not in in_browser]
    # of what was a shell, the whole page is asked for: the browser may be there by now, or be needed no longer
    anew = {each.id for each in plain if each.render == "auto" and _may_be_shell(held.get(each.id))}
    asked = [replace(each, etag=None, last_modified=None) if each.id in anew else each for each in plain]
    believed = {id: snapshot for id, snapshot in held.items() if id not in anew}
    shells: list[tuple[Document, Outcome]] = []

    def judge(asked_for: Document, outcome: Outcome) -> None:
        document = by_id[asked_for.id]
        if document.render == "auto" and is_shell(outcome):
            shells.append((document, outcome))
        else:
            on_outcome(document, outcome)

    fetch_live(
        asked, settings=settings, on_outcome=judge, on_lull=on_lull, held=believed, stop=stop, lanes=lanes,
        children=children,
    )  # fmt: skip
    if shells and (missing := what_is_missing(settings.chromium)):
        for document, outcome in shells:  # its bytes are kept; what it lacks is said
            on_outcome(document, replace(outcome, error=missing, error_kind=ErrorKind.NO_BROWSER))
        shells.clear()
        on_lull()
    rendered += [document for document, _ in shells]
    if rendered:
        fetch_rendered(
            rendered, settings=settings, on_outcome=on_outcome, on_lull=on_lull, held=held, stop=stop, lanes=lanes
        )


def fetch_shown_page(url: str, *, settings: Settings) -> Outcome:
    """One page at once, by the browser if it needs one and there is one; for a one-off comparison."""
    outcome = fetch_page(url, settings=settings)
    if is_shell(outcome) and (missing := what_is_missing(settings.chromium)):
        return replace(outcome, error=missing, error_kind=ErrorKind.NO_BROWSER)
    return as_shown([outcome], settings=settings)[0]


def as_shown(
    outcomes: Sequence[Outcome],
    *,
    settings: Settings,
    stop: threading.Event | None = None,
    lanes: Lanes | None = None,
) -> list[Outcome]:
    """The outcomes, with what a browser shows in place of shells; as they are where there is no browser."""
    shells = {outcome.id: outcome.url for outcome in outcomes if is_shell(outcome)}
    if not shells or what_is_missing(settings.chromium):
        return list(outcomes)
    shown = render_pages(shells, settings=settings, stop=stop, lanes=lanes)
    return [shown.get(outcome.id, outcome) for outcome in outcomes]


def begins_in_browser(document: Document, held: Snapshot | None, *, now: datetime) -> bool:
    """Whether the browser is asked at once: always, or where it was needed at the last look, but for a day a month."""
    if document.render != "auto":
        return document.render == "always"
    is_plain_day = (now.toordinal() + int(document.id, 16)) % PLAIN_EVERY_DAYS == 0
    return is_rendered(held) and not is_plain_day


def _may_be_shell(held: Snapshot | None) -> bool:
    return held is not None and (is_rendered(held) or held.fault in (Fault.EMPTY, Fault.ERROR_PAGE))


def is_shell(outcome: Outcome) -> bool:
    """Whether the answer is a page whose text only its scripts bring."""
    body, content_type = outcome.body, outcome.headers.get("content-type", "")
    if outcome.status != 200 or not body or (content_type and "html" not in content_type.lower()):
        return False
    page = body.lower()
    if b"<script" not in page or has_words(page, _MANY_WORDS):
        return False
    reading = differ.read(body, content_type=content_type or None, url=outcome.url)
    if reading.fault is Fault.EMPTY:
        return True
    if reading.fault is Fault.ERROR_PAGE:
        return "javascript" in (reading.fault_reason or "").lower()
    return reading.fault is None and reading.text.words < _FEW_WORDS and _EMPTY_FRAME.search(body) is not None


def has_words(page: bytes, most: int) -> bool:
    """Whether so many words stand beside the markup of a page in lower case. In one pass: pages may be hostile."""
    words, at = 0, 0
    while words < most and at < len(page):
        if tags := _TAGS.match(page, at):
            at = tags.end()
        opens = page.find(b"<", at)
        words += len(_WORD.findall(page, at, len(page) if opens < 0 else opens))
        if opens < 0:
            break
        raw = _RAW.match(page, opens)
        end = b"-->" if page.startswith(b"<!--", opens) else b"</" + raw[1] if raw else b">"
        closes = page.find(end, opens + 1)
        if closes < 0:
            break
        at = closes + len(end)
    return words >= most
