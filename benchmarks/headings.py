"""What the headings of policies say that their sections are about: labels that nobody had to give. A word that stands
under headings on retention speaks of retention a little, though no labelled clause holds it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from sys import intern

import numpy as np

from benchmarks.logistic import Array
from clausewatch.model import Kind
from differ.findings.clause import order_of, plain
from differ.findings.rules import Lexicon

MOST_KINDS = 2  # that one heading announces
MOST_OF_VENDOR = 400  # sentences of one vendor that count in full; more of them share that weight
SMOOTHED = 4.0  # sentences of each kind that every feature is taken to have been seen in
LENGTH = 0.25  # of the scores, by their root mean square, so that they weigh as much as a word
USED_BY = 8  # vendors that use a feature, from which its place under headings says something

ANNOUNCES = {
    Kind.CHILDREN: r"\bchild|minors?\b|under (?:the age|1[368])|kids|parents|\bage\b",
    Kind.RETENTION: r"retention|retain|how long|keep (?:your|it|data|information|personal)|storage period|"
    r"stor(?:e|ing|age) (?:of )?(?:your|personal|data)|deletion of",
    Kind.TRANSFER: r"transfer|international|cross.?border|outside (?:of )?(?:the )?(?:eea|eu|uk|your)|"
    r"where (?:do )?(?:we|is|your).*(?:stor|process)|data privacy framework|privacy shield|location of",
    Kind.LEGAL_BASIS: r"legal (?:bas|ground)|lawful|basis for",
    Kind.AUTOMATION: r"automated|profiling|artificial|machine learning|\bai\b|generative|algorithm",
    Kind.SECURITY: r"secur|protect(?:ion)? (?:of )?(?:your|personal|data|information)|how (?:do )?we protect|"
    r"safeguard|breach",
    Kind.TRACKING: r"cookie|tracking|pixel|beacon|similar technolog|do not track|analytics|web storage|log files",
    Kind.CHOICE: r"choice|opt.?out|opt.?in|preferences|unsubscrib|marketing communications|consent|settings|"
    r"control(?:s|ling)? (?:your|over)|manag(?:e|ing)",
    Kind.RIGHTS: r"right|access(?:ing)?,? |correct|request|complain|ccpa|california|gdpr|data subject|exercise|"
    r"updat(?:e|ing) your",
    Kind.NOTICE: r"changes? (?:to|in|of) (?:this|our|the)|updates? (?:to|of) (?:this|our|the)|amendment|modif|"
    r"revision|policy changes|\bchanges\b",
    Kind.RECIPIENT: r"shar|disclos|recipient|third.part|who (?:do )?(?:we|has|can|receive)|sub-?processors?|"
    r"service providers|vendors|with whom|sale of|sell",
    Kind.CONTROLLER: r"contact|controller|who (?:are )?we|about us|data protection officer|responsible|"
    r"representative|get in touch|questions",
    Kind.PURPOSE: r"(?:how|why) (?:do )?(?:we|and).*\b(?:use|process)|purpose|use of|we use|processing|"
    r"uses? (?:of )?(?:your|the|personal|information|data)",
    Kind.DATA: r"collect|(?:information|data) (?:that )?(?:you|we)|what (?:data|information|personal)|categories|"
    r"types of|personal (?:data|information)|you (?:provide|give)|sources",
    Kind.SCOPE: r"scope|applicab|applies|introduction|this policy|about this|cover|overview|general",
    Kind.TERMS: r"liab|warrant|terminat|arbitrat|dispute|indemn|fees|payment|subscription|licen[cs]e|intellectual|"
    r"governing|conduct|acceptable|prohibited|refund|terms|content|account|miscellaneous",
}
_ANNOUNCES = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in ANNOUNCES.items()}


@dataclass(frozen=True)
class Placed:
    """A sentence and the kinds that the nearest heading that speaks announces."""

    vendor: str
    words: tuple[str, ...]
    features: tuple[str, ...]
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class Heard:
    """For each feature a row: by how much likelier it stands under the headings of each kind than elsewhere."""

    index: dict[str, int]
    rows: Array

    def sum_of(self, features: Iterable[str]) -> Array:
        """The sum over the known ones."""
        known = [self.index[feature] for feature in sorted(features) if feature in self.index]
        found: Array = self.rows[known].sum(0)
        return found


def kinds_under(section: Sequence[str]) -> tuple[Kind, ...]:
    """What the lowest heading announces, or the one over it where that says nothing known."""
    for heading in reversed(section[-2:]):
        found = [kind for kind, pattern in _ANNOUNCES.items() if pattern.search(heading)]
        if found:
            return tuple(found[:MOST_KINDS])
    return ()


def placed(vendor: str, keys: Sequence[str], kinds: tuple[Kind, ...], *, lexicon: Lexicon) -> Placed:
    """A sentence as features: its words alone and in twos, its families and their order."""
    words = tuple(intern(plain(key)) for key in keys)
    features = {f"w:{word}" for word in words} | {f"b:{left} {right}" for left, right in pairwise(words)}
    return Placed(vendor, words, tuple(map(intern, sorted(features | order_of(keys, lexicon)))), kinds)


def heard_of(sentences: Sequence[Placed], vocabulary: Sequence[str]) -> Heard:
    """The logarithm of how much likelier each feature is under the headings of a kind, by counting."""
    index = {feature: at for at, feature in enumerate(vocabulary)}
    kinds = {kind: at for at, kind in enumerate(Kind)}
    many = Counter(sentence.vendor for sentence in sentences)
    under = np.zeros((len(index), len(kinds)), dtype=np.float32)
    every, of_kinds = np.zeros(len(index), dtype=np.float32), np.zeros(len(kinds), dtype=np.float32)
    for sentence in sentences:
        weight = min(1.0, MOST_OF_VENDOR / many[sentence.vendor])
        known = [index[feature] for feature in sentence.features if feature in index]
        columns = [kinds[kind] for kind in sentence.kinds]
        under[np.ix_(known, columns)] += weight
        every[known] += weight
        of_kinds[columns] += weight
    total = sum(min(many[vendor], MOST_OF_VENDOR) for vendor in many) or 1
    within = (under + SMOOTHED * of_kinds / total) / (of_kinds + SMOOTHED)
    without = (every[:, None] - under + SMOOTHED * (1 - of_kinds / total)) / (total - of_kinds + SMOOTHED)
    scores = np.log(np.maximum(within, 1e-9) / np.maximum(without, 1e-9))
    size = float(np.sqrt((scores**2).mean())) if scores.size else 1.0
    sized: Array = (LENGTH * scores / max(size, 1e-9)).astype(np.float32)
    return Heard(index, sized)
