"""Area under the ROC curve of predicted clicks or likes."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from tastemaker.core import component

Value = Annotated[float, Ge(-1e6), Le(1e6)]


@component
class AUC:
    """Chance that a positive pair is predicted higher than a negative one; ties count half.

    Attributes:
        positive: From which actual value on a pair is positive.

    Source: Hanley & McNeil 1982; values of the positives as in DeLong et al. 1988.
    """

    name: ClassVar[str] = "auc"
    positive: Value = 0.5

    def measure(self, predicted: NDArray[np.float64], actual: NDArray[np.float64]) -> NDArray[np.float64]:
        """For each positive pair the share of negatives below it, in [0, 1], shape (n,); else nan."""
        is_positive = actual >= self.positive
        negatives = np.sort(predicted[~is_positive])
        if not len(negatives):
            return np.full(len(predicted), np.nan)
        below = np.searchsorted(negatives, predicted, "left") + np.searchsorted(negatives, predicted, "right")
        return np.where(is_positive, below / (2 * len(negatives)), np.nan)

    def finish(self, mean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean."""
        return mean
