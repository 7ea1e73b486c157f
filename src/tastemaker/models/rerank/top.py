"""The first places of a model's lists in a new order, chosen greedily; all else stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tastemaker.core.threads import in_threads
from tastemaker.core.top import top_k
from tastemaker.data import Query, Recommendations
from tastemaker.models.base import Recommender, Scores
from tastemaker.models.ranking import Wish, masked

QUERIES = 128  # lists at a time: the likeness of each pair of their items is held
LAST = np.float32(-1e6)  # where a list has no item

Items = NDArray[np.int32]  # (q, c): candidates, best first, -1 pads
Floats = NDArray[np.float32]


class Aim(Protocol):
    """What a list should be beside relevant, for a block of lists that grow by one item a step."""

    def worth(self) -> Floats:
        """What each candidate would add to its list as it stands, finite, shape (q, c)."""
        ...

    def take(self, place: NDArray[np.intp]) -> None:
        """Each list gets its candidate at `place`, shape (q,)."""
        ...


@dataclass(frozen=True)
class Reorder:
    """How the first `depth` places are put in order: ``(1 - trade) relevance + trade worth``, one after the other.

    Attributes:
        model: Whose lists they are.
        depth: Candidates a list.
        trade: Weight of the aim, 0..1.
        aim: Makes the aim of a block of queries and their candidates.
    """

    model: Recommender
    depth: int
    trade: float
    aim: Callable[[Sequence[Query], Items], Aim]

    def lists(self, queries: Sequence[Query], wish: Wish) -> Recommendations:
        """The model's lists, re-ordered."""
        long = max(wish.k, self.depth)
        found = self.model.recommend(queries, long, repeat=wish.repeat, allowed=wish.allowed)
        return Recommendations(found.users, *self._ordered(queries, found.items, found.scores, wish.k))

    def scores(self, queries: Sequence[Query]) -> Scores:
        """The model's scores; those of its best `depth` unseen items are handed out anew among these."""
        out = self.model.score(queries).copy()
        width = min(self.depth + 1, out.shape[1])  # one more: what is above it must stay above
        best = top_k(masked(out, queries, False, None), width)
        items, scores = self._ordered(queries, *best, width)
        row, place = np.nonzero(items >= 0)
        out[row, items[row, place]] = scores[row, place]
        return out

    def _ordered(self, queries: Sequence[Query], items: Items, scores: Floats, k: int) -> tuple[Items, Floats]:
        """The first `k` places: items in the new order, each place with the score it had."""
        out = items[:, :k].copy()
        picks = min(k, self.depth, items.shape[1])

        def work(at: int) -> None:
            part = slice(at, at + QUERIES)
            top = items[part, : self.depth]
            order = greedy(relevance(scores[part, : self.depth]), self.trade, self.aim(queries[part], top), picks)
            out[part, :picks] = np.take_along_axis(top, order, axis=1)

        in_threads(work, range(0, len(items), QUERIES))
        return out, falling(scores[:, :k], out)


def relevance(scores: Floats) -> Floats:
    """Scores of the candidates, shape (q, c), moved to 0..1 in each row; `LAST` where there is none (-inf)."""
    there = np.isfinite(scores)
    low = np.min(scores, axis=1, keepdims=True, where=there, initial=np.inf)
    high = np.max(scores, axis=1, keepdims=True, where=there, initial=-np.inf)
    spread = np.where(high > low, high - low, np.float32(1))
    return np.where(there, (scores - np.where(np.isfinite(low), low, 0)) / spread, LAST).astype(np.float32)


def greedy(relevance: Floats, trade: float, aim: Aim, picks: int) -> NDArray[np.intp]:
    """Places of the first `picks` items, shape (q, picks): each time what adds most, ties by place."""
    rows = np.arange(len(relevance))
    base = np.where(relevance == LAST, LAST, np.float32(1 - trade) * relevance)
    order = np.empty((len(rows), picks), np.intp)
    for step in range(picks):
        gain = base if trade == 0 else base + np.float32(trade) * aim.worth()
        order[:, step] = gain.argmax(axis=1)
        base[rows, order[:, step]] = -np.inf
        aim.take(order[:, step])
    return order


def falling(scores: Floats, items: Items) -> Floats:
    """`scores`, descending, with ties raised by the least step where item numbers would break them otherwise."""
    out = scores.copy()
    for at in range(out.shape[1] - 2, -1, -1):
        tied = (out[:, at] <= out[:, at + 1]) & (items[:, at] > items[:, at + 1]) & (items[:, at + 1] >= 0)
        above = np.nextafter(out[:, at + 1], np.float32(np.inf))
        out[:, at] = np.where(tied, above, np.maximum(out[:, at], out[:, at + 1]))
    return out
