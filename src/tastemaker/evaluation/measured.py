"""Numbers with what stands behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.evaluation.bootstrap import interval, mean_of, resampled_means


@dataclass(frozen=True)
class Measured:
    """One measure.

    Attributes:
        mean: What is reported; nan where it is defined for nobody.
        low: Lower end of its 95 % interval; nan for measures of all lists together (coverage, Gini, entropy),
            which are no means over users: resampled users always cover less.
        high: Upper end.
        n: Number of users (or pairs) that it is defined for.
        values: One a user, shape (q,), nan where not defined; None for measures of all lists together.
    """

    mean: float
    low: float
    high: float
    n: int
    values: NDArray[np.float64] | None = None

    @property
    def text(self) -> str:
        """Such as ``0.1234 [0.1200, 0.1270]``."""
        if not np.isfinite(self.mean):
            return "-"
        ends = f" [{self.low:.4f}, {self.high:.4f}]" if np.isfinite(self.low) else ""
        return f"{self.mean:.4f}{ends}"

    def to_json(self, *, per_user: bool = False) -> dict[str, Any]:
        """Plain values; nan becomes null."""
        out: dict[str, Any] = {name: plain(getattr(self, name)) for name in ("mean", "low", "high")}
        out["n"] = self.n
        if per_user and self.values is not None:
            out["values"] = [plain(value) for value in self.values]
        return out


Measures = Mapping[str, Measured]


def plain(value: float) -> float | None:
    """The number for JSON, None for nan and infinities."""
    return float(value) if np.isfinite(value) else None


def with_intervals(columns: Mapping[str, NDArray[np.float64]], seed: int) -> dict[str, Measured]:
    """Means and bootstrap intervals of values a user, all (q,); one draw of users serves all columns."""
    return measured(columns, resampled_means(np.column_stack(list(columns.values())), seed)) if columns else {}


def measured(columns: Mapping[str, NDArray[np.float64]], means: NDArray[np.float64]) -> dict[str, Measured]:
    """Measures of the columns with intervals from their means in resamples of the users, shape (b, columns)."""
    if not columns:
        return {}
    values = np.column_stack(list(columns.values()))
    low, high = interval(means)
    mean, n = mean_of(values), np.isfinite(values).sum(axis=0)
    return {
        name: Measured(float(mean[c]), float(low[c]), float(high[c]), int(n[c]), values[:, c])
        for c, name in enumerate(columns)
    }
