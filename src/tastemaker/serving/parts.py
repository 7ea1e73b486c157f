"""The parts of a candidate's score, each on one scale, and their sum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.serving.ask import Weights
from tastemaker.serving.histories import Asking
from tastemaker.serving.live import Live
from tastemaker.serving.sources import recent
from tastemaker.serving.space import of_rows

Rows = NDArray[np.int32]
Floats = NDArray[np.float64]
CONTENT = ("text", "image", "audio", "video", "attributes")
NEAR = 0.5  # likeness to a disliked item that begins to count
DAY = 86_400.0
MONTH = 30.0


def total(live: Live, asking: Asking, rows: Rows, behaviour: Floats, weights: Weights) -> Floats:
    """Weighted sum over the parts, shape (c,); a part that tells no two candidates apart adds 0.

    Args:
        live: Items.
        asking: Whose taste.
        rows: The candidates, shape (c,).
        behaviour: The model's scores beside them, nan where it has no opinion.
        weights: How much each part counts.
    """
    score = weights.behaviour * standard(behaviour)
    for source in CONTENT:
        weight = getattr(weights, source)
        spaces = live.space.of(source) if weight else []
        for vectors in spaces:
            likeness = of_rows(vectors, rows) @ recent(vectors, asking.liked)
            score += weight / len(spaces) * standard(likeness.astype(np.float64))
    if weights.recency:
        score += weights.recency * standard(freshness(live, rows))
    if weights.trend:
        score += weights.trend * standard(live.pulse.trend(live.n)[rows])
    if weights.actions and live.values is not None:
        score += weights.actions * standard(live.values(live, asking, rows, behaviour))
    return score - weights.dislike * disliked(live, asking, rows)


def freshness(live: Live, rows: Rows) -> Floats:
    """1 as new as the newest of them, half of it a month earlier, shape (c,)."""
    created = live.created()[rows]
    age = (np.nanmax(created, initial=0.0) - np.nan_to_num(created)) / DAY
    return np.asarray(0.5 ** (age / MONTH), np.float64)


def disliked(live: Live, asking: Asking, rows: Rows) -> Floats:
    """0 far from everything disliked, 1 at the very item, shape (c,)."""
    joint = live.space.joint
    against = asking.disliked[asking.disliked < len(joint)]
    if not len(against) or not joint.shape[1]:
        return np.zeros(len(rows))
    likeness = (of_rows(joint, rows) @ joint[against].T).max(axis=1).astype(np.float64)
    return np.asarray(np.clip((likeness - NEAR) / (1 - NEAR), 0, 1), np.float64)


def standard(values: Floats) -> Floats:
    """Mean 0 and deviation 1; no opinion counts as the lowest that there is."""
    known = values[np.isfinite(values)]
    if not len(known):
        return np.zeros(len(values))
    filled = np.where(np.isfinite(values), values, known.min())
    spread = filled.std()
    return (filled - filled.mean()) / spread if spread > 1e-12 else np.zeros(len(values))
