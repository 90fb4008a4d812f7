"""What a quoted clause grants the reader, or says that models learn from, as words that can follow "says that"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .rules import Lexicon

MOST_WORDS = 28
"""A longer clause is cut, and says so."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What models are trained on, or are not."""

    words: str
    is_denied: bool


def granted_in(quote: str, subject: str, *, lexicon: Lexicon) -> str:
    """``you can download your data``: the clause that grants what the subject is about; empty where there is none.

    What speaks as the vendor, or holds only on a condition that stands before it, keeps its quotation marks.
    """
    at = max(0, quote.find(subject))
    matches = list(lexicon.patterns["said_grant"].finditer(quote))
    match = next((m for m in matches if m.end() > at), None)
    if match is None or lexicon.patterns["said_reserved"].search(quote):
        return ""
    condition = lexicon.patterns["said_condition"].search(quote[: match.start()])
    clause = quote[condition.start() if condition else match.start() : match.end()]
    clause = _cut(lexicon.patterns["said_loose_end"].sub("", clause))
    clause = clause[0].lower() + clause[1:]
    if condition or lexicon.patterns["said_by_vendor"].search(clause):
        return f"“{clause}”"
    right = re.match(r"(?:your|the|a) (right .*)", clause)
    return f"you have the {right[1]}" if right else clause


def trained_on(quote: str, lexicon: Lexicon) -> Trained | None:
    """What a clause says that models are trained on; None where it does not say, or says it as "our"."""
    for name in ("said_train_use", "said_train_on"):
        match = lexicon.patterns[name].search(quote)
        if match and _can_be_told(match["what"], lexicon):
            is_denied = bool(lexicon.patterns["negated"].search(quote[: match.end()]))
            return Trained(_cut(match["what"]), is_denied)
    return None


def _can_be_told(what: str, lexicon: Lexicon) -> bool:
    return bool(lexicon.patterns["said_learned"].search(what)) and not lexicon.patterns["said_by_vendor"].search(what)


def _cut(clause: str) -> str:
    words = clause.strip(" ,").split()
    return " ".join(words) if len(words) <= MOST_WORDS else " ".join(words[:MOST_WORDS]) + " …"
