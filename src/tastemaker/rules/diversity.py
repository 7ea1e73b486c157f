"""A list whose items are unlike each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.rerank.mmr import Unlike
from tastemaker.models.rerank.top import greedy, relevance

Floats = NDArray[np.float32]
Places = NDArray[np.intp]


def diversified(scores: Floats, vectors: Floats, k: int, trade: float) -> Places:
    """Places of the first `k` candidates, each time ``max (1 - trade) r_i - trade max_j cos(i, j)``, j listed before.

    r are the scores, moved to 0..1. Ties go to the earlier candidate.

    Source: Carbonell & Goldstein 1998, "The use of MMR".

    Args:
        scores: Of the candidates, shape (c,), finite.
        vectors: Shape (c, d); zeros are like nothing.
        k: Fewer come where there are fewer candidates.
        trade: Weight of diversity, 0..1; 0 orders by score alone.
    """
    size = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, size, out=np.zeros_like(vectors, np.float32), where=size > 0)
    aim = Unlike(lambda place: (unit @ unit[place[0]])[None], (1, len(unit)))
    best: Places = greedy(relevance(scores[None]), trade, aim, min(k, len(scores)))[0]
    return best
