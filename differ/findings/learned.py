"""What was learned from labelled texts, beside the rules: the clause model and the judge of a language. Benchmarks hand
in others, learned without the vendors that they measure on."""

from __future__ import annotations

from dataclasses import dataclass

from .clause import ClauseModel, clause_model_of
from .judge import Judge, judge_of


@dataclass(frozen=True)
class Learned:
    """None where a language has no labelled texts: the rules then decide alone."""

    model: ClauseModel | None
    judge: Judge | None


def learned_of(language: str) -> Learned:
    """What is shipped for a language."""
    return Learned(clause_model_of(language), judge_of(language))
