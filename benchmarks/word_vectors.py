"""Which words stand in the same places, learned from policies without labels: a word that no labelled clause holds
takes weight from its neighbours. Only the weights are shipped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.logistic import Array

REACH = 5  # words to either side that count as company
DIMENSIONS = 150
COMMONER = 0.75  # power on how often a word is company, so that rare company counts less
EXTRA, ROUNDS, SEED = 30, 4, 7  # of the search for the largest directions


@dataclass(frozen=True)
class Vectors:
    """A direction of length one for each word."""

    index: dict[str, int]
    rows: Array

    def sum_of(self, words: Iterable[str]) -> Array:
        """The sum over the known ones of the words."""
        known = [self.index[word] for word in words if word in self.index]
        found: Array = self.rows[known].sum(0)
        return found


def vectors_of(sentences: Sequence[Sequence[str]], vocabulary: Iterable[str]) -> Vectors:
    """Vectors by the company that words keep: singular directions of how much more often than by chance two meet."""
    index = {word: at for at, word in enumerate(sorted(vocabulary))}
    meetings: dict[tuple[int, int], float] = defaultdict(float)
    for sentence in sentences:
        known = [index.get(word, -1) for word in sentence]
        for at, left in enumerate(known):
            for apart, right in enumerate(known[at + 1 : at + 1 + REACH], 1):
                if left >= 0 and right >= 0:
                    meetings[left, right] += 1 / apart
                    meetings[right, left] += 1 / apart
    table = np.zeros((len(index), len(index)), dtype=np.float32)
    for (left, right), times in meetings.items():
        table[left, right] = times
    return Vectors(index, _directions(_surprises(table), min(DIMENSIONS, len(index))))


def _surprises(table: Array) -> Array:
    """For each two words the logarithm of how much more often they meet than by chance, nothing where less often."""
    often = table.sum(1)
    company = often**COMMONER
    company *= often.sum() / max(float(company.sum()), 1e-9)
    expected = np.outer(often, company) / max(float(often.sum()), 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(table / expected)
    surprises: Array = np.where(np.isfinite(found) & (found > 0), found, 0).astype(np.float32)
    return surprises


def _directions(table: Array, count: int) -> Array:
    """The rows by their largest singular directions, each weighted by the root of its size and of length one."""
    chance = np.random.default_rng(SEED)
    seen = table @ chance.standard_normal((table.shape[1], min(count + EXTRA, table.shape[1]))).astype(np.float32)
    for _ in range(ROUNDS):
        seen, _unused = np.linalg.qr(table @ (table.T @ np.linalg.qr(seen)[0]))
    left, sizes, _right = np.linalg.svd(seen.T @ table, full_matrices=False)
    rows = (seen @ left[:, :count]) * np.sqrt(sizes[:count])
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    directions: Array = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return directions
