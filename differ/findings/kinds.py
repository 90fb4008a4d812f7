"""Which kinds of finding a unit is: rules of the lexicon on its changed words, its sentence and what stands over it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clausewatch.model import Kind, Severity

from .clause import clause_model_of, features_of
from .parties import new_parties
from .rules import KindRule, Lexicon
from .units import Piece, Unit

SCORE_FROM = 2.2
"""Under this score a sentence is about nothing that matters (highest kind F1 on the vendors that were looked at)."""

NEXT_FROM = 0.8
"""A second kind of the same sentence needs this share of the best score."""

SUPPORT = 0.3
"""Further rules of a kind that agree add this share of their weight."""

ONE_WORD = 0.75
"""One word of content says less than many: factor on rules that take any changed word."""

HEADING = 0.5
"""A heading announces what its section says: factor on all scores."""

CONTRACT = 0.7
"""Factor on all kinds but terms for a sentence of a contract that does not name personal data."""

PARTY = "party"
"""Stands in a rule that fires on recipients named newly."""

CLAUSE = 3.0
"""What a sure word of the clause model weighs beside the rules (the same)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A kind, how strongly the rules speak for it, and the strongest of them with the piece that it fired on."""

    kind: Kind
    score: float
    rule: KindRule
    piece: Piece
    match: tuple[int, int]  # of the rule's changed pattern, as offsets in the sentence
    severity: Severity | None  # the gravest that a fired rule of the kind asks for


def kinds_of(unit: Unit, *, lexicon: Lexicon, title: str) -> tuple[Verdict, ...]:
    """The kinds of a unit, the strongest first; none where no rule speaks loud enough."""
    best: dict[Kind, Verdict] = {}
    for piece in unit.pieces:
        if not piece.changed:
            continue
        for verdict in _verdicts(piece, lexicon=lexicon, title=title):
            if verdict.kind not in best or verdict.score > best[verdict.kind].score:
                best[verdict.kind] = verdict
    for verdict in _turns(unit, lexicon=lexicon):
        if verdict.kind not in best or verdict.score > best[verdict.kind].score:
            best[verdict.kind] = verdict
    ranked = sorted(best.values(), key=lambda verdict: (-verdict.score, verdict.kind))
    if not ranked or ranked[0].score < SCORE_FROM:
        return ()
    least = max(SCORE_FROM, NEXT_FROM * ranked[0].score)
    return tuple(verdict for verdict in ranked if verdict.score >= least)


def _verdicts(piece: Piece, *, lexicon: Lexicon, title: str) -> Iterator[Verdict]:
    fired = fired_rules(piece, lexicon=lexicon, title=title)
    model = clause_model_of(lexicon.language)
    ids = (rule.id for rule, _ in fired)
    shares = model.shares(features_of(piece, fired=ids, lexicon=lexicon, title=title)) if model else {}
    has_one_word = len({lexicon.meaning(key) for key in piece.changed_keys} - {""}) <= 1
    hits: dict[Kind, list[tuple[float, KindRule, tuple[int, int]]]] = {}
    for rule, match in fired:
        weight = rule.weight * (ONE_WORD if has_one_word and rule.takes_any_word else 1.0)
        hits.setdefault(rule.kind, []).append((weight, rule, match))
    factor = _quieted(piece, lexicon)
    contract = _contract_factor(piece, lexicon=lexicon, title=title)
    for kind, speaking in hits.items():
        speaking.sort(key=lambda hit: (-hit[0], hit[1].id))
        ruled = speaking[0][0] + SUPPORT * sum(hit[0] for hit in speaking[1:])
        score = factor * (ruled * (1.0 if kind is Kind.TERMS else contract) + CLAUSE * shares.get(kind, 0.0))
        asked = [hit[1].severity for hit in speaking if hit[1].severity]
        gravest = max(asked, key=lambda severity: severity.rank, default=None)
        yield Verdict(kind, score, speaking[0][1], piece, speaking[0][2], gravest)


def _turns(unit: Unit, *, lexicon: Lexicon) -> Iterator[Verdict]:
    """The rules on what a sentence was and what it becomes."""
    if unit.before is None or unit.after is None:
        return
    old, new = unit.before.sentence.text, unit.after.sentence.text
    for rule in lexicon.rules:
        if rule.was is None or rule.becomes is None or rule.was.search(new) or rule.becomes.search(old):
            continue
        match = rule.becomes.search(new)
        if match and rule.was.search(old):
            yield Verdict(rule.kind, rule.weight, rule, unit.after, match.span(), rule.severity)


def fired_rules(piece: Piece, *, lexicon: Lexicon, title: str) -> list[tuple[KindRule, tuple[int, int]]]:
    """The rules that speak of a piece, each with the words that it fired on."""
    matches = ((rule, _fires(rule, piece, lexicon=lexicon, title=title)) for rule in lexicon.rules)
    return [(rule, match) for rule, match in matches if match]


def _fires(rule: KindRule, piece: Piece, *, lexicon: Lexicon, title: str) -> tuple[int, int] | None:
    text = piece.sentence.text
    if rule.names == PARTY:
        parties = new_parties(piece, lexicon=lexicon)
        return (parties[0].start, parties[-1].end) if parties else None
    if rule.was or (rule.is_listed and not piece.context.is_listed):
        return None
    if rule.needs_new_name and not _names(piece):
        return None
    if rule.title and not rule.title.search(title):
        return None
    if rule.context and not rule.context.search(piece.context.text):
        return None
    if rule.sentence and not rule.sentence.search(text):
        return None
    if rule.unless and rule.unless.search(text):
        return None
    return piece.spans[0] if rule.changed is None else _touching(rule.changed, piece)


def _names(piece: Piece) -> bool:
    """Whether a word that is new to the text is a name: capitalised, and not because a sentence begins."""
    first = piece.sentence.words[0]
    return any(
        word.key in piece.novel and word is not first and piece.sentence.text[word.start].isupper()
        for word in piece.changed_words
    )


def _touching(pattern: re.Pattern[str], piece: Piece) -> tuple[int, int] | None:
    """The first match that overlaps a changed word."""
    for match in pattern.finditer(piece.sentence.text):
        start, end = match.span()
        if any(start < word.end and word.start < end for word in piece.changed_words):
            return start, end
    return None


def _quieted(piece: Piece, lexicon: Lexicon) -> float:
    factor = HEADING if piece.context.is_heading else 1.0
    for _, pattern, weight in lexicon.quiet:
        if pattern.search(piece.sentence.text):
            factor *= weight
    return factor


def _contract_factor(piece: Piece, *, lexicon: Lexicon, title: str) -> float:
    """In a contract a sentence that does not speak of personal data is hardly about anything but the contract."""
    if not lexicon.is_contract(title):
        return 1.0
    return 1.0 if lexicon.patterns["personal"].search(piece.sentence.text) else CONTRACT
