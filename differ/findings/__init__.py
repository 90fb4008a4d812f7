"""Findings: what changed in meaning between two versions, of which kind, who gains, with the words that prove it.

``find`` is the only way in. Rules and word lists are data (``lexicon/LANGUAGE.toml``); docs/findings.md explains them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from clausewatch.model import Alignment, Direction, Finding, Kind

from .artefact import (
    OTHER_LINES,
    fragments,
    gate,
    is_broken_otherwise,
    is_of_capture,
    is_said_anew,
    rewrapped,
    surroundings,
)
from .difference import difference_of
from .judge import Extent, extent_of
from .kinds import Verdict, kinds_of
from .learned import Learned, learned_of
from .losses import Loss, loss_of
from .rules import Lexicon, lexicon_of
from .severity import direction_of, effect_of, severity_of
from .standing import Told, standing
from .subject import is_exact, quote_of, subject_of, words_of
from .units import Difference, Unit
from .wording import sentence_of, summary_of, unclassified_summary

__all__ = ["Passages", "Result", "find", "passages_of"]

MOST_SURE, SURE_AT_NONE, SURE_PER_CHANCE = 0.95, 0.5, 0.47  # what was measured; set by eye
SURE_STEPS = 20  # of confidence between none and one: finer ones would say more than was measured

DEFAULT_LANGUAGE = "en"  # of a text too short to tell


@dataclass(frozen=True, slots=True)
class Result:
    """The findings of a comparison, its summary, and whether the difference comes from the capture."""

    findings: tuple[Finding, ...]
    summary: str
    artefact: bool
    artefact_reason: str | None
    classified: bool = True  # False: the language has no lexicon


def find(
    alignment: Alignment,
    *,
    vendor_name: str | None = None,
    have_bodies_differed: bool = False,
    learned: Learned | None = None,
) -> Result:
    """The material changes of an alignment, in the order of the text. Same input, same output; no input or output.

    ``have_bodies_differed`` says that the bytes behind two equal texts were not the same: then what differs is an
    artefact, and the result says so. ``learned`` stands in for what is shipped.
    """
    language = alignment.after.language or alignment.before.language or DEFAULT_LANGUAGE
    lexicon = lexicon_of(language)
    if lexicon is None:
        summary = summary_of(()) if alignment.before.key == alignment.after.key else unclassified_summary(language)
        return Result((), summary, False, None, classified=False)
    difference = difference_of(alignment, lexicon=lexicon)
    if alignment.after.language is None and not lexicon.reads(difference.after.keys):
        return Result((), unclassified_summary(None), False, None, classified=False)
    reason = gate(alignment, difference)
    if reason:
        return Result((), f"No change of the vendor's: {reason}.", True, reason)
    loss = loss_of(alignment)
    passages = _passages(alignment, difference, loss)
    told = standing(_verdicts(passages, learned=learned or learned_of(lexicon.language), lexicon=lexicon))
    rewritten = _rewritten(told)
    findings = _once(
        _finding(unit, verdict, rewritten=rewritten, lexicon=lexicon, vendor_name=vendor_name)
        for unit, verdict in _precise(told, alignment, lexicon=lexicon)
    )
    around = surroundings(alignment, difference, lexicon=lexicon, have_bodies_differed=have_bodies_differed)
    reason = loss.what if loss else OTHER_LINES if passages.are_in_other_lines else around
    if not findings:
        reason = reason or fragments(difference, lexicon=lexicon)
    return Result(findings, summary_of(findings), reason is not None, reason)


@dataclass(frozen=True, slots=True)
class Passages:
    """What there is to judge between two versions."""

    units: tuple[Unit, ...]  # not of the capture
    title: str
    extent: Extent
    are_in_other_lines: bool = False


def passages_of(alignment: Alignment, *, lexicon: Lexicon) -> Passages | None:
    """What ``find`` judges, for the scripts that make its weights; None where the gate holds all of it back."""
    difference = difference_of(alignment, lexicon=lexicon)
    return None if gate(alignment, difference) else _passages(alignment, difference, loss_of(alignment))


def _passages(alignment: Alignment, difference: Difference, loss: Loss | None) -> Passages:
    lines = rewrapped(difference)
    units = tuple(
        unit for unit in difference.units if not is_of_capture(unit, difference, loss=loss, in_other_lines=lines)
    )
    are_in_other_lines = is_broken_otherwise(difference)
    if are_in_other_lines:
        units = tuple(unit for unit in units if is_said_anew(unit, difference))
    return Passages(units, _title(alignment), extent_of(difference, len(units)), are_in_other_lines)


def _verdicts(passages: Passages, *, learned: Learned, lexicon: Lexicon) -> list[Told]:
    return [
        (unit, verdict)
        for unit in passages.units
        for verdict in kinds_of(unit, lexicon=lexicon, title=passages.title, extent=passages.extent, learned=learned)
    ]


Place = tuple[Kind, str]
"""A kind and the heading that a sentence stands under."""


def _rewritten(told: Sequence[Told]) -> frozenset[Place]:
    """Where sentences of a kind went and others came under one heading: what was said there is said otherwise."""
    went = {_place(unit, verdict) for unit, verdict in told if unit.after is None and unit.main.context.section}
    came = {_place(unit, verdict) for unit, verdict in told if unit.before is None and unit.main.context.section}
    return frozenset(went & came)


def _place(unit: Unit, verdict: Verdict) -> Place:
    return verdict.kind, " / ".join(unit.main.context.section[-1:])


def _precise(told: Sequence[Told], alignment: Alignment, *, lexicon: Lexicon) -> list[Told]:
    """Without what is said vaguely of a block where something else of the same kind names a thing or gives values."""
    partners = {c.before: c.after for c in alignment.blocks if c.before is not None and c.after is not None}

    def passage(unit: Unit, kind: Kind) -> tuple[Kind, bool, int]:
        if unit.after is not None:
            return kind, True, unit.after.sentence.block
        block = unit.main.sentence.block
        return kind, block in partners, partners.get(block, block)

    precise = {passage(unit, verdict.kind) for unit, verdict in told if is_exact(unit, verdict.kind, lexicon=lexicon)}
    return [
        (unit, verdict)
        for unit, verdict in told
        if not verdict.rule.is_vague
        or is_exact(unit, verdict.kind, lexicon=lexicon)
        or passage(unit, verdict.kind) not in precise
    ]


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings that say the same of the same thing count once: a page may repeat itself under many headings."""
    first: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        said = words_of(finding.subject, finding.section).casefold()
        first.setdefault((finding.kind, finding.direction, said), finding)
    return tuple(first.values())


