"""Novelty at k."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Dataset, ItemVectors, Recommendations
from tastemaker.evaluation.counting import mean_over, popularity

FLOOR = 1e-9  # as the referee and others do


@component
class Novelty:
    """Mean of ``-log2(share of users who took the item)`` over the first `k` places, in bits.

    The share is of users with training; 1e-9 is added to it, so an item that nobody took counts 29.9 bits.

    Attributes:
        k: Places of a list that count.

    Source: Zhou et al. 2010, self-information; Vargas & Castells 2011, section 4.
    """

    name: ClassVar[str] = "novelty"
    k: Annotated[int, Ge(1)] = 10

    def measure(
        self, recs: Recommendations, truth: Dataset, train: Dataset, *, items: ItemVectors | None = None
    ) -> NDArray[np.float64]:
        """Bits a user in [0, 30), shape (q,); nan without a list."""
        listed = recs.items[:, : self.k]
        takers, users = popularity(train)
        bits = np.maximum(-np.log2(takers / max(users, 1) + FLOOR), 0)
        return mean_over(bits[listed], listed >= 0)
