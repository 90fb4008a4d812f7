"""The tables of sentence pairs under tests/data/findings: every rule, what must stay quiet, and who gains."""

import json
from pathlib import Path
from typing import Any

import pytest

from clausewatch.model import Kind
from differ.findings.difference import difference_of
from differ.findings.kinds import fired_rules
from differ.findings.rules import Lexicon, lexicon_of

from .policies import alignment_of, compare

DATA = Path(__file__).parents[2] / "data" / "findings"


def english() -> Lexicon:
    lexicon = lexicon_of("en")
    assert lexicon is not None
    return lexicon


LEXICON = english()


def rows(name: str) -> list[Any]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [pytest.param(row, id=row.get("rule") or row["why"]) for row in map(json.loads, lines)]


@pytest.mark.parametrize("row", rows("rules.jsonl"))
def test_a_rule_speaks_of_its_pair_and_the_kind_is_found(row: dict[str, str]) -> None:
    title = row.get("title", "Privacy Policy")
    texts = [f"## {row['section']}\n\n{row[side]}" for side in ("before", "after")]
    alignment = alignment_of(*texts, title=title)
    units = difference_of(alignment, lexicon=LEXICON).units
    pieces = [piece for unit in units for piece in unit.pieces if piece.changed]
    fired = {rule.id for piece in pieces for rule, _ in fired_rules(piece, lexicon=LEXICON, title=title)}
    findings = compare(*texts, title=title).findings
    assert row["rule"] in fired | {finding.rule for finding in findings}
    assert Kind(row["rule"].partition(".")[0]) in {finding.kind for finding in findings}


def test_every_rule_with_a_pattern_has_a_row() -> None:
    tested = {param.values[0]["rule"] for param in rows("rules.jsonl")}
    assert tested == {rule.id for rule in LEXICON.rules if rule.weight > 0}


@pytest.mark.parametrize("row", rows("quiet.jsonl"))
def test_what_says_the_same_is_quiet(row: dict[str, str]) -> None:
    assert compare(row["before"], row["after"]).findings == ()


@pytest.mark.parametrize("row", rows("cases.jsonl"))
def test_direction_effect_and_subject_are_read(row: dict[str, str]) -> None:
    findings = compare(row["before"], row["after"]).findings
    found = [finding for finding in findings if finding.kind == row["kind"]]
    assert found, [finding.kind for finding in findings]
    assert (found[0].direction, found[0].effect) == (row["direction"], row["effect"])
    assert row["subject"] in found[0].subject
