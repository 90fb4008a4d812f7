"""Companies known by name: those of findings, and more of them. A name has many spellings and one value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from differ.findings.names import Name, begins_of

PREFIX = 2  # letters by which spellings are looked up, so that a thousand of them cost little
_LETTER = re.compile(r"[^\W_]")
_GOES_ON = re.compile(r"[\w-]")


class KnownCompanies:
    """A table of companies. The longest spelling wins; case is kept."""

    def __init__(self, table: Mapping[str, list[str]]) -> None:
        self.values = frozenset(table)
        self._values = {spelling: value for value, spellings in table.items() for spelling in spellings}
        self._small = {name.casefold(): value for name, value in self._values.items()} | {
            value.casefold(): value for value in table
        }
        self._by_prefix: dict[str, list[str]] = {}
        for spelling in sorted(self._values, key=lambda spelling: (-len(spelling), spelling)):
            self._by_prefix.setdefault(spelling[:PREFIX], []).append(spelling)
        named = [spelling for spelling in self._values if _LETTER.match(spelling)]
        self._begin = begins_of(named, not_after=r"[\w.@/-]")

    def within(self, words: str) -> tuple[Name, ...]:
        """The companies in a run of words, in order."""
        found: list[Name] = []
        for match in self._begin.finditer(words):
            at = match.start()
            if not found or found[-1].end <= at:
                spelling = self._at(words, at)
                if spelling:
                    found.append(Name(self._values[spelling], at, at + len(spelling)))
        return tuple(found)

    def _at(self, words: str, at: int) -> str | None:
        for spelling in self._by_prefix.get(words[at : at + PREFIX], ()):
            if words.startswith(spelling, at) and not _GOES_ON.match(words, at + len(spelling)):
                return spelling
        return None

    def value_of(self, name: str) -> str:
        """What the ledger calls a company of this name, case ignored; the name itself where it is not known."""
        return self._small.get(name.casefold(), name)


@cache
def known_companies() -> KnownCompanies:
    """The companies that come with the package."""
    table: dict[str, list[str]] = {}
    for folder, file in (("differ.findings", "lexicon/companies.toml"), ("differ.facts", "companies.toml")):
        rows = tomllib.loads((files(folder) / file).read_text(encoding="utf-8"))["companies"]
        for value, spellings in rows.items():
            table.setdefault(value, []).extend(spellings)
    return KnownCompanies(table)
