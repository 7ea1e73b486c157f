"""Measuring predicted ratings and clicks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError
from tastemaker.evaluation.base import RatingMetric
from tastemaker.evaluation.bootstrap import interval, mean_of, resampled_means
from tastemaker.evaluation.catalog import RATING_METRICS
from tastemaker.evaluation.measured import Measured

DEFAULT = ("rmse", "mae")


@dataclass(frozen=True)
class RatingReport:
    """Measures of predicted values, with the value of every pair."""

    n: int
    measures: Mapping[str, Measured]
    name: str = "model"

    def __getitem__(self, metric: str) -> float:
        """The reported number of a metric."""
        return self.measures[metric].mean

    def __str__(self) -> str:
        return self.table()

    def table(self) -> str:
        """Lines of metric, value and 95 % interval."""
        width = max(map(len, self.measures), default=0)
        lines = [f"  {name:<{width}}  {m.text}" for name, m in self.measures.items()]
        return "\n".join([f"{self.name}: {self.n} pairs", *lines])

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "pairs": self.n,
            "measures": {k: m.to_json() for k, m in self.measures.items()},
        }


def evaluate_ratings(
    predicted: NDArray[Any],
    actual: NDArray[Any],
    *,
    metrics: Sequence[str | RatingMetric] = DEFAULT,
    users: NDArray[Any] | None = None,
    seed: int = 0,
) -> RatingReport:
    """Measure predicted values against actual ones.

    Args:
        predicted: Shape (n,).
        actual: Shape (n,).
        metrics: Names of the catalog of rating metrics, or metrics with their settings.
        users: Row of the user of each pair, shape (n,): whole users are resampled, as pairs of one user are
            alike. None resamples pairs.
        seed: Of the resampling.

    Raises:
        DataError: the shapes differ, there are no pairs, or a value is missing.
    """
    predicted, actual = np.asarray(predicted, np.float64), np.asarray(actual, np.float64)
    if predicted.shape != actual.shape or predicted.ndim != 1 or not len(actual):
        raise DataError(
            f"Predicted and actual values must match, one a pair: got {predicted.shape} and {actual.shape}."
        )
    missing = int((~np.isfinite(predicted) | ~np.isfinite(actual)).sum())
    if missing:
        raise DataError(f"{missing} of {len(actual)} pairs have no prediction or no actual value.")
    built = [RATING_METRICS.build(metric) if isinstance(metric, str) else metric for metric in metrics]
    measures = {metric.name: _measured(metric, predicted, actual, users, seed) for metric in built}
    return RatingReport(len(actual), measures)


def _measured(
    metric: RatingMetric,
    predicted: NDArray[np.float64],
    actual: NDArray[np.float64],
    users: NDArray[Any] | None,
    seed: int,
) -> Measured:
    values = metric.measure(predicted, actual)
    sums = _sums(values, users)
    resampled = resampled_means(sums, seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = metric.finish(resampled[:, :1] / resampled[:, 1:])
    low, high = interval(means)
    mean = metric.finish(mean_of(values[:, None]))
    return Measured(float(mean[0]), float(low[0]), float(high[0]), int(np.isfinite(values).sum()), values)


def _sums(values: NDArray[np.float64], users: NDArray[Any] | None) -> NDArray[np.float64]:
    """Sum and number of the defined values of each resampled unit, shape (units, 2)."""
    there = np.isfinite(values)
    columns = (np.where(there, values, 0), there.astype(np.float64))
    if users is None:
        return np.column_stack(columns)
    unit = np.unique(users, return_inverse=True)[1]
    return np.column_stack([np.bincount(unit, weights=column) for column in columns])
