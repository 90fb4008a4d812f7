"""The patterns that facts are read by, from ``LANGUAGE.toml`` beside this file; read once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from differ.findings.rules import Lexicon, lexicon_of


@dataclass(frozen=True, slots=True)
class Statement:
    """A fact that a turn of phrase states."""

    kind: str
    value: str
    hints: tuple[str, ...]  # one of them stands wherever the phrase does, in small letters
    said: re.Pattern[str]
    needs: re.Pattern[str] | None  # must stand in the sentence too
    denied: re.Pattern[str] | None  # must not stand before the phrase


Hint = tuple[str, Statement]
"""Letters, and a statement that some passage with them may make."""


@dataclass(frozen=True)
class FactLexicon:
    """All that facts need to know of one language."""

    language: str
    patterns: dict[str, re.Pattern[str]]
    statements: tuple[Statement, ...]
    until: tuple[tuple[str, re.Pattern[str]], ...]  # what "until" comes to, the phrase; the first that fits counts
    words: Lexicon  # of findings: what a date line is, which words are small

    @cached_property
    def hints(self) -> tuple[Hint, ...]:
        """The hints of all statements, in their order."""
        return tuple((hint, statement) for statement in self.statements for hint in statement.hints)


@cache
def fact_lexicon_of(language: str) -> FactLexicon | None:
    """The lexicon of a language, None where there is none."""
    words = lexicon_of(language)
    source = files("differ.facts") / f"{language}.toml"
    if words is None or not source.is_file():
        return None
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    terms: dict[str, str] = table["terms"]
    return FactLexicon(
        language=language,
        patterns={name: _compile(pattern, terms) for name, pattern in table["patterns"].items()},
        statements=tuple(_statement(row, terms) for row in table["statements"]),
        until=tuple((row["value"], _compile(row["said"], terms)) for row in table["until"]),
        words=words,
    )


def lexicon_for(language: str) -> FactLexicon:
    """The lexicon of a language that is known to have one."""
    lexicon = fact_lexicon_of(language)
    assert lexicon is not None  # or nobody would ask
    return lexicon


def _statement(row: dict[str, Any], terms: dict[str, str]) -> Statement:
    needs, denied = (_compile(row[name], terms) if name in row else None for name in ("needs", "denied"))
    return Statement(row["kind"], row["value"], tuple(row["hints"]), _compile(row["said"], terms), needs, denied)


def _compile(pattern: str, terms: dict[str, str]) -> re.Pattern[str]:
    """A pattern over whole words; ``{name}`` stands for a term."""
    for name, words in terms.items():
        pattern = pattern.replace("{" + name + "}", f"(?:{words})")
    pattern = re.sub(r"\n\s*", "", pattern)
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)
