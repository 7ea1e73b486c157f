"""Gini coefficient of exposure at k."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component


@component
class Gini:
    """How unequal the items' shares of all places are: 0 all equal, near 1 all places to one item.

    Attributes:
        k: Places of a list that count.

    Source: Fleder & Hosanagar 2009, section 4; sorted form of Castells et al. 2015, section 26.3.
    """

    name: ClassVar[str] = "gini"
    k: Annotated[int, Ge(1)] = 10

    def measure(self, exposure: NDArray[np.int64]) -> float:
        """In [0, 1); 0 where nothing is listed; nan for an empty catalogue."""
        n = len(exposure)
        if n == 0:
            return float("nan")
        weights = 2 * np.arange(1, n + 1) - n - 1
        return float(weights @ np.sort(exposure) / (n * max(int(exposure.sum()), 1)))
