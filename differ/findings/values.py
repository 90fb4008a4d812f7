"""Values that a sentence states: periods of time and ages, in one spelling."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "eighteen": 18,
    "twenty": 20, "twenty-four": 24, "thirty": 30, "thirty-six": 36, "forty-five": 45, "sixty": 60, "ninety": 90,
}  # fmt: skip
_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.4, "year": 365.0}
_NUMBER = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_PERIOD = re.compile(
    rf"(?<![\w.,])(?P<number>\d{{1,4}}|{_NUMBER})(?:\s?\(\d+\))?[\s-]+"
    r"(?:calendar |business |working |full |consecutive )?"
    r"(?P<unit>minute|hour|day|week|month|year)s?\b(?!\s+(?:of age|old|or older))",
    re.IGNORECASE,
)
_AGE = re.compile(
    rf"\b(?:under|below|over|above|least|minimum age(?: is| of)?|age of|aged?|younger than|older than|than)\s+(?:the )?"
    rf"(?:age (?:of )?)?(?P<a>\d{{1,2}}|{_NUMBER})\b(?![\s-]+(?:day|week|month|hour|minute|percent|%))"
    rf"|\b(?P<b>\d{{1,2}}|{_NUMBER})[\s-]+(?:years of age|years old"
    r"|or older|year-olds?|years and older|years or older)",
    re.IGNORECASE,
)
AGES = range(10, 22)
"""Ages that policies draw lines at; other numbers after "under" and "over" are something else."""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, as ``18 months``."""

    number: int
    unit: str
    start: int  # offsets in the sentence
    end: int

    @property
    def days(self) -> float:
        return self.number * _DAYS[self.unit]

    def __str__(self) -> str:
        return f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Age:
    """An age limit in years."""

    years: int
    start: int
    end: int

    def __str__(self) -> str:
        return str(self.years)


def periods_of(sentence: str) -> tuple[Period, ...]:
    """The periods in the order in which they stand.

    >>> [str(p) for p in periods_of("kept for twenty-four (24) months, then 1 week")]
    ['24 months', '1 week']
    """
    small = sentence.lower()
    if sentence.isascii() and not any(unit in small for unit in _DAYS):  # far sooner told
        return ()
    return tuple(
        Period(_number(match["number"]), match["unit"].lower(), match.start(), match.end())
        for match in _PERIOD.finditer(sentence)
    )


def ages_of(sentence: str) -> tuple[Age, ...]:
    """The age limits in the order in which they stand.

    >>> [str(a) for a in ages_of("not for children under 13, or over thirty")]
    ['13']
    """
    found = ((_number(match["a"] or match["b"]), match) for match in _AGE.finditer(sentence))
    return tuple(Age(years, match.start(), match.end()) for years, match in found if years in AGES)


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.lower()]
