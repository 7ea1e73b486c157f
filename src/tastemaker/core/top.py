"""Top-k of scores, with ties by column number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOME = 8  # candidates a place from which on ties are counted out
SHORT = 2048  # columns of a single row that are simply sorted
LOWEST = np.finfo(np.float32).min

Rows = NDArray[np.int32]
Floats = NDArray[np.float32]


def top_k(
    scores: NDArray[np.float32], k: int, above: NDArray[np.float32] | None = None
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Columns and values of the `k` largest of each row, best first; ties by column; -1 where -inf.

    Args:
        scores: Shape (n, m), without nan; -inf is never listed.
        k: At most m.
        above: Shape (n, 1): only what is larger matters.
    """
    n, m = scores.shape
    if n == 1 and m <= SHORT and above is None:
        return _of_short(scores, k)
    found = scores > above if above is not None else scores >= _bound(scores, k)
    row, column = np.divmod(np.flatnonzero(found), max(m, 1))
    if len(row) > SOME * k * n:  # many ties, or much that is larger
        row, column = _exact(scores, k)
    return first_of(row, column, scores[row, column], (n, k))


def top_of_blocks(
    scores: Callable[[slice], Floats], size: int, step: int, shape: tuple[int, int]
) -> tuple[Rows, Floats]:
    """As `top_k` of shape (n, k), for scores that are made in blocks of `step` columns, the last one smaller.

    Args:
        scores: Those of some columns, shape (n, columns), without nan; -inf is never listed.
        size: Number of columns.
        step: Columns at a time.
        shape: (n, k).
    """
    best, score = np.full(shape, -1, np.int32), np.full(shape, -np.inf, np.float32)
    for at in range(0, size, step):
        block = scores(slice(at, min(at + step, size)))
        full = best[:, -1:].min(initial=0) >= 0  # later columns must beat the last of each list so far
        found, value = top_k(block, min(shape[1], block.shape[1]), score[:, -1:] if full else None)
        found = np.where(found >= 0, found + np.int32(at), np.int32(-1))
        both, values = np.concatenate([best, found], axis=1), np.concatenate([score, value], axis=1)
        place, score = top_k(values, shape[1])
        best = np.where(place >= 0, np.take_along_axis(both, place, axis=1), np.int32(-1))
    return best, score


def first_of(
    row: NDArray[np.intp], column: NDArray[np.integer], value: NDArray[np.float32], shape: tuple[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Lists of `shape` (n, k) from candidates in any order: the best of each row first, ties by column."""
    n, k = shape
    order = np.lexsort((column, -value, row))
    row, column, value = row[order], column[order], value[order]
    place = np.arange(len(row)) - _starts(row, n)[row]
    first = place < k
    items = np.full((n, k), -1, np.int32)
    best = np.full((n, k), -np.inf, np.float32)
    items[row[first], place[first]], best[row[first], place[first]] = column[first], value[first]
    return items, best


def _of_short(scores: NDArray[np.float32], k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    order = descending(scores[0])[:k]
    best, found = scores[0].take(order), order.astype(np.int32)
    if k and best[-1] == -np.inf:
        found[best == -np.inf] = -1
    return found[None], best[None]


def descending(values: NDArray[Any]) -> NDArray[np.intp]:
    """Places of the largest first, ties by place, shape (n,): a stable sort, at the cost of one that is not."""
    order = np.argsort(-values)
    sorted_ = values.take(order)
    tied = sorted_[1:] == sorted_[:-1]
    return np.argsort(-values, kind="stable") if tied.any() else order


def _bound(scores: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    """Something above -inf that at least `k` cells of each row reach (if they can), shape (n, 1).

    The k-th largest of the maxima of groups of columns: far cheaper than that of the cells, and near it.
    """
    groups = max(256, 16 * k)
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
