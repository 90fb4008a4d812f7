"""Which language a text is in."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from differ.letters import letter_runs
from differ.vocabulary import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["language_of"]

_LOOKED_AT = 4000  # characters: half from the start, where menus may stand, half from the middle
_MIN_WORDS = 20
_MIN_SURE_WORDS = 8  # if a third of them are function words of one language
_MIN_SHARE = 0.16  # of the words are function words of the language: running text has 0.25 and more
_MIN_LEAD = 1.5  # times the share of the next language
_MIN_SURE_SHARE, _SURE_LEAD = 0.05, 4.0  # menus and lists have fewer function words, but of one language alone
_SHORT_SHARE = 0.3
_MIN_OWN_LEAD = 2.0  # times as many words that the other of two alike languages has not
_MIN_SECOND_SHARE = 0.05  # of words of its own: that much of a second language makes a page of two
# Scripts that one language has to itself. Kana comes before Han, which Japanese uses too.
_SCRIPTS = (
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("th", re.compile("[\u0e01-\u0e5b]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
)
_OF_SCRIPTS = re.compile("|".join(pattern.pattern for _, pattern in _SCRIPTS))
_MIN_SCRIPT_SHARE = 0.2
_MIN_KANA_SHARE = 0.08
_OF_POLICIES = sorted(
    {"ar", "bg", "bn", "ca", "cy", "el", "et", "eu", "fa", "ga", "gl", "he", "hi", "hr", "hy", "id", "is", "ja", "ka",
     "ko", "lt", "lv", "mk", "ms", "mt", "nn", "sl", "sr", "sq", "ta", "th", "tl", "ur", "vi", "zh", *STOP_WORDS}
)  # fmt: skip
"""What the model may answer: given all of its languages it finds rare ones in lists of names."""


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of the language of a text; None under 8 words, and under 20 that leave a doubt.

    Of a page in two languages it is the one that comes first.
    """
    sample = text
    if len(text) > _LOOKED_AT:
        half, middle = _LOOKED_AT // 2, len(text) // 2
        sample = f"{text[:half]} {text[middle : middle + half]}"
    by_script = _by_script(sample)
    if by_script:
        return by_script
    words = letter_runs(sample.lower())
    if len(words) < _MIN_SURE_WORDS:
        return None
    language, is_sure = _by_stop_words(words)
    if is_sure or len(words) < _MIN_WORDS:
        return language if is_sure else None
    return _by_model(sample)


def _by_script(text: str) -> str | None:
    if text.isascii() or not _OF_SCRIPTS.search(text):
        return None
    letters = sum(map(str.isalpha, text))
    if letters < _MIN_WORDS:
        return None
    for language, pattern in _SCRIPTS:
        share = len(pattern.findall(text)) / letters
        if share >= (_MIN_KANA_SHARE if language == "ja" else _MIN_SCRIPT_SHARE):
            return language
    return None


def _by_stop_words(words: list[str]) -> tuple[str, bool]:
    """The language whose function words are most, and whether that can be relied on."""
    counts = Counter(words)
    different = frozenset(counts)
    shares = sorted(
        ((_share(counts, stop & different, len(words)), name) for name, stop in STOP_WORDS.items()), reverse=True
    )
    (best, name), (second, next_name) = shares[0], shares[1]
    if len(words) < _MIN_WORDS:
        return name, best >= _SHORT_SHARE and best >= _MIN_LEAD * second
    if best >= _MIN_SHARE and best >= _MIN_LEAD * second:
        return name, True
    if best >= _MIN_SURE_SHARE and best >= _SURE_LEAD * second:
        return name, True
    own, other = STOP_WORDS[name] - STOP_WORDS[next_name], STOP_WORDS[next_name] - STOP_WORDS[name]
    of_own, of_other = _share(counts, own, len(words)), _share(counts, other, len(words))
    if of_own >= _MIN_SURE_SHARE and of_own >= _MIN_OWN_LEAD * of_other:
        return name, True
    if min(of_own, of_other) >= _MIN_SECOND_SHARE:
        return _first_of(words, (name, own), (next_name, other)), True
    return name, False


def _share(counts: Counter[str], stop_words: frozenset[str], total: int) -> float:
    return sum(counts[word] for word in stop_words) / total


def _first_of(words: list[str], *languages: tuple[str, frozenset[str]]) -> str:
    """Of two languages that a text is written in the one of its first words."""
    start = Counter(words[: len(words) // 4])
    return max((_share(start, own, 1), name) for name, own in languages)[1]


def _by_model(text: str) -> str | None:
    language, _ = _model()(text)
    return str(language)


@cache
def _model() -> Callable[[str], tuple[str, float]]:
    # The model costs 0.7 s to load: only texts whose function words leave a doubt pay for it.
    import py3langid

    py3langid.set_languages(_OF_POLICIES)
    classify: Callable[[str], tuple[str, float]] = py3langid.classify
    return classify
