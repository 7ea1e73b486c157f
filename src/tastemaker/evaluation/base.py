"""What a metric is, and what may be measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset, ItemVectors, Recommendations


class Metric(Protocol):
    """A number for each user (nan: not defined for this user); the mean is reported."""

    name: ClassVar[str]
    k: int

    def measure(
        self, recs: Recommendations, truth: Dataset, train: Dataset, *, items: ItemVectors | None = None
    ) -> NDArray[np.float64]:
        """One value a row of `recs`, shape (q,).

        Args:
            recs: Lists of at least `k` places, or shorter ones padded with -1.
            truth: The test interactions; those with a positive sign are the right answers.
            train: What the model learned from; same users and items as `truth`.
            items: Vectors that the model does not use, for diversity.
        """
        ...


class ExposureMetric(Protocol):
    """One number for all lists together: how they share out the catalogue. It is no mean over users."""

    name: ClassVar[str]
    k: int

    def measure(self, exposure: NDArray[np.int64]) -> float:
        """A number in [0, 1] from how many lists (cut at `k`) hold each item of the catalogue, shape (n,)."""
        ...


class RatingMetric(Protocol):
    """A number for each predicted rating or click; `finish` of the mean is reported."""

    name: ClassVar[str]

    def measure(self, predicted: NDArray[np.float64], actual: NDArray[np.float64]) -> NDArray[np.float64]:
        """One value a pair, shape (n,); nan: not defined for this pair."""
        ...

    def finish(self, mean: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is reported, from the mean of the values; such as its root. Any shape."""
        ...


class Recommends(Protocol):
    """All that evaluation asks of a model: outside ids in, lists out."""

    def recommend(self, users: Sequence[str], k: int = 10) -> Recommendations:
        """The best `k` unseen items for each user id, rows in the same order."""
        ...


class RecommendsAmong(Protocol):
    """A model that can be asked for lists of some items only."""

    def recommend(
        self, users: Sequence[str], k: int = 10, *, allowed: NDArray[np.bool_] | None = None
    ) -> Recommendations:
        """The best `k` unseen items among `allowed`, bool, shape (n_items,)."""
        ...
