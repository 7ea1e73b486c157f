"""What stops the training of `multimodal_mlp`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tastemaker.data import Dataset, queries
from tastemaker.models.judging import ndcg

if TYPE_CHECKING:
    from tastemaker.models.mlp_fitted import Fitted


def figure(
    snapshot: Callable[[], Fitted], data: Dataset, validation: Dataset | None, *, explicit: bool
) -> Callable[[], float] | None:
    """What early stopping looks at, higher is better: minus RMSE, or NDCG@10 of up to 500 users."""
    if validation is None or not len(validation.interactions):
        return None
    if explicit:
        return _rmse(snapshot, data, validation)
    return ndcg(lambda: snapshot().score, data, validation)


def _rmse(snapshot: Callable[[], Fitted], data: Dataset, validation: Dataset) -> Callable[[], float]:
    log = validation.interactions
    users, who = np.unique(log.user, return_inverse=True)
    asking = queries(data, users)
    asked = [asking[n] for n in who]

    def figure() -> float:
        error = snapshot().rate(asked, log.item).astype(np.float64) - log.value
        return -float(np.sqrt(np.mean(error**2)))

    return figure
