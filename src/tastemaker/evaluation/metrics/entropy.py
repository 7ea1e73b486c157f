"""Entropy of exposure at k."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component


@component
class Entropy:
    """Shannon entropy of the items' shares of all places, over the logarithm of the catalogue's size.

    1: all items alike; 0: one item has all places.

    Attributes:
        k: Places of a list that count.

    Source: Shannon 1948; as a measure of lists in Vargas & Castells 2014; normalised: Pielou's evenness.
    """

    name: ClassVar[str] = "entropy"
    k: Annotated[int, Ge(1)] = 10

    def measure(self, exposure: NDArray[np.int64]) -> float:
        """In [0, 1]; 0 where nothing is listed; nan for a catalogue of fewer than two items."""
        if len(exposure) < 2:
            return float("nan")
        share = exposure[exposure > 0] / max(int(exposure.sum()), 1)
        return float(np.clip(-(share * np.log(share)).sum() / np.log(len(exposure)), 0, 1))
