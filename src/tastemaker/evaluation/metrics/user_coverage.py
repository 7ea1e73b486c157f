"""User coverage at k."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Dataset, ItemVectors, Recommendations


@component
class UserCoverage:
    """1 where a user gets a list of at least `k` items, else 0; the mean is the share of users served.

    Attributes:
        k: Places of a list that count.

    Source: Herlocker et al. 2004, section 4.2 (coverage), by users.
    """

    name: ClassVar[str] = "user_coverage"
    k: Annotated[int, Ge(1)] = 10

    def measure(
        self, recs: Recommendations, truth: Dataset, train: Dataset, *, items: ItemVectors | None = None
    ) -> NDArray[np.float64]:
        """0 or 1 a user, shape (q,)."""
        return np.asarray((recs.items[:, : self.k] >= 0).sum(axis=1) >= self.k, np.float64)
