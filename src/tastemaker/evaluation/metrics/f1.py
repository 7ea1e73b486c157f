"""F1 at k."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Dataset, ItemVectors, Recommendations
from tastemaker.evaluation.judging import judge


@component
class F1:
    """Harmonic mean of precision and recall at `k`: ``2 hits / (k + right answers)``.

    Attributes:
        k: Places of a list that count.

    Source: van Rijsbergen 1979, chapter 7.
    """

    name: ClassVar[str] = "f1"
    k: Annotated[int, Ge(1)] = 10

    def measure(
        self, recs: Recommendations, truth: Dataset, train: Dataset, *, items: ItemVectors | None = None
    ) -> NDArray[np.float64]:
        """One value a user in [0, 1], shape (q,); 0 without a list, nan without a right answer."""
        judged = judge(recs, truth, self.k)
        return judged.defined(2 * judged.hits.sum(axis=1) / (self.k + judged.answers))
