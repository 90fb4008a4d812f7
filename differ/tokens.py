"""Cuts text into the tokens that are compared: words, numbers, dates, addresses, marks. No edge lies in a word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts without spaces between words, as a range of a pattern: each character is a token."""

_MARKS = (  # vowel signs and accents, which `re` does not count as letters
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09cd"
    "\u0b82\u0bbe-\u0bcd\u0c00-\u0c03\u0c3e-\u0c4d\u0e31-\u0e3a\u0e47-\u0e4e\u200c\u200d"
)
_LETTERS = rf"[^\W{UNSPACED}]+(?:[{_MARKS}]+[^\W{UNSPACED}]*)*"
_TOKEN = re.compile(  # bounds, which hosts and mailboxes have, keep it linear on rows of dots, dashes and digits
    r"(\s*)("
    r"(?:https?://|www\.)[^\s<>\"|]*[\w/](?!\w)"  # web addresses
    r"|[\w.+-]{0,63}\w@\w[\w-]*(?:\.\w[\w-]*)+(?!\w)"  # mailboxes
    rf"|{_MONTH} \d{{1,2}}, \d{{4}}(?!\w)|\d{{1,2}} {_MONTH} \d{{4}}(?!\w)"  # dates in words
    r"|\d+(?:[.,:/]\d+){1,9}(?!\w)"  # decimals, times, dates in digits
    r"|[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,9}\.[a-z]{2,63}(?!\w)(?:/[\w./-]*\w)?(?!\w)"  # domains without a scheme
    r"|(?:[^\W\d_]\.){2,}"  # abbreviations
    rf"|{_LETTERS}(?:['’‑-]{_LETTERS})*"  # words with inner apostrophes and hyphens
    r"|\S)"
)
SENTENCE_ENDS = frozenset(".!?。！？:;")
"""Marks behind which a new thought begins; a semicolon ends an item of a running list."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as tokens. ``starts[i]`` is where the space before token i begins, the last where the rest does."""

    text: str
    words: tuple[str, ...]
    starts: tuple[int, ...]  # one more than words: what follows the last token is white space

    def slice(self, first: int, last: int) -> str:
        """The tokens from first to before last, each with the white space before it."""
        return self.text[self.starts[first] : self.starts[last]]

    def gap(self, index: int) -> str:
        """The white space before a token, or after the last."""
        if index == len(self.words):
            return self.text[self.starts[index] :]
        return self.text[self.starts[index] : self.starts[index + 1] - len(self.words[index])]


def tokenise(text: str) -> Tokens:
    """
    >>> tokenise("We don't keep it 1.5 years.").words
    ('We', "don't", 'keep', 'it', '1.5', 'years', '.')
    """
    found = _TOKEN.findall(text)  # all of the text but white space at its end
    lengths = [len(gap) + len(word) for gap, word in found]
    return Tokens(text, tuple([word for _, word in found]), (0, *accumulate(lengths)))
