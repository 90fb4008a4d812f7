"""Names of companies and countries, from tables that come with the package; a name has many spellings, one value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Name:
    """A name that stands in a sentence, and what it is called in the ledger."""

    value: str
    start: int
    end: int


class Names:
    """A table of names. The longest spelling wins; case is kept, so that "us" is no country."""

    def __init__(self, table: Mapping[str, list[str]]) -> None:
        self._values = {spelling: value for value, spellings in table.items() for spelling in spellings}
        self.values = frozenset(table)
        longest_first = sorted(self._values, key=lambda spelling: (-len(spelling), spelling))
        self._pattern = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")

    def within(self, sentence: str) -> tuple[Name, ...]:
        """The names in a sentence, in order."""
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
