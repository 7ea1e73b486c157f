"""Top-k of inner products, in blocks of queries and of items: no matrix of queries x items is held."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.core.threads import in_threads
from tastemaker.core.top import top_of_blocks
from tastemaker.data import Query, Recommendations
from tastemaker.models.ranking import Wish, forbid, no_lists, rows, seen

QUERIES = 512
ITEMS = 8192

Vectors = NDArray[np.float32]


def rank_inner(
    embed: Callable[[Sequence[Query]], Vectors], items: Vectors, queries: Sequence[Query], wish: Wish
) -> Recommendations:
    """The best items of each query by ``embed(queries) @ items.T``; vectors of zeros hold no opinion.

    A thread a core, each with a block of queries.
    """
    recs = no_lists(queries, wish.k)
    items = np.ascontiguousarray(items, np.float32)
    parts = [slice(at, min(at + QUERIES, len(queries))) for at in range(0, len(queries), QUERIES)]
    vectors = [np.asarray(embed(queries[part]), np.float32) for part in parts]
    width = min(wish.k, len(items))

    def work(n: int) -> None:
        part = parts[n]
        own = Wish(width, wish.repeat, rows(wish.allowed, part, len(queries)))
        recs.items[part, :width], recs.scores[part, :width] = _best(vectors[n], items, queries[part], own)

    in_threads(work, range(len(parts)))
    return recs


def _best(
    vectors: Vectors, items: Vectors, queries: Sequence[Query], wish: Wish
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Items and scores of the best of all blocks, each (q, k)."""
    hidden = (np.empty(0, np.intp), np.empty(0, np.int32)) if wish.repeat else seen(queries)
    order = np.argsort(hidden[1], kind="stable")
    row, item = hidden[0][order], hidden[1][order]
    silent = np.flatnonzero(~vectors.any(axis=1))

    def scores(part: slice) -> Vectors:
        found = _scores(vectors, items[part], silent)
        inside = slice(*np.searchsorted(item, [part.start, part.stop]))
        found[row[inside], item[inside] - part.start] = -np.inf
        if wish.allowed is not None:
            forbid(found, wish.allowed[..., part])
        return found

    return top_of_blocks(scores, len(items), ITEMS, (len(vectors), wish.k))


def _scores(vectors: Vectors, block: Vectors, silent: NDArray[np.intp]) -> NDArray[np.float32]:
    scores: NDArray[np.float32] = vectors @ block.T
    scores[:, ~block.any(axis=1)] = -np.inf
    scores[silent] = -np.inf
    return np.fmax(scores, np.float32(-np.inf), out=scores)
