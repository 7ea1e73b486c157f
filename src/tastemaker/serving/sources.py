"""Candidates that do not come from the model: like what was liked last, asked for now, always liked, new."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from tastemaker.core.top import top_k
from tastemaker.serving.histories import Asking
from tastemaker.serving.live import Live

LAST = 20  # liked items that count, the latest most
FADE = 0.85

Rows = NDArray[np.int32]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

COUNTED: Mapping[str, Callable[[Live, int], NDArray[np.float64]]] = {
    "trending": lambda live, n: live.pulse.trend(n),
    "popular": lambda live, n: live.pulse.popular(n),
}


def similar(live: Live, asking: Asking, n: int) -> Floats:
    """Cosine of each item's content to that of what was liked last, shape (n,)."""
    joint = live.space.joint[:n]
    taste, out = recent(joint, asking.liked), np.zeros(n, np.float32)
    if taste.any():
        out[: len(joint)] = joint @ taste
    return out


def recent(vectors: Floats, liked: Rows) -> Floats:
    """Mean of the vectors of what was liked last, each entry counting less than the one after it, shape (d,)."""
    last = liked[liked < len(vectors)][-LAST:][::-1]
    fading = (FADE ** np.arange(len(last))).astype(np.float32)
    taste: Floats = fading @ vectors[last]
    return taste / np.float32(max(float(np.linalg.norm(taste)), 1e-12))


def trending(live: Live, asking: Asking, n: int) -> Floats:
    """What is asked for now."""
    return _scaled(COUNTED["trending"](live, n))


def popular(live: Live, asking: Asking, n: int) -> Floats:
    """What has always been liked."""
    return _scaled(COUNTED["popular"](live, n))


def fresh(live: Live, asking: Asking, n: int) -> Floats:
    """Newest first; items without a date last, in the order in which they came."""
    created = np.nan_to_num(live.created()[:n])
    return _scaled(np.argsort(np.argsort(created, kind="stable"), kind="stable").astype(np.float64) + 1)


OTHERS: Mapping[str, Callable[[Live, Asking, int], Floats]] = {
    "similar": similar,
    "trending": trending,
    "popular": popular,
    "fresh": fresh,
}


def first(live: Live, asking: Asking, source: str, k: int, allowed: Mask) -> tuple[Rows, Floats]:
    """The `k` best of a source that are allowed, best first; `allowed` of shape (n,)."""
    if source in COUNTED:
        leaders = live.pulse.leaders(source)
        rows = leaders[leaders < len(allowed)]
        rows = rows[allowed[rows]][:k]
        if len(rows) == k:
            return rows, _scaled(COUNTED[source](live, len(allowed))[np.concatenate([leaders[:1], rows])])[1:]
    if source == "similar" and not live.space.joint.shape[1]:
        return np.empty(0, np.int32), np.empty(0, np.float32)
    return best(OTHERS[source](live, asking, len(allowed)), k, allowed)


def best(scores: Floats, k: int, allowed: Mask) -> tuple[Rows, Floats]:
    """The `k` largest above 0 that are allowed, best first."""
    row = np.where(allowed & (scores > 0), scores, np.float32(-np.inf))
    items, found = top_k(row[None], min(k, len(row)))
    there = items[0] >= 0
    return items[0][there], found[0][there]


def _scaled(values: NDArray[np.float64]) -> Floats:
    """Largest 1; as float32, counts that have faded for long would vanish otherwise."""
    return (values / max(float(values.max(initial=0)), 1e-300)).astype(np.float32)
