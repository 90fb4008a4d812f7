"""Which language a text is in."""

from __future__ import annotations

import re
from collections import Counter

from differ.vocabulary import STOP_WORDS

__all__ = ["language_of"]

_LOOKED_AT = 4000  # characters
_MIN_WORDS = 20
_MIN_SHARE = 0.16  # of the words are function words of the language: running text has 0.25 and more
_MIN_LEAD = 1.5  # times the share of the next language
_MIN_SURE_SHARE, _SURE_LEAD = 0.05, 4.0  # menus and lists have fewer function words, but of one language alone
_WORD = re.compile(r"[^\W\d_]+")
# Scripts that one language has to itself. Kana comes before Han, which Japanese uses too.
_SCRIPTS = (
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("th", re.compile("[\u0e01-\u0e5b]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
)
_MIN_SCRIPT_SHARE = 0.2
_MIN_KANA_SHARE = 0.08


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of the language of a text's first 4,000 characters; None under 20 words."""
    start = text[:_LOOKED_AT]
    by_script = _by_script(start)
    if by_script:
        return by_script
    words = _WORD.findall(start.lower())
    if len(words) < _MIN_WORDS:
        return None
    return _by_stop_words(words) or _by_model(start)


def _by_script(text: str) -> str | None:
    if text.isascii():
        return None
    letters = sum(map(str.isalpha, text))
    if letters < _MIN_WORDS:
        return None
    for language, pattern in _SCRIPTS:
        share = len(pattern.findall(text)) / letters
        if share >= (_MIN_KANA_SHARE if language == "ja" else _MIN_SCRIPT_SHARE):
            return language
    return None


def _by_stop_words(words: list[str]) -> str | None:
    counts = Counter(words)
    shares = sorted(
        ((sum(counts[word] for word in stop_words) / len(words), name) for name, stop_words in STOP_WORDS.items()),
        reverse=True,
    )
    (best, name), (second, _) = shares[0], shares[1]
    is_sure = best >= _MIN_SHARE and best >= _MIN_LEAD * second
    return name if is_sure or (best >= _MIN_SURE_SHARE and best >= _SURE_LEAD * second) else None


def _by_model(text: str) -> str | None:
    # The model costs 0.7 s to load: only texts whose function words leave a doubt pay for it.
    from py3langid import classify

    language, _ = classify(text)
    return str(language)
