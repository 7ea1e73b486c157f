"""Top-k of sparse scores: nothing is spent on items that a model says nothing about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tastemaker.core.threads import in_threads
from tastemaker.core.top import LOWEST, first_of
from tastemaker.data import Query, Recommendations
from tastemaker.models.ranking import Wish, no_lists, rows, same_items, seen

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PARTS = 4  # parts of a row for each place of a list
QUERIES = 512  # at a time
CELLS = 1 << 23  # marks of what may not be listed, held at a time: 8 MiB

Floats = NDArray[np.float32]


def rank_sparse(score: Callable[[Sequence[Query]], csr_array], queries: Sequence[Query], wish: Wish) -> Recommendations:
    """The best items of each query under sparse scores, (q, n_items); what is not stored, or 0, is no opinion."""
    recs = no_lists(queries, wish.k)

    def work(part: slice) -> int:
        found = score(queries[part])
        hidden = (found.data == 0) | _hidden(found, queries[part], wish, rows(wish.allowed, part, len(queries)))
        found.data[hidden] = -np.inf
        width = min(wish.k, found.shape[1])
        recs.items[part, :width], recs.scores[part, :width] = top_stored(found, width)
        return min(QUERIES, max(1, CELLS // max(1, int(found.shape[1]))))

    if len(queries):
        step = work(slice(0, 1))  # the first block, of one query, tells the number of items
        parts = (slice(at, min(at + step, len(queries))) for at in range(1, len(queries), step))
        in_threads(work, parts)
    return recs


def _hidden(
    found: csr_array, queries: Sequence[Query], wish: Wish, allowed: NDArray[np.bool_] | None
) -> NDArray[np.bool_]:
    """Which stored scores may not be listed."""
    forbidden = np.zeros(found.shape, bool)
    if allowed is not None:
        same_items(allowed, found.shape[1])
        forbidden |= ~allowed
    if not wish.repeat:
        forbidden[seen(queries)] = True
    start = np.arange(found.shape[0], dtype=found.indices.dtype) * found.indices.dtype.type(found.shape[1])
    return forbidden.ravel()[np.repeat(start, np.diff(found.indptr)) + found.indices]


def top_stored(found: csr_array, k: int) -> tuple[NDArray[np.int32], Floats]:
    """Columns and values of the `k` largest stored values of each row, as `core.top.top_k`; -inf is never listed."""
    n = np.diff(found.indptr)
    stored = np.flatnonzero(found.data >= np.repeat(_edges(found, n, max(k, 1)), n))
    row = np.searchsorted(found.indptr, stored, side="right") - 1
    return first_of(row, found.indices[stored], found.data[stored], (len(n), k))


def _edges(found: csr_array, n: NDArray[np.integer], k: int) -> Floats:
    """Something above -inf that at least `k` values of each row reach, shape (q,).

    The k-th largest of the maxima of equal parts of the row; short rows are taken whole.
    """
    out = np.full(len(n), LOWEST, np.float32)
    long = np.flatnonzero(n >= PARTS * k)
    if len(long):
        starts = found.indptr[long, None] + n[long, None].astype(np.int64) * np.arange(PARTS * k + 1) // (PARTS * k)
        largest = np.maximum.reduceat(found.data, np.minimum(starts, len(found.data) - 1).ravel())
        largest = largest.reshape(starts.shape)[:, :-1]  # what lies behind a row's end is none of its parts
        out[long] = np.maximum(np.partition(largest, -k, axis=1)[:, -k], LOWEST)
    return out
