"""Lists of a scorer, in blocks of queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting
from tastemaker.core.threads import in_threads
from tastemaker.core.top import top_k
from tastemaker.data import Query, Recommendations

CELLS = 1 << 21  # scores held at a time: 8 MiB of float32, about what stays near the processor

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
