"""The countries that a sentence newly says data is moved to, kept in or reached from."""

from __future__ import annotations

from .names import Name, countries
from .rules import Lexicon
from .units import Piece


def new_countries(piece: Piece, *, lexicon: Lexicon) -> tuple[Name, ...]:
    """The countries among the changed words, as the text writes them; those that the other version nowhere names
    alone, if there are any."""
    text = piece.sentence.text
    found: dict[str, Name] = {}
    for name in countries(lexicon.language).within(text):
        is_changed = any(start < name.end and name.start < end for start, end in piece.spans)
        if is_changed and _is_destination(name, piece, lexicon=lexicon):
            written = text[name.start : name.end]
            found.setdefault(name.value, Name(written, name.start, name.end))
    new = [name for name in found.values() if _is_novel(name, piece)]
    return tuple(new or found.values())


def _is_destination(name: Name, piece: Piece, *, lexicon: Lexicon) -> bool:
    """In a row of a table with a column of places; else after "in", "to" and the like beside words of moving and
    keeping, and not where data leaves from."""
    text, patterns = piece.sentence.text, lexicon.patterns
    if piece.context.is_row:
        return bool(patterns["fact_place_column"].search(piece.context.lead))
    if not patterns["fact_transfer"].search(text) or patterns["fact_not_transfer"].search(text):
        return False
    before, after = text[: name.start], text[name.end :]
    if patterns["fact_leaves"].search(before) or patterns["fact_not_place"].match(after):
        return False
    return bool(patterns["place_before"].search(before))


def _is_novel(name: Name, piece: Piece) -> bool:
    words = [word.key for word in piece.sentence.words if name.start <= word.start < name.end]
    return any(key in piece.novel for key in words)
