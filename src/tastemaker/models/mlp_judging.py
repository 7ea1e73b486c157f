"""What stops the training of `multimodal_mlp`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tastemaker.data import Dataset, queries
from tastemaker.models.ranking import rank

if TYPE_CHECKING:
    from tastemaker.models.mlp_fitted import Fitted

JUDGED = 500  # users at most whose lists are looked at after each epoch
PLACES = 10


def figure(
    snapshot: Callable[[], Fitted], data: Dataset, validation: Dataset | None, *, explicit: bool
) -> Callable[[], float] | None:
    """What early stopping looks at, higher is better: minus RMSE, or NDCG@10 of up to 500 users."""
    if validation is None or not len(validation.interactions):
        return None
    return _rmse(snapshot, data, validation) if explicit else _ndcg(snapshot, data, validation)


def _rmse(snapshot: Callable[[], Fitted], data: Dataset, validation: Dataset) -> Callable[[], float]:
    log = validation.interactions
    users, who = np.unique(log.user, return_inverse=True)
    asking = queries(data, users)
    asked = [asking[n] for n in who]

    def figure() -> float:
        error = snapshot().rate(asked, log.item).astype(np.float64) - log.value
        return -float(np.sqrt(np.mean(error**2)))

    return figure


def _ndcg(snapshot: Callable[[], Fitted], data: Dataset, validation: Dataset) -> Callable[[], float] | None:
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
        items = rank(snapshot().score, asking, PLACES).items
        hits = np.isin(users[:, None] * len(data.items) + items.astype(np.int64), pairs) & (items >= 0)
        return float(np.mean(hits @ gains / ideal))

    return figure
