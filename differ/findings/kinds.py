"""Which kinds of finding a unit is: rules of the lexicon on its changed words, its sentence and what stands over it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from clausewatch.model import Kind, Severity

from .clause import ClauseModel, features_of
from .judge import Extent, Judge, Speaking, merged, signs_of_kinds, signs_of_unit
from .learned import Learned
from .names import countries
from .parties import new_parties
from .places import new_countries
from .rules import KindRule, Lexicon
from .units import Piece, Unit
from .values import ages_of

CHANCE_FROM = 0.15
"""Under this chance a sentence does not speak of a kind, though the kind stand elsewhere in the comparison."""

NEXT_FROM = 0.3
"""A further kind of the same sentence needs this share of the best chance."""

RULED_FROM = 2.2
"""Score of rules from which a kind is found where a language has no judge, and its chance then."""
RULED_CHANCE = 0.5

TURN_CHANCE = 0.6
"""Of a rule on what a sentence was and what it becomes: too rare to be weighed, seldom wrong."""

FACT_CHANCE = 0.35
"""The least chance of a kind where its facts differ: a country that data newly goes to, another age, another number in
an address, a consent that is asked for no more. Short, and yet what matters."""

SUPPORT = 0.3
"""Further rules of a kind that agree add this share of their weight."""

ONE_WORD = 0.75
"""One word of content says less than many: factor on rules that take any changed word."""

HEADING = 0.5
"""A heading announces what its section says: factor on all scores."""

CONTRACT = 0.7
"""Factor on all kinds but terms for a sentence of a contract that does not name personal data."""

ADDRESS = "controller.address"
"""The rule whose words are those of a postal address."""

PARTY = "party"
"""Stands in a rule that fires on recipients named newly."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A kind, how likely it is, and the strongest of its rules with the piece that it fired on."""

    kind: Kind
    chance: float  # that readers would call it so, 0 to 1
    rule: KindRule
    piece: Piece
    match: tuple[int, int]  # of the rule's changed pattern, as offsets in the sentence
    severity: Severity | None  # the gravest that a fired rule of the kind asks for


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fired on a piece, and on which words of it."""

    rule: KindRule
    match: tuple[int, int]
    weight: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What rules and clause model say of a piece."""

    piece: Piece
    hits: Mapping[Kind, Sequence[Hit]]  # the strongest first
    speaking: Mapping[Kind, Speaking]


def kinds_of(unit: Unit, *, lexicon: Lexicon, title: str, extent: Extent, learned: Learned) -> tuple[Verdict, ...]:
    """The kinds of a unit, the likeliest first; none where none is likely enough."""
    heard = [hear(piece, model=learned.model, lexicon=lexicon, title=title) for piece in unit.pieces if piece.changed]
    if not heard:
        return ()
    signs = _signs_of(unit, heard, lexicon=lexicon, title=title, extent=extent)
    chances = _chances(learned.judge, heard, *signs)
    best = {kind: _verdict(kind, heard, chances[kind]) for kind in heard[0].hits}
    for kind in _kinds_of_facts(unit, best, lexicon=lexicon):
        best[kind] = replace(best[kind], chance=max(best[kind].chance, FACT_CHANCE))
    for turn in _turns(unit, lexicon=lexicon):
        best[turn.kind] = turn
    ranked = sorted(best.values(), key=lambda verdict: (-verdict.chance, verdict.kind))
    least = max(CHANCE_FROM, NEXT_FROM * ranked[0].chance)
    return tuple(verdict for verdict in ranked if verdict.chance >= least)


def gravest(verdict: Verdict, *, lexicon: Lexicon) -> Iterator[Severity]:
    """What the changed words make of a finding, whichever rule named its kind: a sale is one by any."""
    text = verdict.piece.sentence.text
    for grave in lexicon.grave:
        if grave.weighs(verdict.kind, text) and touching(grave.changed, verdict.piece):
            yield grave.severity


def _kinds_of_facts(unit: Unit, verdicts: Mapping[Kind, Verdict], *, lexicon: Lexicon) -> Iterator[Kind]:
    """The kinds of which a fact differs between the sides of a unit, or that grave words speak of."""
    for verdict in verdicts.values():
        if verdict.rule.is_fact or (verdict.chance >= CHANCE_FROM and any(gravest(verdict, lexicon=lexicon))):
            yield verdict.kind
    if any(new_countries(piece, lexicon=lexicon) for piece in unit.pieces):
        yield Kind.TRANSFER
    if unit.before and unit.after:
        if unit.is_deletion and _names_only(lexicon.patterns["consent"], unit.before, unit.after):
            yield Kind.CHOICE
        old, new = ([str(age) for age in ages_of(piece.sentence.text)] for piece in (unit.before, unit.after))
        if old and new and old != new:
            yield Kind.CHILDREN
        if _is_other_number(unit.before, unit.after, lexicon=lexicon):
            yield Kind.CONTROLLER


def _names_only(pattern: re.Pattern[str], before: Piece, after: Piece) -> bool:
    """Whether words that went were of a pattern, and none of it stand there now."""
    return touching(pattern, before) is not None and not pattern.search(after.sentence.text)


def _is_other_number(before: Piece, after: Piece, *, lexicon: Lexicon) -> bool:
    """Whether a number alone differs in a postal address."""
    rule = next((rule for rule in lexicon.rules if rule.id == ADDRESS), None)
    is_digits = all(piece.changed and "".join(piece.changed_keys).isdigit() for piece in (before, after))
    return is_digits and bool(rule and rule.changed and touching(rule.changed, after))


