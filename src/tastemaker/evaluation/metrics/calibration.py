"""Calibration at k."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Dataset, ItemVectors, Recommendations
from tastemaker.evaluation.categories import item_categories

BLOCK = 4096  # users at a time: their shares of all categories are dense


@component
class Calibration:
    """How far the list's categories are from those of what the user liked; 0 is calibrated.

    Kullback-Leibler divergence, natural logarithm, of the history's shares `p` from the list's shares `q`,
    where ``(1 - alpha) q + alpha p`` stands for `q`. An item of several categories gives each an equal part.

    Attributes:
        k: Places of a list that count.
        alpha: Weight of `p` in the smoothed `q`, in (0, 1).
        attribute: Column of the items' attributes; None takes category or genre, else the first column of
            categories with fewer categories than items.

    Source: Steck 2018, "Calibrated recommendations", eq. 1-6.
    """

    name: ClassVar[str] = "calibration"
    k: Annotated[int, Ge(1)] = 10
    alpha: Annotated[float, Gt(0), Lt(1)] = 0.01
    attribute: str | None = None

    def measure(
        self, recs: Recommendations, truth: Dataset, train: Dataset, *, items: ItemVectors | None = None
    ) -> NDArray[np.float64]:
        """One value a user in [0, -log(alpha)], shape (q,); nan where history or list has no category."""
        categories = item_categories(train, self.attribute)
        out = np.full(len(recs.users), np.nan)
        if categories is None:
            return out
        history, listed = _history(train), _lists(recs.items[:, : self.k], len(train.items))
        for at in range(0, len(out), BLOCK):
            users = recs.users[at : at + BLOCK]
            p, q = history[users] @ categories, listed[at : at + BLOCK] @ categories
            out[at : at + BLOCK] = _divergence(p.toarray(), q.toarray(), self.alpha)
        return out


def _history(train: Dataset) -> Any:
    """What each user liked, sparse (n_users + 1, n_items); the last row, of strangers, is empty."""
    from scipy.sparse import csr_array

    log = train.interactions.take(train.interactions.sign > 0)
    liked = csr_array((np.ones(len(log)), (log.user, log.item)), shape=(len(train.users) + 1, len(train.items)))
    liked.sum_duplicates()
    liked.data[:] = 1
    return liked


def _lists(listed: NDArray[np.int32], n_items: int) -> Any:
    from scipy.sparse import csr_array

    row, place = np.nonzero(listed >= 0)
    return csr_array((np.ones(len(row)), (row, listed[row, place])), shape=(len(listed), n_items))


def _divergence(p: NDArray[np.float64], q: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    there = (p.sum(axis=1) > 0) & (q.sum(axis=1) > 0)
    out = np.full(len(p), np.nan)
    p, q = p[there] / p[there].sum(axis=1, keepdims=True), q[there] / q[there].sum(axis=1, keepdims=True)
    smooth = (1 - alpha) * q + alpha * p
    terms = p * np.log(np.where(p > 0, p, 1) / np.where(p > 0, smooth, 1))
    out[there] = np.maximum(terms.sum(axis=1), 0)
    return out
