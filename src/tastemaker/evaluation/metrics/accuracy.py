"""Accuracy of predicted clicks or likes."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from tastemaker.core import component

Value = Annotated[float, Ge(-1e6), Le(1e6)]


@component
class Accuracy:
    """Share of pairs on the right side: predicted positive exactly where the actual value is positive.

    Attributes:
        threshold: From which predicted value on a pair is predicted positive; for logits a probability.
        positive: From which actual value on a pair is positive.
        logits: Whether predicted values are logits; their sigmoid is compared with the threshold.

    Source: Sokolova & Lapalme 2009, table 2.
    """

    name: ClassVar[str] = "accuracy"
    threshold: Value = 0.5
    positive: Value = 0.5
    logits: bool = False

    def measure(self, predicted: NDArray[np.float64], actual: NDArray[np.float64]) -> NDArray[np.float64]:
        """1 where right, 0 where wrong, shape (n,)."""
        likely = 1 / (1 + np.exp(-np.clip(predicted, -700, 700))) if self.logits else predicted
        right = (likely >= self.threshold) == (actual >= self.positive)
        return np.asarray(right, np.float64)

    def finish(self, mean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean."""
        return mean
