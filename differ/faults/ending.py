"""How a page's source ends: whole, without its closing tags, or torn in the middle of a tag or a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from differ.sentence_ends import may_end_sentence

__all__ = ["CUT_NOTE", "Ending", "cut_note", "ending_of"]

CUT_NOTE = "the page ends before its closing tags"
"""How a note of the normaliser begins where a text may be cut; no fault by itself, as many a whole page ends so."""

_TORN = "torn"
_CLOSING_REACH = 20_000  # characters; servers append comments and scripts
_NEAR = 200  # most pages have them so near to their end
_CLOSING = re.compile(r"</(?:html|body)\b", re.IGNORECASE)
_COUNTED = re.compile(r"<(/?)(?:div|section|article|main|table|tbody|ul|ol|details|dl)\b", re.IGNORECASE)
_LAST_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)[^<>]*>([^<>]*)\Z")
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr", "source", "html", "body", "head"})
_RAW = ("script", "style")  # what stands in them is no markup
_NOTED = re.compile(r"(\d+) elements? open")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a page ends, as its notes say."""

    is_cut: bool = False  # without closing tags
    is_torn: bool = False  # in the middle of a tag, a script or a sentence
    open_elements: int = 0  # containers that were opened and not closed


def cut_note(source: str) -> str | None:
    """The note for a page whose source ends without its closing tags; None for one that is whole."""
    for reach in (_NEAR, _CLOSING_REACH):
        if _CLOSING.search(source, max(0, len(source) - reach)):
            return None
    still_open = 0
    for closing in _COUNTED.findall(source):
        still_open += -1 if closing else 1
    parts = [CUT_NOTE, f"{max(still_open, 0)} elements open"]
    if _is_torn(source):
        parts.append(_TORN)
    return ", ".join(parts)


def _is_torn(source: str) -> bool:
    end = source[-_CLOSING_REACH:].rstrip()
    lowered = end.lower()
    if any(lowered.rfind(f"<{tag}") > lowered.rfind(f"</{tag}") for tag in _RAW):
        return True
    if end.rfind("<") > end.rfind(">"):
        return True
    last = _LAST_TAG.search(end)
    if not last or last[1] or last[2].lower() in _VOID:
        return False
    said = last[3].strip()
    return bool(said) and not may_end_sentence(said)


def ending_of(notes: tuple[str, ...]) -> Ending:
    """What the notes of a text say of the end of its page."""
    for note in notes:
        if note.startswith(CUT_NOTE):
            counted = _NOTED.search(note)
            return Ending(True, note.endswith(_TORN), int(counted[1]) if counted else 0)
    return Ending()
