"""What the scripts that make weights learn from: labelled clauses, labelled changes and the texts around them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.headings import Placed, kinds_under, placed
from clausewatch.jobs.sources import given_file
from clausewatch.model import Alignment, Kind
from differ.align import align
from differ.findings import passages_of
from differ.findings.bodies import Body
from differ.findings.context import Context
from differ.findings.judge import Extent
from differ.findings.rules import Lexicon
from differ.findings.sentences import Sentence, keys_of
from differ.findings.units import Piece, Unit

LEAD_LENGTH = 200
SHORTEST, LONGEST = 3, 120  # words of a sentence from which it is learned how words are used
SAME_FROM = 0.5  # share of a label's runs of three words that a sentence must hold
NEAR_BEST = 0.8  # share of the best sentence's overlap from which another one is meant too
TARGET = re.compile(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)")


@dataclass(frozen=True)
class Clause:
    """A clause that a reader named the kinds of."""

    vendor: str
    title: str
    piece: Piece
    kinds: frozenset[str]


@dataclass(frozen=True)
class Pair:
    """Two versions with what readers say of them."""

    vendor: str
    title: str
    is_material: bool
    kinds: frozenset[str]
    units: tuple[Unit, ...]
    named: tuple[frozenset[str], ...]  # for each unit the kinds of the changes that quote it
    extent: Extent
    alignment: Alignment

    @cached_property
    def bodies(self) -> tuple[Body, Body]:
        """Both versions in sentences."""
        return Body(self.alignment.before), Body(self.alignment.after)


def sentences_of(pairs: Iterable[Pair], *, lexicon: Lexicon) -> tuple[Placed, ...]:
    """The sentences of both versions of each pair, each of a vendor's once, with what their headings announce."""
    found: dict[tuple[str, tuple[str, ...]], tuple[Kind, ...]] = {}
    for pair in pairs:
        for body in pair.bodies:
            for sentence in body.sentences:
                context = body.contexts[sentence.block]
                kinds = () if context.is_heading else kinds_under(context.section)
                found.setdefault((pair.vendor, sentence.keys), kinds)
    return tuple(
        placed(vendor, keys, kinds, lexicon=lexicon)
        for (vendor, keys), kinds in sorted(found.items())
        if SHORTEST <= len(keys) <= LONGEST
    )


def read_clauses(path: Path) -> list[Clause]:
    """The labelled clauses of a file, each as if all of it were new."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [
        Clause(
            row["vendor"],
            row["document"],
            piece_of(row["text"], heading=row["heading"], lead=row["lead"]),
            frozenset(row["kinds"]) - {"none"},
        )
        for row in rows
    ]


def piece_of(text: str, *, heading: str, lead: str) -> Piece:
    """A clause as if all of it were new; ``heading`` is a path joined by " > "."""
    sentence = Sentence(text.replace("*", "").replace("_", ""), 0, 0)
    section = tuple(part.strip() for part in heading.split(" > ") if part.strip())
    return Piece(sentence, Context(section, lead[-LEAD_LENGTH:]), frozenset(range(len(sentence.words))))


def read_pairs(folder: Path, lexicon: Lexicon) -> Iterator[Pair]:
    """The labelled pairs of a folder that no gate holds back; none where it has no gold.jsonl."""
    gold, pairs = folder / "gold.jsonl", folder / "pairs.jsonl"
    if not gold.exists():
        return
    files = {row["id"]: row for row in map(json.loads, pairs.read_text(encoding="utf-8").splitlines())}
    for label in map(json.loads, gold.read_text(encoding="utf-8").splitlines()):
        before, after = (given_file(folder / files[label["id"]][side]) for side in ("before", "after"))
        alignment = align(before.text, after.text)
        is_read = (after.text.language or before.text.language or lexicon.language) == lexicon.language
        found = passages_of(alignment, lexicon=lexicon) if is_read else None
        if found is not None:
            yield Pair(
                label["service"],
                found.title,
                label["material"],
                frozenset(change["kind"] for change in label["changes"]),
                found.units,
                _named(found.units, label["changes"]),
                found.extent,
                alignment,
            )


def _named(units: tuple[Unit, ...], changes: list[dict[str, Any]]) -> tuple[frozenset[str], ...]:
    """Which units each label quotes."""
    kinds: list[set[str]] = [set() for _ in units]
    for change in changes:
        shares = [_overlap(unit, change) for unit in units]
        best = max(shares, default=0.0)
        for at, share in enumerate(shares):
            if share >= SAME_FROM and share >= NEAR_BEST * best:
                kinds[at].add(str(Kind(change["kind"])))
    return tuple(map(frozenset, kinds))


def _overlap(unit: Unit, change: dict[str, Any]) -> float:
    best = 0.0
    for piece, quote in ((unit.before, change["before"]), (unit.after, change["after"])):
        if piece is not None and quote:
            said, stands = _runs(keys_of(TARGET.sub("] ", quote))), _runs(piece.sentence.keys)
            shared = len(said & stands)
            best = max(best, shared / len(said) if said else 0.0)
            if len(piece.sentence.keys) >= SHORTEST:
                best = max(best, shared / len(stands))
    return best


def _runs(keys: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(zip(keys, keys[1:], keys[2:], strict=False)) or frozenset({keys} if keys else ())
