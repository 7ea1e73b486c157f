"""Top-k of a scorer in blocks, with ties by item number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Query, Recommendations

CELLS = 1 << 24  # scores held at a time: 64 MiB of float32

Score = Callable[[Sequence[Query]], NDArray[np.float32]]


def rank(
    score: Score,
    queries: Sequence[Query],
    k: int,
    *,
    repeat: bool = False,
    allowed: NDArray[np.bool_] | None = None,
) -> Recommendations:
    """The best `k` items of each query under `score`; see `Recommender.recommend`."""
    users = np.array([-1 if q.user is None else q.user for q in queries], np.int32)
    items = np.full((len(queries), k), -1, np.int32)
    best = np.full((len(queries), k), -np.inf, np.float32)
    step, at = 1, 0  # the first block, of one query, tells the number of items
    while at < len(queries):
        part = slice(at, min(at + step, len(queries)))
        scores = _masked(score(queries[part]), queries[part], repeat, _rows(allowed, part))
        width = min(k, scores.shape[1])
        items[part, :width], best[part, :width] = top_k(scores, width)
        at, step = part.stop, max(1, CELLS // scores.shape[1])
    return Recommendations(users, items, best)


def _rows(allowed: NDArray[np.bool_] | None, part: slice) -> NDArray[np.bool_] | None:
    return allowed[part] if allowed is not None and allowed.ndim == 2 else allowed


def _masked(
    scores: NDArray[np.float32], queries: Sequence[Query], repeat: bool, allowed: NDArray[np.bool_] | None
) -> NDArray[np.float32]:
    scores = np.where(np.isnan(scores), np.float32(-np.inf), scores)
    if not repeat:
        row = np.repeat(np.arange(len(queries)), [len(q.history) for q in queries])
        scores[row, np.concatenate([q.history for q in queries])] = -np.inf
    if allowed is not None:
        scores[~np.broadcast_to(allowed, scores.shape)] = -np.inf
    return scores


def top_k(scores: NDArray[np.float32], k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Columns and values of the `k` largest of each row, best first; ties by column; -1 where -inf."""
    if k < scores.shape[1]:
        edge = np.partition(scores, -k, axis=1)[:, -k, None]
        row, column = np.nonzero(scores >= edge)  # at least k a row, more where ties cross the edge
    else:
        row, column = np.divmod(np.arange(scores.size), scores.shape[1])
    value = scores[row, column]
    order = np.lexsort((column, -value, row))
    first = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(scores)))[:-1]])
    pick = order[first[:, None] + np.arange(k)]
    best = value[pick]
    return np.where(np.isneginf(best), -1, column[pick]).astype(np.int32), best
