"""Lines that are headings to a reader though no tag says so: each look that such lines have, and what speaks against.

Whether a page's marked headings are ones, and which level a found one gets, is headings.py's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from differ.normalise.page import ITEM, PARAGRAPH, ROW, Piece
from differ.normalise.prose import prose_of
from differ.sentence_ends import ends_sentence

__all__ = ["BOLD_SHARE", "MAX_WORDS", "NUMBER", "is_date_line", "style_of"]

MAX_WORDS = 25  # no heading is longer
BOLD_SHARE = 0.85
_MAX_BOLD_WORDS = 18
_MAX_BOLD_SENTENCE_WORDS = 13
_MAX_CAPITAL_SENTENCE_WORDS = 8
_MAX_NUMBERED_WORDS = 16
_MAX_PLAIN_WORDS = 10
_MAX_LONE_WORDS = 14
_MAX_TITLE_WORDS = 12
_MIN_FOLLOWING_WORDS = 8
_MIN_PROSE = 12  # words that follow a line which nothing but its place makes a heading
_MIN_LETTERS = 4
_MIN_SMALL_WORDS = 3  # words in lower case that an address does not have and a phrase does
NUMBER = re.compile(
    r"(?P<decimal>\d{1,2}(?:\.\d{1,2}){0,4})[.):]?\s+(?=\D)|(?P<roman>[IVX]{1,5})[.)]\s+|(?P<letter>[A-Z])[.)]\s+"
    r"|(?:§|Art(?:icle|ikel|ículo|icolo|\.)?|Section|Abschnitt|Part|Teil|Chapter)\s*(?P<article>\d+|[IVX]+)\b[.:)]?"
    r"|제\s*(?P<korean>\d+)\s*조|第\s*(?P<han>[\d一二三四五六七八九十]+)\s*[条條章]",
    re.IGNORECASE,
)
_DATE_LINE = re.compile(
    r"\b(?:updated?|effective|modified|revised|revision|version|posted|in force|as of|stand|gültig|aktualisiert"
    r"|mise à jour|en vigueur|actualización|actualizad[ao]|vigor|aggiornament\w+|bijgewerkt|ingangsdatum"
    r"|atualiza\w+)\b.*\d"
    r"|^\W*\d{1,4}[./ -]\w{1,9}[./ -]\d{1,4}\W*$",
    re.IGNORECASE,
)
_LONGEST_LINE = 500  # characters
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_WEB_ADDRESS = re.compile(r"\W*+(?:\w++\W++){0,4}(?:https?:|www\.)")
_POSTCODE = re.compile(r"\d{5}")
_YEAR = re.compile(r"\d{4}")
_LEGAL_FORM = re.compile(
    r"(?:inc|llc|llp|ltd|limited|corp|corporation|gmbh|ag|kg|se|s\.?a\.?s?|s\.?r\.?l|s\.?p\.?a|b\.?v|n\.?v|oy|ab"
    r"|a/s|aps|pty|plc|co)\.?",
    re.IGNORECASE,
)
_NAMES_POLICY = re.compile(
    r"privacy|polic(?:y|ies)|terms|cookies?|agreement|notice|conditions|datenschutz|nutzungsbedingungen|agb"
    r"|confidentialité|privacidad|condizioni|voorwaarden|privacybeleid"
)
"""In lower case."""
_TERMINAL = (".", ",", ";", ":", "!", "。")
_BRACKETED = re.compile(r"[【〔《]\s*\S.*[】〕》]")
_BEGINS_HEADING = re.compile(r"[\w(\"¿¡«]")
_LISTED = (ITEM, ROW)


def is_date_line(text: str) -> bool:
    """Whether a line only says of when a text is."""
    text = text[:_LONGEST_LINE]  # what says more than when is no such line
    return _DIGIT.search(text) is not None and _DATE_LINE.search(text) is not None and not NUMBER.match(text)


def style_of(pieces: Sequence[Piece], i: int, style_before: str | None = None) -> str | None:
    """The style by which a piece pretends to be a heading; None if it does not.

    ``style_before`` is what this said of the piece before it.
    """
    piece = pieces[i]
    if piece.is_heading or piece.kind is ROW or piece.words > MAX_WORDS or i + 1 == len(pieces):
        return None
    before, following = pieces[i - 1] if i else None, pieces[i + 1]
    if is_date_line(piece.text) or not _LETTER.search(piece.text):
        return None
    if piece.bold >= BOLD_SHARE and _is_bold_heading(pieces, i):
        return _look(piece)
    if piece.text.isupper() and _is_capitals(piece, before, following):
        return _look(piece)
    if _is_opener(piece, following):
        return "term" if piece.is_term else "opener"
    if _is_numbered(piece, before, following):
        return "numbered"
    if _is_title(piece, before, following):
        return "title"
    if _is_plain(piece, None if style_before else before, following):
        return "plain"
    return "lone item" if _is_lone_item(piece, before, following) else None


def _look(piece: Piece) -> str:
    """What the headings of one rank have in common."""
    if NUMBER.match(piece.text):
        return "numbered"
    if piece.text.isupper():
        return "capitals"
    return "bold item" if piece.kind is ITEM else "bold"


def _is_name_or_address(text: str) -> bool:
    """Whether a line is who somebody is or where: its numbers, or the legal form at its end."""
    if "@" in text or (("http" in text or "www." in text) and _WEB_ADDRESS.match(text)):
        return True
    if _ends_with_legal_form(text) and not NUMBER.match(text) and not _names_policy(text):
        return True
    if not _DIGIT.search(text):
        return False
    if _POSTCODE.search(text):
        return True
    return _YEAR.search(text) is not None and sum(word[:1].islower() for word in text.split()) < _MIN_SMALL_WORDS


def _ends_with_legal_form(text: str) -> bool:
    """Whether the last word is what a company's name ends with."""
    name, _, last = text.rpartition(" ")
    return bool(name) and _LEGAL_FORM.fullmatch(last) is not None


