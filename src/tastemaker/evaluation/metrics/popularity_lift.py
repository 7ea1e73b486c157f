"""Popularity lift at k."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Dataset, ItemVectors, Recommendations
from tastemaker.evaluation.counting import mean_over, popularity, row_sums, seen_pairs, take_rows


@component
class PopularityLift:
    """How much more popular the list is than what the user took: ratio of mean popularities, less 1.

    Popularity is the number of users with the item in training. 0: as popular as the history, 1: twice so,
    -1: items that nobody took.

    Attributes:
        k: Places of a list that count.

    Source: Abdollahpouri et al. 2019, "The unfairness of popularity bias", section 4 (GAP), for each user.
    """

    name: ClassVar[str] = "popularity_lift"
    k: Annotated[int, Ge(1)] = 10

    def measure(
        self, recs: Recommendations, truth: Dataset, train: Dataset, *, items: ItemVectors | None = None
    ) -> NDArray[np.float64]:
        """One value a user, at least -1, shape (q,); nan without a list or a history."""
        listed = recs.items[:, : self.k]
        takers, _ = popularity(train)
        pairs = seen_pairs(train)
        of_all = row_sums(pairs.user, takers[pairs.item], len(train.users))
        history = take_rows(of_all / np.maximum(pairs.taken, 1), recs.users)
        with np.errstate(divide="ignore", invalid="ignore"):
            lift = mean_over(takers[listed], listed >= 0) / np.where(history > 0, history, np.nan) - 1
        return np.asarray(lift, np.float64)
