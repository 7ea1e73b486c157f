"""Mean absolute error of predicted ratings."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import component


@component
class MAE:
    """Mean absolute difference of predicted and actual rating.

    Source: Herlocker et al. 2004, section 4.1.1.
    """

    name: ClassVar[str] = "mae"

    def measure(self, predicted: NDArray[np.float64], actual: NDArray[np.float64]) -> NDArray[np.float64]:
        """Absolute errors, shape (n,)."""
        return np.abs(predicted - actual)

    def finish(self, mean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean."""
        return mean
