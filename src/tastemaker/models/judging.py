"""What models are stopped and chosen by: the lists of some users against held-out behaviour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset, queries
from tastemaker.models.base import Scores
from tastemaker.models.ranking import Score, Wish, rank

JUDGED = 4000  # users at most whose lists are looked at while a network is trained
PLACES = 10


class Judge:
    """Users who liked something that was held out, with the histories that they ask with.

    Args:
        data: Histories.
        validation: What should stand in the lists.
        limit: Users at most, spread over all.
        allowed: Items that lists may hold, (n_items,); None: all.
    """

    def __init__(
        self, data: Dataset, validation: Dataset, limit: int = JUDGED, *, allowed: NDArray[np.bool_] | None = None
    ) -> None:
        log, self._items, self._allowed = validation.interactions, len(data.items), allowed
        right = log.sign > 0
        self._pairs = np.unique(log.user[right].astype(np.int64) * self._items + log.item[right])
        owner = self._pairs // self._items
        users = np.unique(owner)
        self.users = users[:: max(1, -(-len(users) // limit))]
        self.asking = queries(data, self.users)
        self._place = {id(query): n for n, query in enumerate(self.asking)}
        self._gains = 1 / np.log2(np.arange(2, PLACES + 2))
        wanted = np.searchsorted(owner, self.users, "right") - np.searchsorted(owner, self.users)
        self._ideal = np.cumsum(self._gains)[np.minimum(wanted, PLACES) - 1]

    def ndcg(self, score: Score) -> float:
        """Mean NDCG@10 of the lists that `score` gives; 0 where nobody is asked for."""
        if not len(self.users):
            return 0.0
        items = rank(score, self.asking, Wish(PLACES, allowed=self._allowed)).items
        hits = np.isin(self.users[:, None] * self._items + items.astype(np.int64), self._pairs) & (items >= 0)
        return float(np.mean(hits @ self._gains / self._ideal))

    def ndcg_of(self, scores: Scores) -> float:
        """The same of scores that are at hand, (users, n_items)."""
        return self.ndcg(lambda some: scores[[self._place[id(query)] for query in some]])


def ndcg(scorer: Callable[[], Score], data: Dataset, validation: Dataset | None) -> Callable[[], float] | None:
    """A function that gives the mean NDCG@10 of up to 4,000 users; None where nobody held out liked anything.

    Args:
        scorer: Gives the scores of the model as it stands.
        data: Histories.
        validation: What should stand in the lists.
    """
    judge = None if validation is None else Judge(data, validation)
    return (lambda: judge.ndcg(scorer())) if judge is not None and len(judge.users) else None
