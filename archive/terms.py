"""What a search asks for, read from what somebody typed; and the words around what was found, marked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from clausewatch.errors import UsageError

MOST_WORDS = 32  # in a query; nobody types more, and each costs a look-up
MARK = ("\ue000", "\ue001")
"""Around the words found, in an excerpt. Of the private use area: no text of a policy holds them."""
_EXCERPT_WORDS = 40
_WORDS_BEFORE = 12  # of them, before the first that was asked for
_PHRASE = re.compile(r'"([^"]*)"?|(\S+)')
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Term:
    """What a passage must hold: words in a row, the last one perhaps only begun."""

    words: tuple[str, ...]
    is_start: bool = False
    is_unwanted: bool = False


def read_query(query: str) -> list[Term]:
    """What a search asks for: words, "words in a row", begin*, -unwanted. Marks other than these are passed over.

    Raises UsageError where no word is left to look for.
    """
    terms = []
    for match in _PHRASE.finditer(query):
        phrase, word = match.groups()
        is_unwanted = phrase is None and word.startswith("-")
        words = tuple(_WORD.findall(phrase if phrase is not None else word))
        if words:
            terms.append(Term(words, is_start=bool(word and word.endswith("*")), is_unwanted=is_unwanted))
    if not any(not term.is_unwanted for term in terms):
        raise UsageError("the search names no word to look for; give one that must stand in the text")
    if sum(len(term.words) for term in terms) > MOST_WORDS:
        raise UsageError(f"a search takes at most {MOST_WORDS} words")
    return terms


def excerpt_of(text: str, terms: Iterable[Term]) -> str:
    """The words around the first that was asked for, all of those marked: the block's own, whatever the database.

    >>> excerpt_of("We keep it.", [Term(("keep",))]).replace(MARK[0], "[").replace(MARK[1], "]")
    'We [keep] it.'
    """
    asked = [
        r"[\W_]+".join(map(re.escape, term.words)) + (r"\w*" if term.is_start else "")
        for term in terms
        if not term.is_unwanted
    ]
    found = [match.span() for match in re.finditer(rf"(?<!\w)(?:{'|'.join(asked)})(?!\w)", text, re.IGNORECASE)]
    words = [match.span() for match in re.finditer(r"\S+", text)]
    at = next((number for number, (_, end) in enumerate(words) if found and end > found[0][0]), 0)
    from_word = max(0, at - _WORDS_BEFORE)
    shown = words[from_word : from_word + _EXCERPT_WORDS]
    first, last = shown[0][0], shown[-1][1]
    pieces, done = ["…" * (from_word > 0)], first
    for start, end in found:
        if start >= done and end <= last:
            pieces += [text[done:start], MARK[0], text[start:end], MARK[1]]
            done = end
    return "".join([*pieces, text[done:last], "…" * (last < words[-1][1])])


def unmarked(excerpt: str) -> str:
    """The excerpt without its marks."""
    return excerpt.replace(MARK[0], "").replace(MARK[1], "")
