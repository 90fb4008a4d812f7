"""Takes one policy out of a page that bundles several."""

from __future__ import annotations

import re
from itertools import accumulate

from differ.normalise.page import Page, Piece
from differ.vocabulary import POLICY_NAMES

__all__ = ["take_document"]

_PARTS = POLICY_NAMES | {
    "safety": re.compile(r"safety|security policy", re.IGNORECASE),
    "refund": re.compile(r"refund|return policy|widerruf|subscription terms|billing policy", re.IGNORECASE),
}
"""What the parts of a bundle are called: policies, and what stands beside them there."""
_OF_TYPE = {
    "privacy-policy": "privacy", "privacy-notice": "privacy", "cookie-policy": "cookie", "cookies-policy": "cookie",
    "terms-of-service": "terms", "terms-of-use": "terms", "terms-and-conditions": "terms", "terms": "terms",
    "data-processing-agreement": "processing", "community-guidelines": "guidelines", "imprint": "imprint",
    "acceptable-use-policy": "guidelines", "copyright-claims-policy": "copyright",
}  # fmt: skip
_MIN_NAMED_SHARE = 0.8
_MIN_PART_WORDS = 120
_MAX_TITLE_WORDS = 10
_MAX_LEVEL = 3


def take_document(page: Page, document_type: str | None) -> None:
    """Keeps the parts of ``document_type`` (a slug or a name); all, if the page is no bundle or has no such part."""
    wanted = _OF_TYPE.get((document_type or "").strip().lower().replace(" ", "-"))
    if not wanted:
        return
    tops = [(i, piece.level) for i, piece in enumerate(page.pieces) if piece.is_heading and piece.level <= _MAX_LEVEL]
    words = [0, *accumulate(piece.words for piece in page.pieces)]
    for level in range(1, _MAX_LEVEL + 1):
        parts = _parts(tops, level, len(page.pieces))
        if len(parts) < 2 or any(words[end] - words[first] < _MIN_PART_WORDS for first, end in parts):
            continue
        names = [_name(page.pieces[first]) for first, _ in parts]
        if not _is_bundle(names) or wanted not in names:
            continue
        keep = [i < parts[0][0] for i in range(len(page.pieces))]
        for (first, end), name in zip(parts, names, strict=True):
            if name == wanted:
                keep[first:end] = [True] * (end - first)
        left = sorted({name for name in names if name and name != wanted})
        page.notes.append(f"the page bundles several policies; left out: {', '.join(left)}")
        page.keep(keep)
        return


def _parts(headings: list[tuple[int, int]], level: int, end: int) -> list[tuple[int, int]]:
    """Ranges from each heading of a level to the next of that level or a higher one."""
    parts: list[tuple[int, int]] = []
    first = None
    for i, found in headings:
        if found <= level:
            if first is not None:
                parts.append((first, i))
            first = i if found == level else None
    if first is not None:
        parts.append((first, end))
    return parts


def _name(heading: Piece) -> str | None:
    if heading.words > _MAX_TITLE_WORDS:
        return None
    return next((name for name, pattern in _PARTS.items() if pattern.search(heading.text)), None)


def _is_bundle(names: list[str | None]) -> bool:
    named = [name for name in names if name]
    return len(set(named)) >= 2 and len(named) >= _MIN_NAMED_SHARE * len(names)
