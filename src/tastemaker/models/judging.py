"""What training is stopped by: the lists of some users against held-out behaviour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tastemaker.data import Dataset, queries
from tastemaker.models.ranking import Score, Wish, rank

JUDGED = 500  # users at most whose lists are looked at
PLACES = 10


def ndcg(scorer: Callable[[], Score], data: Dataset, validation: Dataset | None) -> Callable[[], float] | None:
    """A function that gives the mean NDCG@10 of up to 500 users; None where nobody held out liked anything.

    Args:
        scorer: Gives the scores of the model as it stands.
        data: Histories.
        validation: What should stand in the lists.
    """
    if validation is None:
        return None
    log = validation.interactions
    right = log.sign > 0
    users = np.unique(log.user[right])
    if not len(users):
        return None
    users = users[:: -(-len(users) // JUDGED)]
    asking = queries(data, users)
    pairs = np.unique(log.user[right].astype(np.int64) * len(data.items) + log.item[right])
    gains = 1 / np.log2(np.arange(2, PLACES + 2))
    ideal = np.array([gains[: np.sum(pairs // len(data.items) == user)].sum() for user in users])

    def figure() -> float:
        items = rank(scorer(), asking, Wish(PLACES)).items
        hits = np.isin(users[:, None] * len(data.items) + items.astype(np.int64), pairs) & (items >= 0)
        return float(np.mean(hits @ gains / ideal))

    return figure
