"""Who gains by a finding, and how much it matters to a reader."""

from __future__ import annotations

from collections.abc import Iterator

from clausewatch.model import Direction, Effect, Kind, Severity

from .kinds import Verdict, gravest
from .rules import Lexicon
from .subject import named_in
from .units import Piece, Unit
from .values import ages_of, periods_of

_GRANTS = frozenset({Kind.RIGHTS, Kind.CHOICE, Kind.SECURITY, Kind.NOTICE, Kind.CHILDREN})
"""Kinds whose sentences usually promise the reader something."""

_LISTS = frozenset({Kind.DATA, Kind.RECIPIENT})
"""Kinds whose sentences enumerate."""

_OPEN = frozenset({Kind.SCOPE, Kind.CONTROLLER, Kind.LEGAL_BASIS, Kind.TRANSFER})
"""Kinds whose sentences do not say who gains."""

MECHANISM = "transfer.mechanism"
"""The rule whose words name mechanisms for transfers."""

DESTINATION = Severity.HIGH
"""Of a country that data newly goes to."""

_BASE = {
    Kind.AUTOMATION: Severity.HIGH, Kind.CHILDREN: Severity.HIGH, Kind.RIGHTS: Severity.HIGH,
    Kind.TRANSFER: Severity.MEDIUM, Kind.RETENTION: Severity.HIGH, Kind.RECIPIENT: Severity.MEDIUM,
    Kind.CHOICE: Severity.MEDIUM, Kind.SECURITY: Severity.MEDIUM, Kind.PURPOSE: Severity.MEDIUM,
    Kind.TERMS: Severity.MEDIUM, Kind.CONTROLLER: Severity.MEDIUM, Kind.DATA: Severity.LOW,
    Kind.LEGAL_BASIS: Severity.LOW, Kind.TRACKING: Severity.LOW, Kind.NOTICE: Severity.LOW, Kind.SCOPE: Severity.LOW,
}  # fmt: skip


def direction_of(unit: Unit, verdict: Verdict, *, lexicon: Lexicon) -> Direction:
    """Where a sentence of a kind that lists things only gained words, a thing is added; where it lost some, removed."""
    if unit.is_turned:
        return unit.direction
    if verdict.kind is Kind.TRANSFER and unit.before and unit.after:
        went, came = (named_in(piece, verdict.kind, lexicon=lexicon) for piece in (unit.before, unit.after))
        if bool(went) != bool(came):
            return Direction.ADDED if came else Direction.REMOVED
    if verdict.kind not in _LISTS:
        return unit.direction
    if unit.is_insertion:
        return Direction.ADDED
    return Direction.REMOVED if unit.is_deletion else unit.direction


def effect_of(unit: Unit, verdict: Verdict, *, lexicon: Lexicon) -> Effect:
    """Who gains, read from what was said of the kind and whether it came or went."""
    kind = verdict.kind
    if verdict.rule.effect:
        return verdict.rule.effect
    if unit.before and unit.after:
        compared = _compare_values(unit.before, unit.after, kind=kind)
        if compared is not None:
            return compared
    if kind in _OPEN:
        return Effect.UNCLEAR
    came = unit.direction is Direction.ADDED or unit.is_insertion
    went = unit.direction is Direction.REMOVED or unit.is_deletion
    if kind is Kind.TERMS:
        return Effect.UNCLEAR if went else Effect.EXPANDS
    if not came and not went:
        return Effect.UNCLEAR if kind in _GRANTS else Effect.EXPANDS
    effect = _stance(verdict.piece, kind=kind, lexicon=lexicon)
    return effect if came else _opposite(effect)


def _stance(piece: Piece, *, kind: Kind, lexicon: Lexicon) -> Effect:
    """Who gains by the sentence standing there."""
    text = piece.sentence.text
    patterns = lexicon.patterns
    if kind is Kind.RETENTION and patterns["deletes"].search(text):
        return Effect.LIMITS
    if kind in _GRANTS:
        return Effect.EXPANDS if patterns["refuses"].search(text) else Effect.LIMITS
    return Effect.LIMITS if patterns["limits"].search(text) else Effect.EXPANDS


def _opposite(effect: Effect) -> Effect:
    return {Effect.EXPANDS: Effect.LIMITS, Effect.LIMITS: Effect.EXPANDS}.get(effect, effect)


def _compare_values(before: Piece, after: Piece, *, kind: Kind) -> Effect | None:
    """Longer keeping, longer answering and a lower age are to the vendor's good; None where no value changed."""
    if kind is Kind.CHILDREN:
        old, new = (max((age.years for age in ages_of(p.sentence.text)), default=0) for p in (before, after))
        if old and new and old != new:
            return Effect.EXPANDS if new < old else Effect.LIMITS
        return None
    if kind not in (Kind.RETENTION, Kind.RIGHTS):
        return None
    was, now = (max((period.days for period in periods_of(p.sentence.text)), default=0.0) for p in (before, after))
    if was and now and was != now:
        return Effect.EXPANDS if now > was else Effect.LIMITS
    return None


def severity_of(unit: Unit, verdict: Verdict, effect: Effect, *, lexicon: Lexicon) -> Severity:
    """The gravest of the rules that fired, or that of the kind, or what its words make it; a right that is lost weighs
    a step more, what limits the vendor a step less, and so does a country whose sentence names the mechanism that
    guards what goes there."""
    severity = max(_said(unit, verdict, lexicon=lexicon), key=lambda each: each.rank)
    steps = list(Severity)
    if effect is Effect.LIMITS or (_is_destination(unit, verdict, lexicon=lexicon) and _is_guarded(unit, lexicon)):
        return steps[max(0, severity.rank - 1)]
    if verdict.kind is Kind.RIGHTS and unit.direction is Direction.REMOVED and effect is Effect.EXPANDS:
        return steps[min(len(steps) - 1, severity.rank + 1)]
    return severity


def _said(unit: Unit, verdict: Verdict, *, lexicon: Lexicon) -> Iterator[Severity]:
    """What the rules or the kind, a new country, and the changed words make of a finding: a sale is one by whatever
    rule it was found."""
    yield verdict.severity or _BASE[verdict.kind]
    if _is_destination(unit, verdict, lexicon=lexicon):
        yield DESTINATION
    yield from gravest(verdict, lexicon=lexicon)


def _is_destination(unit: Unit, verdict: Verdict, *, lexicon: Lexicon) -> bool:
    """Whether data newly goes to a country."""
    return verdict.kind is Kind.TRANSFER and bool(named_in(unit.after, verdict.kind, lexicon=lexicon))


def _is_guarded(unit: Unit, lexicon: Lexicon) -> bool:
    """Whether the sentence that brought a country says by which mechanism data is moved there."""
    rule = next((rule for rule in lexicon.rules if rule.id == MECHANISM), None)
    return bool(unit.after and rule and rule.changed and rule.changed.search(unit.after.sentence.text))
