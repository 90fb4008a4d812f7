"""Names of companies and countries, from tables that come with the package; a name has many spellings, one value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Name:
    """A name that stands in a sentence, and what it is called in the ledger."""

    value: str
    start: int
    end: int


_NOT_AFTER = r"[\w.-]"
PREFIX = 4  # letters by which names are looked for: few words begin as one of them does


def begins_of(spellings: Iterable[str], *, not_after: str) -> re.Pattern[str]:
    """Where one of the spellings may begin, by its first letters."""
    prefixes: dict[str, set[str]] = {}
    for spelling in spellings:
        prefixes.setdefault(spelling[0], set()).add(re.escape(spelling[1:PREFIX]))
    either = (f"{re.escape(first)}(?:{'|'.join(sorted(rest))})" for first, rest in sorted(prefixes.items()))
    return re.compile(rf"(?<!{not_after})(?:{'|'.join(either)})")


class Names:
    """A table of names. The longest spelling wins; case is kept, so that "us" is no country."""

    def __init__(self, table: Mapping[str, list[str]]) -> None:
        self._values = {spelling: value for value, spellings in table.items() for spelling in spellings}
        self.values = frozenset(table)
        longest_first = sorted(self._values, key=lambda spelling: (-len(spelling), spelling))
        self._begins = begins_of(self._values, not_after=_NOT_AFTER)
        self._pattern = re.compile(rf"(?<!{_NOT_AFTER})(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")

    def within(self, sentence: str) -> tuple[Name, ...]:
        """The names in a sentence, in order."""
        if not self._begins.search(sentence):  # nearly all have none, and this is soon told
            return ()
        return tuple(
            Name(self._values[match[0]], match.start(), match.end()) for match in self._pattern.finditer(sentence)
        )


def _table(file: str, key: str) -> Mapping[str, list[str]]:
    text = (files("differ.findings") / "lexicon" / file).read_text(encoding="utf-8")
    return dict(tomllib.loads(text)[key])


@cache
def companies() -> Names:
    """Companies that many policies name as recipients."""
    return Names(_table("companies.toml", "companies"))


@cache
def countries(language: str) -> Names:
    """Countries by ISO 3166-1 code, with EU and EEA."""
    return Names(_table("countries.toml", language))