def hear(piece: Piece, *, model: ClauseModel | None, lexicon: Lexicon, title: str) -> Heard:
    """Ask the rules and the clause model about one side of a sentence."""
    fired = fired_rules(piece, lexicon=lexicon, title=title)
    ids = (rule.id for rule, _ in fired)
    odds = model.sums(features_of(piece, fired=ids, lexicon=lexicon, title=title)) if model else {}
    has_one_word = len({lexicon.meaning(key) for key in piece.changed_keys} - {""}) <= 1
    hits: dict[Kind, list[Hit]] = {}
    for rule, match in fired:
        weight = rule.weight * (ONE_WORD if has_one_word and rule.takes_any_word else 1.0)
        hits.setdefault(rule.kind, []).append(Hit(rule, match, weight))
    for found in hits.values():
        found.sort(key=lambda hit: (-hit.weight, hit.rule.id))
    return Heard(piece, hits, {kind: _speaking(found, odds.get(kind, 0.0)) for kind, found in hits.items()})


def _speaking(hits: Sequence[Hit], odds: float) -> Speaking:
    ruled = hits[0].weight + SUPPORT * sum(hit.weight for hit in hits[1:])
    named = max((hit.weight for hit in hits if not hit.rule.takes_any_word), default=0.0)
    return Speaking(odds, ruled, named, sum(hit.weight > 0 for hit in hits))


def signs_of(
    unit: Unit, heard: Sequence[Heard], *, lexicon: Lexicon, title: str, extent: Extent
) -> dict[Kind, dict[str, float]]:
    """All that the judge is told of a unit, for each kind."""
    of_unit, of_kinds = _signs_of(unit, heard, lexicon=lexicon, title=title, extent=extent)
    return {kind: of_unit | signs for kind, signs in of_kinds.items()}


def _signs_of(
    unit: Unit, heard: Sequence[Heard], *, lexicon: Lexicon, title: str, extent: Extent
) -> tuple[dict[str, float], dict[Kind, dict[str, float]]]:
    """What the judge is told whatever the kind, and what for each kind."""
    kinds = heard[0].speaking
    of_kinds = signs_of_kinds({kind: merged([each.speaking[kind] for each in heard]) for kind in kinds})
    of_unit = signs_of_unit(unit, extent=extent, lexicon=lexicon)
    of_unit["quiet"] = 1 - min(_quieted(each.piece, lexicon) for each in heard)
    of_unit["contract"] = 1 - _contract_factor(heard[0].piece, lexicon=lexicon, title=title)
    return of_unit, of_kinds


def _chances(
    judge: Judge | None, heard: Sequence[Heard], of_unit: Mapping[str, float], of_kinds: Mapping[Kind, dict[str, float]]
) -> dict[Kind, float]:
    if judge is not None:
        said = judge.sum(of_unit)
        return {kind: judge.chance(kind, signs, said=said) for kind, signs in of_kinds.items()}
    ruled = {kind: max(each.speaking[kind].ruled for each in heard) * (1 - of_unit["quiet"]) for kind in of_kinds}
    return {kind: RULED_CHANCE if score >= RULED_FROM else 0.0 for kind, score in ruled.items()}


def _verdict(kind: Kind, heard: Sequence[Heard], chance: float) -> Verdict:
    """With the side on which the rules speak loudest, the newer one where both are as loud."""
    said = max(reversed(heard), key=lambda each: (each.speaking[kind].ruled, each.speaking[kind].odds))
    hits = said.hits[kind]
    asked = [hit.rule.severity for hit in hits if hit.rule.severity]
    gravest = max(asked, key=lambda severity: severity.rank, default=None)
    return Verdict(kind, chance, hits[0].rule, said.piece, hits[0].match, gravest)


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
            yield Verdict(rule.kind, TURN_CHANCE, rule, unit.after, match.span(), rule.severity)


def fired_rules(piece: Piece, *, lexicon: Lexicon, title: str) -> list[tuple[KindRule, tuple[int, int]]]:
    """The rules that speak of a piece, each with the words that it fired on."""
    context = piece.context
    rules = lexicon.rules_under(context.text, title, context.is_listed)
    matches = ((rule, _fires(rule, piece, lexicon=lexicon)) for rule in rules)
    return [(rule, match) for rule, match in matches if match]


def _fires(rule: KindRule, piece: Piece, *, lexicon: Lexicon) -> tuple[int, int] | None:
    """What a rule that may speak in this place fires on; what fails most often is asked first."""
    text = piece.sentence.text
    if rule.names == PARTY:
        parties = new_parties(piece, lexicon=lexicon)
        return (parties[0].start, parties[-1].end) if parties else None
    match = piece.spans[0] if rule.changed is None else touching(rule.changed, piece)
    if match is None or (rule.sentence and not rule.sentence.search(text)):
        return None
    if (rule.unless and rule.unless.search(text)) or (rule.needs_new_name and not _names(piece, lexicon)):
        return None
    return match


def _names(piece: Piece, lexicon: Lexicon) -> bool:
    """Whether a word that is new to the text is a name: capitalised, not because a sentence begins, and no country."""
    first, text = piece.sentence.words[0], piece.sentence.text
    places = countries(lexicon.language).within(text)
    return any(
        word.key in piece.novel
        and word is not first
        and text[word.start].isupper()
        and not any(place.start <= word.start < place.end for place in places)
        for word in piece.changed_words
    )


def touching(pattern: re.Pattern[str], piece: Piece) -> tuple[int, int] | None:
    """The first match that overlaps a changed word; None where there is none."""
    starts, ends = piece.changed_bounds
    for match in pattern.finditer(piece.sentence.text):
        start, end = match.span()
        first = bisect_right(ends, start)  # of the changed words that end behind the start
        if first < len(starts) and starts[first] < end:
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
