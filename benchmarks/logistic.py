"""Logistic regression for the scripts that make weights: many outputs at once, full batches, no chance in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

MEMORY = 8  # steps that the search for the next direction remembers
SHORTEST = 1e-9  # step under which the search ends
ENOUGH = 1e-4  # share of the promised descent that a step must bring


def fit(rows: Array, wanted: Array, *, spread: float, says: Array, steps: int = 80) -> tuple[Array, Array]:
    """Weights (columns x outputs) and biases. ``spread`` is the variance that weights are expected to have, ``says``
    how much each row counts."""
    columns, outputs = rows.shape[1], wanted.shape[1]
    weigh = says.reshape(-1, 1)

    def loss(point: Array) -> tuple[float, Array]:
        weights, biases = point[:-outputs].reshape(columns, outputs), point[-outputs:]
        sums = rows @ weights + biases
        error = weigh * (1 / (1 + np.exp(-np.clip(sums, -30, 30))) - wanted)
        lost = float((weigh * (np.logaddexp(0, sums) - wanted * sums)).sum() + (weights**2).sum() / (2 * spread))
        slope = rows.T @ error + weights / spread
        return lost, np.concatenate([slope.ravel(), error.sum(0)]).astype(np.float32)

    point = descend(loss, np.zeros(columns * outputs + outputs, dtype=np.float32), steps=steps)
    return point[:-outputs].reshape(columns, outputs), point[-outputs:]


def descend(loss: Callable[[Array], tuple[float, Array]], point: Array, *, steps: int) -> Array:
    """The limited-memory BFGS method with halved steps."""
    past: deque[tuple[Array, Array]] = deque(maxlen=MEMORY)
    lost, slope = loss(point)
    for _ in range(steps):
        way = -_curved(slope, past)
        promised = float(way @ slope)
        length = 1.0 if past else 1.0 / max(1.0, float(np.linalg.norm(slope)))
        while True:
            moved = (point + length * way).astype(np.float32)
            now, after = loss(moved)
            if now <= lost + ENOUGH * length * promised or length < SHORTEST:
                break
            length /= 2
        if length < SHORTEST:
            break
        step, change = moved - point, after - slope
        if float(step @ change) > 0:
            past.append((step, change))
        point, lost, slope = moved, now, after
    return point


def _curved(slope: Array, past: deque[tuple[Array, Array]]) -> Any:
    """The slope as the curvature seen in past steps bends it."""
    bent, shares = slope.astype(np.float64), []
    for step, change in reversed(past):
        share = float(step @ bent) / float(step @ change)
        bent = bent - share * change
        shares.append(share)
    if past:
        step, change = past[-1]
        bent = bent * (float(step @ change) / float(change @ change))
    for (step, change), share in zip(past, reversed(shares), strict=True):
        bent = bent + (share - float(change @ bent) / float(step @ change)) * step
    return bent