def _names_policy(text: str) -> bool:
    return _NAMES_POLICY.search(text.lower()) is not None


def _is_address(piece: Piece) -> bool:
    if piece.kind in _LISTED:
        return False
    return not prose_of(piece) or (piece.words <= MAX_WORDS and _is_name_or_address(piece.text))


def _continues(text: str) -> bool:
    """Whether a line begins in the middle of a sentence: in lower case, and not with a name like iPhone."""
    word = text.split(maxsplit=1)[0]
    return word[0].islower() and word.islower()


def _is_bold_heading(pieces: Sequence[Piece], i: int) -> bool:
    piece, following = pieces[i], pieces[i + 1]
    text = piece.text
    if piece.words > _MAX_BOLD_WORDS or text.endswith((",", ";")) or _is_name_or_address(text):
        return False
    if (text.endswith(".") and piece.words > _MAX_BOLD_SENTENCE_WORDS) or _continues(text):
        return False
    if piece.kind is ITEM:
        return following.kind is PARAGRAPH or _heads_item(piece, following)
    if following.kind is PARAGRAPH and _continues(following.text):
        return False
    if i and pieces[i - 1].text.endswith(":") and _is_address(following):
        return False  # a name over an address, which a lead-in announces
    if following.bold >= BOLD_SHARE:
        return _heads_bold(pieces, i)
    return following.is_heading is False and (following.words > piece.words or following.kind in _LISTED)


def _heads_item(piece: Piece, following: Piece) -> bool:
    """Whether a bold item heads the item after it: a list within it, or a paragraph that was made an item too."""
    if following.kind is not ITEM or following.bold >= BOLD_SHARE:
        return False
    return following.level > piece.level or (prose_of(following) >= _MIN_PROSE and not _continues(following.text))


def _heads_bold(pieces: Sequence[Piece], i: int) -> bool:
    """Whether a bold line over a bold line heads it: with a number, or as the upper of two over a text."""
    following = pieces[i + 1]
    if NUMBER.match(following.text) or prose_of(following) > _MAX_BOLD_WORDS:
        return True
    is_first = i == 0 or pieces[i - 1].bold < BOLD_SHARE
    after = pieces[i + 2] if i + 2 < len(pieces) else None
    if not is_first or after is None or after.bold >= BOLD_SHARE or following.kind is ITEM:
        return False
    return after.kind in _LISTED or prose_of(after) >= _MIN_PROSE or is_date_line(following.text)


