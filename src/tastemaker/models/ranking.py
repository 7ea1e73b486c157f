"""Top-k of a scorer in blocks, with ties by item number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting
from tastemaker.data import Query, Recommendations

CELLS = 1 << 21  # scores held at a time: 8 MiB of float32, about what stays near the processor
SOME = 8  # candidates a place from which on ties are counted out
LOWEST = np.finfo(np.float32).min

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
        scores = _masked(score(queries[part]), queries[part], repeat, _rows(allowed, part, len(queries)))
        width = min(k, scores.shape[1])
        items[part, :width], best[part, :width] = top_k(scores, width)
        at, step = part.stop, max(1, CELLS // max(1, scores.shape[1]))
    return Recommendations(users, items, best)


def _rows(allowed: NDArray[np.bool_] | None, part: slice, asked: int) -> NDArray[np.bool_] | None:
    if allowed is None or allowed.ndim == 1:
        return allowed
    if len(allowed) != asked:
        raise BadSetting(f"`allowed` has {len(allowed)} rows, but {asked} queries are asked.")
    return allowed[part]


def _masked(
    scores: NDArray[np.float32], queries: Sequence[Query], repeat: bool, allowed: NDArray[np.bool_] | None
) -> NDArray[np.float32]:
    scores = np.array(scores, np.float32)  # a copy: the model's own array stays as it is
    np.copyto(scores, -np.inf, where=np.isnan(scores))
    if not repeat:
        row = np.repeat(np.arange(len(queries)), [len(q.history) for q in queries])
        scores[row, np.concatenate([q.history for q in queries])] = -np.inf
    if allowed is not None:
        if allowed.shape[-1] != scores.shape[1]:
            raise BadSetting(f"`allowed` speaks of {allowed.shape[-1]} items, but there are {scores.shape[1]}.")
        scores[~np.broadcast_to(allowed, scores.shape)] = -np.inf
    return scores


def top_k(scores: NDArray[np.float32], k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Columns and values of the `k` largest of each row, best first; ties by column; -1 where -inf.

    Args:
        scores: Shape (n, m), without nan; -inf is never listed.
        k: At most m.
    """
    row, column = np.nonzero(scores >= _bound(scores, k))
    if len(row) > SOME * k * len(scores):  # many ties
        row, column = _exact(scores, k)
    value = scores[row, column]
    order = np.lexsort((column, -value, row))
    row, column, value = row[order], column[order], value[order]
    place = np.arange(len(row)) - _starts(row, len(scores))[row]
    first = place < k
    items = np.full((len(scores), k), -1, np.int32)
    best = np.full((len(scores), k), -np.inf, np.float32)
    items[row[first], place[first]], best[row[first], place[first]] = column[first], value[first]
    return items, best


def _bound(scores: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    """Something above -inf that at least `k` cells of each row reach (if they can), shape (n, 1).

    The k-th largest of the maxima of groups of columns: far cheaper than that of the cells, and near it.
    """
    groups = max(64, 8 * k)
    width = scores.shape[1] // groups
    if width > 1:
        scores = scores[:, : width * groups].reshape(len(scores), width, groups).max(axis=1)
    edge = np.partition(scores, -k, axis=1)[:, -k, None] if k else np.zeros((len(scores), 1), np.float32)
    return np.maximum(edge, LOWEST)


def _exact(scores: NDArray[np.float32], k: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of at most `k` cells a row: all above the k-th largest value, then the first that tie."""
    edge = np.partition(scores, -k, axis=1)[:, -k, None]
    row, column = np.nonzero(scores > edge)
    tied, where = np.nonzero((scores == edge) & (edge > -np.inf))
    room = k - np.bincount(row, minlength=len(scores))
    first = np.arange(len(tied)) - _starts(tied, len(scores))[tied] < room[tied]
    return np.concatenate([row, tied[first]]), np.concatenate([column, where[first]])


def _starts(row: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """Where each row begins in ascending row numbers."""
    return np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n))[:-1]]).astype(np.intp)
