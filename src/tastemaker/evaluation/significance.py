"""Whether models differ from one baseline: paired intervals, p values, and Holm's correction for many models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.evaluation.bootstrap import interval, mean_of, resampled_means
from tastemaker.evaluation.measured import plain

RESAMPLES = 10_000
ENOUGH = 0.05


@dataclass(frozen=True)
class Difference:
    """A model less the baseline, a user, in one metric.

    Attributes:
        name: Of the model.
        mean: Mean difference.
        low: Lower end of its paired bootstrap 95 % interval.
        high: Upper end.
        p: Two-sided: twice the share of resamples whose mean is on the other side of 0.
        holm: The same, corrected for the number of models that were compared.
    """

    name: str
    mean: float
    low: float
    high: float
    p: float
    holm: float

    @property
    def verdict(self) -> str:
        """In words, by the corrected p value."""
        return "not different" if not self.holm < ENOUGH else "better" if self.mean > 0 else "worse"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        numbers = {name: plain(getattr(self, name)) for name in ("mean", "low", "high", "p", "holm")}
        return {"name": self.name, **numbers, "verdict": self.verdict}


def against(
    base: NDArray[np.float64], others: Mapping[str, NDArray[np.float64]], seed: int = 0, resamples: int = RESAMPLES
) -> list[Difference]:
    """Each of `others` less `base`; users are resampled, the same ones for all models.

    Args:
        base: The baseline's value of each user, shape (q,).
        others: Values of the same users by model, each (q,).
        seed: Equal seeds give equal intervals.
        resamples: How often; p cannot fall below 2 / (resamples + 1).

    Source: Efron & Tibshirani 1993 (percentile intervals), Holm 1979.
    """
    if not others:
        return []
    values = np.column_stack([found - base for found in others.values()])
    means = resampled_means(values, seed, resamples)
    low, high = interval(means)
    p = p_values(means)
    rows = zip(others, mean_of(values), low, high, p, holm(p), strict=True)
    return [Difference(name, *map(float, numbers)) for name, *numbers in rows]


def p_values(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sided p of each column of resampled mean differences, (b, m) to (m,), in (0, 1]."""
    side = np.minimum((means <= 0).sum(axis=0), (means >= 0).sum(axis=0))
    return np.asarray(np.minimum(1.0, 2 * (side + 1) / (len(means) + 1)), np.float64)


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """P values of m tests made at once, corrected so that one false finding among all stays rare, shape (m,).

    The smallest counts m times, the next m - 1 times and so on; none falls below the one before it.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.minimum(stepped, 1.0)
    return out