def _is_capitals(piece: Piece, before: Piece | None, following: Piece) -> bool:
    text = piece.text
    if piece.linked or piece.kind is ITEM or piece.words > _MAX_BOLD_WORDS:
        return False
    if sum(char.isalpha() for char in text) < _MIN_LETTERS or text.endswith((",", ";")) or _is_name_or_address(text):
        return False
    if text.endswith((".", ":")) and piece.words > _MAX_CAPITAL_SENTENCE_WORDS:
        return False
    if following.words >= _MIN_FOLLOWING_WORDS or following.kind in _LISTED or following.text.endswith(":"):
        return True
    is_alone = before is None or (not before.text.isupper() and _ends_sentence(before))
    return is_alone and piece.words > 1


def _is_opener(piece: Piece, following: Piece) -> bool:
    if not (piece.is_opener or piece.is_term) or piece.kind is ITEM:
        return False
    return not (following.is_opener or following.is_term) or following.words > MAX_WORDS


def _is_numbered(piece: Piece, before: Piece | None, following: Piece) -> bool:
    match = NUMBER.match(piece.text)
    if not match or piece.kind is ITEM or piece.words > _MAX_NUMBERED_WORDS or piece.linked == piece.words:
        return False
    if piece.text.endswith(_TERMINAL) or (match.end() == len(piece.text) and not (match["article"] or match["korean"])):
        return False
    if any(other and _is_alike(match, other.text) for other in (before, following)):
        return False
    return following.words >= _MIN_FOLLOWING_WORDS or following.kind is ITEM or NUMBER.match(following.text) is not None


def _is_alike(match: re.Match[str], other: str) -> bool:
    """Whether another line is numbered in the same way: then both belong to an enumeration."""
    found = NUMBER.match(other)
    return found is not None and found.lastgroup == match.lastgroup and found[0].count(".") == match[0].count(".")


def _is_title(piece: Piece, before: Piece | None, following: Piece) -> bool:
    """A line that names a policy over its date, or as the very first line over its text."""
    if piece.kind is not PARAGRAPH or piece.linked or piece.words > _MAX_TITLE_WORDS:
        return False
    if piece.text.endswith(_TERMINAL) or _continues(piece.text) or not _names_policy(piece.text):
        return False
    return is_date_line(following.text) or (before is None and prose_of(following) >= _MIN_PROSE)


def _is_plain(piece: Piece, before: Piece | None, following: Piece) -> bool:
    """A short line without a full stop between whole sentences and running text."""
    text = piece.text
    if piece.kind is not PARAGRAPH or piece.words > _MAX_PLAIN_WORDS or piece.anchored or piece.cell:
        return False
    if _BRACKETED.fullmatch(text):
        return True
    if (
        text.endswith(_TERMINAL)
        or not _BEGINS_HEADING.match(text)
        or text[0].islower()
        or _is_name_or_address(text)
        or '"' in text[1:-1]
    ):
        return False
    if before is not None and not (before.kind in _LISTED or before.is_heading or _ends_sentence(before)):
        return False
    return _is_running_text(following)


def _is_lone_item(piece: Piece, before: Piece | None, following: Piece) -> bool:
    """A list of one short item over running text: a numbered heading whose number the browser makes."""
    if piece.kind is not ITEM or piece.words > _MAX_LONE_WORDS or piece.anchored or piece.cell:
        return False
    if piece.text.endswith(_TERMINAL) or piece.text[0].islower() or _is_name_or_address(piece.text):
        return False
    if before is not None and (before.kind is ITEM or before.text.endswith((":", ",", ";"))):
        return False
    return _is_running_text(following) or (following.kind is PARAGRAPH and following.text.endswith(":"))


def _is_running_text(piece: Piece) -> bool:
    if piece.kind is not PARAGRAPH or _continues(piece.text) or piece.bold >= BOLD_SHARE:
        return False
    return prose_of(piece) >= _MIN_PROSE and not _ends_with_legal_form(piece.text)


def _ends_sentence(piece: Piece) -> bool:
    return ends_sentence(piece.text) or is_date_line(piece.text)
