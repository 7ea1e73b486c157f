"""Figures of `multimodal_mlp`: what stops its training, and its accuracy over whole sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError
from tastemaker.data import Dataset, Query, queries
from tastemaker.models.ranking import rank

if TYPE_CHECKING:
    from tastemaker.models.mlp_fitted import Fitted

JUDGED = 500  # users at most whose lists are looked at after each epoch
PLACES = 10


class Classifies(Protocol):
    """A model that rates, and knows from which prediction on it says yes."""

    @property
    def threshold(self) -> float:
        """The prediction from which on the answer is yes."""
        ...

    def rate(self, queries: Sequence[Query], items: NDArray[np.int32]) -> NDArray[np.float32]:
        """Predicted rating or chance of a click of each pair."""
        ...


def classification(
    model: Classifies, queries: Sequence[Query], items: NDArray[np.int32], labels: NDArray[np.bool_]
) -> dict[str, float]:
    """Share of pairs that the model puts on the right side, beside that of always saying what is more common.

    Args:
        model: Its `threshold` is sigmoid = 0.5 for clicks, the rating from which on events are positive else.
        queries: Who is asked about, one a pair.
        items: What about, shape (n,).
        labels: The right answers, shape (n,).

    Raises:
        DataError: there is no pair.
    """
    if not len(labels):
        raise DataError("There is no pair to classify.")
    yes = model.rate(queries, items) >= model.threshold
    share = float(np.mean(labels))
    return {"accuracy": float(np.mean(yes == labels)), "majority": max(share, 1 - share)}


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
