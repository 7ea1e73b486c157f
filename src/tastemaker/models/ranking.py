"""Top-k of a scorer in blocks, with ties by item number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting
from tastemaker.core.threads import in_threads
from tastemaker.data import Query, Recommendations

CELLS = 1 << 21  # scores held at a time: 8 MiB of float32, about what stays near the processor
SOME = 8  # candidates a place from which on ties are counted out
LOWEST = np.finfo(np.float32).min

Score = Callable[[Sequence[Query]], NDArray[np.float32]]


@dataclass(frozen=True)
class Wish:
    """How long lists are, and what may stand in them; see `Recommender.recommend`."""

    k: int
    repeat: bool = False
    allowed: NDArray[np.bool_] | None = None


def rank(score: Score, queries: Sequence[Query], wish: Wish, *, parallel: bool = False) -> Recommendations:
    """The best items of each query under `score`; where `parallel`, which may be called from many threads at once."""
    recs = no_lists(queries, wish.k)

    def work(part: slice) -> int:
        scores = masked(score(queries[part]), queries[part], wish.repeat, rows(wish.allowed, part, len(queries)))
        width = min(wish.k, scores.shape[1])
        recs.items[part, :width], recs.scores[part, :width] = top_k(scores, width)
        return max(1, CELLS // max(1, int(scores.shape[1])))

    if len(queries):
        step = work(slice(0, 1))  # the first block, of one query, tells the number of items
        parts = (slice(at, min(at + step, len(queries))) for at in range(1, len(queries), step))
        in_threads(work, parts, threads=0 if parallel else 1)
    return recs


def no_lists(queries: Sequence[Query], k: int) -> Recommendations:
    """Lists of `k` places for each query, nothing listed yet."""
    users = np.array([-1 if q.user is None else q.user for q in queries], np.int32)
    shape = (len(queries), k)
    return Recommendations(users, np.full(shape, -1, np.int32), np.full(shape, -np.inf, np.float32))


def rows(allowed: NDArray[np.bool_] | None, part: slice, asked: int) -> NDArray[np.bool_] | None:
    """What the queries of `part` may be given; raises `BadSetting` where `allowed` has not `asked` rows."""
    if allowed is None or allowed.ndim == 1:
        return allowed
    if len(allowed) != asked:
        raise BadSetting(f"`allowed` has {len(allowed)} rows, but {asked} queries are asked.")
    return allowed[part]


def seen(queries: Sequence[Query]) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Row and item of all entries of the histories, each of shape (n,), row by row."""
    row = np.repeat(np.arange(len(queries)), [len(q.history) for q in queries])
    return row, np.concatenate([np.empty(0, np.int32), *(q.history for q in queries)])


def masked(
    scores: NDArray[np.float32], queries: Sequence[Query], repeat: bool, allowed: NDArray[np.bool_] | None
) -> NDArray[np.float32]:
    """A copy of the scores with -inf where there is no opinion, and what may not be listed."""
    scores = np.fmax(scores, np.float32(-np.inf))  # nan becomes -inf, in a copy: the model's own array stays as it is
    if not repeat:
        scores[seen(queries)] = -np.inf
    if allowed is not None:
        forbid(scores, allowed)
    return scores


def forbid(scores: NDArray[np.float32], allowed: NDArray[np.bool_]) -> None:
    """Set what is not `allowed`, (n_items,) or (q, n_items), to -inf; raises `BadSetting` on another shape."""
    same_items(allowed, scores.shape[1])
    scores[~np.broadcast_to(allowed, scores.shape)] = -np.inf


def same_items(allowed: NDArray[np.bool_], n_items: int) -> None:
    """Raise `BadSetting` where `allowed` speaks of another number of items."""
    if allowed.shape[-1] != n_items:
        raise BadSetting(f"`allowed` speaks of {allowed.shape[-1]} items, but there are {n_items}.")


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
    found = scores > above if above is not None else scores >= _bound(scores, k)
    row, column = np.divmod(np.flatnonzero(found), max(m, 1))
    if len(row) > SOME * k * n:  # many ties, or much that is larger
        row, column = _exact(scores, k)
    return first_of(row, column, scores[row, column], (n, k))


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
