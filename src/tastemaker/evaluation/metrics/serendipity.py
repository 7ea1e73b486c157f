"""Serendipity at k."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Dataset, ItemVectors, Recommendations
from tastemaker.evaluation.counting import popularity, seen_pairs
from tastemaker.evaluation.judging import judge


@component
class Serendipity:
    """Share of the `k` places with a right answer that a list of popular items would not have shown.

    Expected are the `k` items that most users took among those which this user did not see; ties by item
    number.

    Attributes:
        k: Places of a list that count.

    Source: Murakami et al. 2008 and Ge et al. 2010, section 3.2: useful, and not what a primitive
    model lists.
    """

    name: ClassVar[str] = "serendipity"
    k: Annotated[int, Ge(1)] = 10

    def measure(
        self, recs: Recommendations, truth: Dataset, train: Dataset, *, items: ItemVectors | None = None
    ) -> NDArray[np.float64]:
        """One value a user in [0, 1], shape (q,), at most the precision; nan without a right answer."""
        judged = judge(recs, truth, self.k)
        width = min(self.k, recs.items.shape[1])
        expected = places_in_popular(recs.users, recs.items[:, :width], train) < self.k
        return judged.defined((judged.hits[:, :width] & ~expected).sum(axis=1) / self.k)


def places_in_popular(users: NDArray[np.int32], listed: NDArray[np.int32], train: Dataset) -> NDArray[np.int64]:
    """Where each listed item, (q, k), stands (from 0) in its user's list of popular unseen items."""
    takers, _ = popularity(train)
    n = len(takers)
    rank = np.empty(n, np.int64)
    rank[np.lexsort((np.arange(n), -takers))] = np.arange(n)
    pairs = seen_pairs(train)
    seen = np.sort(pairs.user * n + rank[pairs.item])
    start = np.concatenate([[0], np.cumsum(pairs.taken), [len(seen)]])
    place = rank[listed]
    row = np.where(users >= 0, users, len(train.users)).astype(np.int64)
    before = np.searchsorted(seen, row[:, None] * n + place) - start[row][:, None]
    return np.asarray(place - before, np.int64)
