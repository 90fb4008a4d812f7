"""Takes out what frames a page: navigation, footers, dialogs, consent layers.

Every rule has a bound on how much running text it may take: names lie, and a policy must come whole. That a text is
hidden until it is opened is no reason to drop it.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from differ.consent import ACCEPTS, CHOOSES, REFUSES
from differ.normalise.page import LOGIN_ROLE, Box, Page
from differ.normalise.prose import Sums, speaks_of_policy

__all__ = ["drop_chrome"]

_TAGS = frozenset({"nav", "footer", "aside", "dialog"})
_ROLES = frozenset({LOGIN_ROLE, "navigation", "contentinfo", "complementary", "dialog", "alertdialog"})
_BARS = frozenset({"menu", "menubar", "search", "tablist", "toolbar"})
"""Tags and roles of what holds names and no text; some libraries put a whole accordion into one."""
_NAMES = _TAGS | _ROLES | _BARS
_BESIDES = frozenset({"aside", "footer", "complementary", "contentinfo"})
"""Tags and roles that a policy uses for a note beside a section as well as a page for what is not its text."""
_PARTS = frozenset({"article", "main", "section"})
_MAX_SHARE = 1 / 3  # of the page's prose; a policy may well stand in an `aside` or a dialog

_CLASS_WORDS = frozenset({
    "nav", "navbar", "navigation", "menu", "submenu", "footer", "banner", "breadcrumb", "breadcrumbs",
    "sidebar", "share", "sharing", "social", "socials", "related", "newsletter", "subscribe", "promo",
    "promotion", "advert", "ads", "login", "signup", "pagination", "pager", "langs", "languages", "language",
    "locale", "skip", "teaser", "chat", "feedback", "cta", "download", "appstore", "copyright", "searchbar",
    "topbar", "toolbar",
})  # fmt: skip
_CLASS_SPLIT = re.compile(r"[^a-z]+")
_MAX_CLASS_PROSE = 20
_MIN_CLASS_LINKS = 0.4
_MAX_CLASS_WORDS = 25

# Only names of the layers themselves: the same products also put cookie tables into cookie policies.
_LAYERS = re.compile(
    r"onetrust-(?:consent|banner|pc)|didomi-(?:host|popup|notice)|usercentrics-root|cybotcookiebotdialog"
    r"|truste-consent|trustarc-banner|qc-cmp|sp_message|cc-window|cookie-law-info-bar|osano-cm|iubenda-cs|klaro"
    r"|cky-(?:consent|modal)|moove_gdpr_cookie|borlabs-?cookie(?!-table)|cmplz-cookiebanner|evidon-banner|cmpbox"
    r"|cookie-?(?:banner|consent|bar|popup|modal|overlay|layer|dialog|wall|prompt|alert|disclaimer|notification)"
    r"|consent-?(?:banner|modal|popup|layer|dialog|manager|overlay|bar|wall|screen)|gdpr-?(?:banner|modal|popup"
    r"|layer|bar|overlay)|\bcmp-?(?:banner|modal|layer|root|container|app)|privacy-?(?:banner|popup|manager-modal)"
)
_LAYER_WORDS = (
    "cookie", "consent", "gdpr", "cmp", "privacy", "trust", "didomi", "usercentrics", "sp_message", "cc-window",
    "osano", "iubenda", "klaro", "cky-", "evidon",
)  # fmt: skip
"""One of them is in each: a quick look."""
_MAX_LAYER_SHARE = 0.15
_MAX_LAYERS_SHARE = 0.5  # of the page in all boxes with such names: then the names are the site's for its text
_MAX_CHOICE_SHARE = 0.25
_MAX_SURE_SHARE = 0.6  # of a box with several switches or pairs of labels
_SURE_CHOICES = 4
_MAX_SURE_GROWTH = 2  # times the prose of the switches in it
_ACCEPT = re.compile(ACCEPTS, re.IGNORECASE)
_REFUSE = re.compile(f"(?:{REFUSES}|{CHOOSES})", re.IGNORECASE)
_BOTH = re.compile(f"(?:{_ACCEPT.pattern}) (?:alle |all )?{_REFUSE.pattern}.*", re.IGNORECASE)
_COOKIE = re.compile(r"cookie|tracking|consent|einwilligung|traceur|tracciament|partners", re.IGNORECASE)
# The standard text of consent layers of the advertising industry (IAB TCF): only their switches say it.
_SWITCHES = (
    " can use this purpose",
    " can use this feature",
    " can use this special",
    " peuvent utiliser cette finalité",
)
_SWITCH_WORDS = (" can use this ", " peuvent utiliser ")  # one of them is in each: a quick look
_MAX_LABEL_WORDS = 6
_MAX_LABELS_WORDS = 10  # of an accepting and a refusing label in one line
_LOOKED_AT = 40  # pieces of a box


def drop_chrome(page: Page) -> None:
    """Drops the pieces of boxes that are chrome."""
    sums = Sums(page)
    choices = _choice_boxes(page, sums)
    layers = _named_layers(page, sums)
    telling = _telling_classes(page)
    keep = [True] * len(page.pieces)
    done = 0  # pieces before it are already judged: boxes come outer first, so inner ones of a dropped box are skipped
    for index, box in enumerate(page.boxes):
        if box.end <= done or box.first == box.end:
            continue
        is_named, is_layer = box.classes in telling, index in layers
        if not (is_named or is_layer or box.tag in _NAMES or box.role in _NAMES or box.is_modal or index in choices):
            continue  # nothing says so, as of most
        if index in choices or _is_chrome(page, box, sums, is_layer=is_layer, is_named=is_named):
            keep[box.first : box.end] = [False] * (box.end - box.first)
            done = box.end
    dropped = keep.count(False)
    if dropped:
        page.notes.append(f"{dropped} blocks of navigation, footers and dialogs left out")
        page.keep(keep)


def _telling_classes(page: Page) -> set[str]:
    """The class attributes of the page that have a word for chrome in them."""
    different = {box.classes for box in page.boxes}
    return {classes for classes in different if not _CLASS_WORDS.isdisjoint(_CLASS_SPLIT.split(classes))}


def _is_chrome(page: Page, box: Box, sums: Sums, *, is_layer: bool, is_named: bool) -> bool:
    if box.parent < 0 or box.tag in ("body", "html", "main"):
        return False
    prose = sums.prose(box)
    if (box.tag in _TAGS or box.role in _ROLES or box.is_modal) and prose < _MAX_SHARE * sums.total:
        return not _is_note(page, box, sums)
    if (box.tag in _BARS or box.role in _BARS) and prose < _MAX_CLASS_PROSE:
        return True
    is_small = prose < _MAX_LAYER_SHARE * sums.total and not sums.has_h1(box)
    if is_small and is_layer:
        return True
    if not is_named or prose >= _MAX_CLASS_PROSE:
        return False
    if sums.has_h3(box):
        return False
    if sums.link_share(box) > _MIN_CLASS_LINKS:
        return True
    # A site may call the boxes of its callouts and questions so: what speaks as the policy does stays.
    return sums.words(box) < _MAX_CLASS_WORDS and not speaks_of_policy(page.pieces[box.first : box.end])


def _named_layers(page: Page, sums: Sums) -> set[int]:
    """Boxes that are named like consent layers; none, where the page has most of its text in such boxes."""
    names = {box.classes for box in page.boxes} | {box.ident for box in page.boxes}
    together = "\n".join(names)
    if not any(map(together.__contains__, _LAYER_WORDS)) or not _LAYERS.search(together):
        return set()
    named = {name for name in names if _LAYERS.search(name)}
    prose, done, found = 0.0, 0, set()
    for index, box in enumerate(page.boxes):
        if box.end > box.first and (box.ident in named or box.classes in named):
            found.add(index)
            if box.first >= done:
                prose, done = prose + sums.prose(box), box.end
    return found if prose < _MAX_LAYERS_SHARE * sums.total else set()


def _is_note(page: Page, box: Box, sums: Sums) -> bool:
    """Whether a box beside the text speaks as the policy does and stands within a part of the page that does."""
    if box.tag not in _BESIDES and box.role not in _BESIDES:
        return False
    prose = sums.prose(box)
    if prose < _MAX_CLASS_PROSE or sums.link_share(box) > _MIN_CLASS_LINKS:
        return False
    around = page.boxes[box.parent]
    is_within = sums.prose(around) - prose > _MAX_SHARE * sums.total and (
        around.tag in _PARTS or box.tag == "aside" or box.role == "complementary"
    )
    return is_within and speaks_of_policy(page.pieces[box.first : box.end])


def _choice_boxes(page: Page, sums: Sums) -> set[int]:
    """Boxes without a telling name in which one label accepts, another refuses, and the text is about cookies.

    Of boxes within each other it is the innermost, or one around it that holds little more text.
    """
    accepts, refuses = _labels(page)
    if not accepts or not refuses:
        return set()
    found: list[int] = []
    for index in range(len(page.boxes) - 1, 0, -1):  # inner boxes first
        box = page.boxes[index]
        if not _holds_one(accepts, box) or not _holds_one(refuses, box) or sums.has_h1(box):
            continue
        prose = sums.prose(box)
        is_sure = min(_count(accepts, box), _count(refuses, box)) >= _SURE_CHOICES
        share = _MAX_SURE_SHARE if is_sure else _MAX_CHOICE_SHARE
        if not 0 < prose < share * sums.total or not _is_about_cookies(page, box):
            continue
        within = [i for i in found if box.first <= page.boxes[i].first and page.boxes[i].end <= box.end]
        known = sum(sums.prose(page.boxes[i]) for i in within)
        if not within or prose <= (_MAX_SURE_GROWTH if is_sure else 1) * known + _MAX_CLASS_PROSE:
            found = [i for i in found if i not in within] + [index]
    return set(found)


def _labels(page: Page) -> tuple[list[int], list[int]]:
    """Indexes of the pieces that accept and of those that refuse; a line of both, and a switch, are both."""
    texts = [piece.text for piece in page.pieces]
    everything = "\n".join(texts)
    both: set[int] = set()
    if any(map(everything.__contains__, _SWITCH_WORDS)):
        both = {i for i, text in enumerate(texts) if any(map(text.__contains__, _SWITCHES))}
    short = [i for i, piece in enumerate(page.pieces) if piece.words <= _MAX_LABELS_WORDS]
    begun = [i for i in short if _ACCEPT.match(texts[i])]
    both.update(i for i in begun if _BOTH.fullmatch(texts[i]))
    accepts = both.union(i for i in begun if _ACCEPT.fullmatch(texts[i]))
    if not accepts:
        return [], []
    refuses = both.union(i for i in short if page.pieces[i].words <= _MAX_LABEL_WORDS and _REFUSE.match(texts[i]))
    return sorted(accepts), sorted(refuses)


def _holds_one(places: list[int], box: Box) -> bool:
    at = bisect_left(places, box.first)
    return at < len(places) and places[at] < box.end


def _count(places: list[int], box: Box) -> int:
    return bisect_left(places, box.end) - bisect_left(places, box.first)


def _is_about_cookies(page: Page, box: Box) -> bool:
    return any(_COOKIE.search(piece.text) for piece in page.pieces[box.first : min(box.end, box.first + _LOOKED_AT)])
