"""What is asked beside lists: what is like an item, what goes with it, what a text or picture finds, what to rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting, DataError, ServiceError
from tastemaker.data import FeatureSet, Query
from tastemaker.models.base import Rates
from tastemaker.rules.diversity import diversified
from tastemaker.rules.listable import listable
from tastemaker.serving.ask import Listed
from tastemaker.serving.live import Live
from tastemaker.serving.sources import best
from tastemaker.serving.space import cut, of_rows

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
ONBOARDING = 200  # most liked items among which onboarding looks for different ones


def known_row(live: Live, item: str) -> int:
    """Row of an item; raises `DataError` where it is unknown."""
    row = live.row(item)
    if row is None:
        raise DataError(f"There is no item {item!r}.")
    return row


def like_item(live: Live, item: str, k: int, allowed: Mask) -> list[Listed]:
    """Nearest by content; by who chose both where the item has no content."""
    row = known_row(live, item)
    joint = live.space.joint
    if row < len(joint) and joint[row].any():
        return _listed(live, joint @ joint[row], k, _without(allowed, row), "content")
    return together(live, item, k, allowed)


def together(live: Live, item: str, k: int, allowed: Mask) -> list[Listed]:
    """What those who chose `item` chose too: cosine of who liked which (Sarwar et al. 2001)."""
    row = known_row(live, item)
    data = live.pipeline.data
    if row >= live.known:
        return []
    users, items = np.divmod(data.liked_pairs, len(data.items))
    mine = np.isin(users, users[items == row])
    both = np.bincount(items[mine], minlength=live.known)
    each = np.bincount(items, minlength=live.known)
    scores = both / np.sqrt(np.maximum(each, 1) * max(int(each[row]), 1))
    return _listed(live, scores.astype(np.float32), k, _without(allowed, row), "behaviour")


def found_by(live: Live, features: FeatureSet, k: int, allowed: Mask) -> list[Listed]:
    """Nearest to a text, picture or sound whose whitened vectors, one row each, are `features`."""
    scores = np.zeros(live.n, np.float32)
    asked = 0
    for name, found in features.items():
        if name in live.space.sources and found.present[0]:
            vectors = live.space.part(name)
            scores[: len(vectors)] += vectors @ cut(found, vectors.shape[1])[0]
            asked += 1
    if not asked:
        raise DataError("Nothing in it can be searched by: the model has no encoder that reads it.")
    return _listed(live, scores / np.float32(asked), k, allowed, "search")


def now(live: Live, k: int, allowed: Mask) -> list[Listed]:
    """What is asked for now, and then what has always been liked."""
    n = len(allowed)
    trend, popular = live.pulse.trend(n), live.pulse.popular(n)
    scores = trend / max(float(trend.max(initial=0)), 1e-300) + 1e-6 * popular / max(float(popular.max(initial=0)), 1.0)
    return _listed(live, scores.astype(np.float32), k, allowed, "trending")


def onboarding(live: Live, k: int, allowed: Mask) -> list[Listed]:
    """Items that many know and that differ from each other: what to ask a newcomer about first."""
    rows, scores = best(live.pulse.popular(len(allowed)).astype(np.float32), ONBOARDING, allowed)
    joint = live.space.joint
    if joint.shape[1] and len(rows):
        order = diversified(np.log1p(scores), of_rows(joint, rows), k, 0.5)
        rows, scores = rows[order], scores[order]
    places = zip(rows[:k].tolist(), scores[:k].tolist(), strict=True)
    return [Listed(live.ids[row], score, "onboarding", live.titles[row]) for row, score in places]


def ratings(live: Live, items: Sequence[str], query: Query) -> list[float]:
    """Predicted ratings by who asks `query`; raises `BadSetting` where the model predicts none."""
    model = live.pipeline.model
    if not isinstance(model, Rates):
        raise BadSetting(f"The model {model.name!r} ranks, it predicts no ratings. Fit mf or multimodal_mlp.")
    rows = [known_row(live, item) for item in items]
    if any(row >= live.known for row in rows):
        raise ServiceError("An item came after the model; ratings of it are predicted from the next training on.")
    found: NDArray[np.float32] = model.rate([query] * len(rows), np.array(rows, np.int32))
    return [float(value) for value in found]


def open_items(live: Live, at: float) -> Mask:
    """What may be listed at all."""
    return listable(live.columns, at)


def _without(allowed: Mask, row: int) -> Mask:
    rest = allowed.copy()
    rest[row : row + 1] = False
    return rest


def _listed(live: Live, scores: Floats, k: int, allowed: Mask, source: str) -> list[Listed]:
    n = min(len(scores), len(allowed))
    rows, found = best(scores[:n], k, allowed[:n])
    places = zip(rows.tolist(), found.tolist(), strict=True)
    return [Listed(live.ids[row], round(score, 6), source, live.titles[row]) for row, score in places]