def _title(alignment: Alignment) -> str:
    first = alignment.after.blocks[0].text if alignment.after.blocks else ""
    return f"{alignment.after.title or ''} / {first[:120]}"


def _confidence(verdict: Verdict) -> float:
    """How often a finding of such a chance is right, a straight line through what was measured."""
    sure = min(MOST_SURE, SURE_AT_NONE + SURE_PER_CHANCE * verdict.chance)
    return round(sure * SURE_STEPS) / SURE_STEPS


def _finding(
    unit: Unit, verdict: Verdict, *, rewritten: frozenset[Place], lexicon: Lexicon, vendor_name: str | None
) -> Finding:
    effect = effect_of(unit, verdict, lexicon=lexicon)
    finding = Finding(
        kind=verdict.kind,
        direction=(
            Direction.CHANGED if _place(unit, verdict) in rewritten else direction_of(unit, verdict, lexicon=lexicon)
        ),
        effect=effect,
        subject=subject_of(unit, verdict, lexicon=lexicon),
        severity=severity_of(unit, verdict, effect, lexicon=lexicon),
        confidence=_confidence(verdict),
        section=unit.main.context.section,
        sentence="",
        rule=verdict.rule.id,
        before=quote_of(unit.before, verdict, lexicon=lexicon),
        after=quote_of(unit.after, verdict, lexicon=lexicon),
    )
    return replace(finding, sentence=sentence_of(finding, vendor_name=vendor_name, lexicon=lexicon))
