"""Root mean squared error of predicted ratings."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import component


@component
class RMSE:
    """Root of the mean squared difference of predicted and actual rating.

    Source: Herlocker et al. 2004, section 4.1.1.
    """

    name: ClassVar[str] = "rmse"

    def measure(self, predicted: NDArray[np.float64], actual: NDArray[np.float64]) -> NDArray[np.float64]:
        """Squared errors, shape (n,)."""
        return np.square(predicted - actual)

    def finish(self, mean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The root of the mean squared error."""
        return np.sqrt(mean)
