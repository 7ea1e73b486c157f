"""Hit rate at k."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Dataset, ItemVectors, Recommendations
from tastemaker.evaluation.judging import judge


@component
class Hit:
    """1 where at least one of the first `k` places holds a right answer, else 0.

    Attributes:
        k: Places of a list that count.

    Source: Deshpande & Karypis 2004, section 6.2.
    """

    name: ClassVar[str] = "hit"
    k: Annotated[int, Ge(1)] = 10

    def measure(
        self, recs: Recommendations, truth: Dataset, train: Dataset, *, items: ItemVectors | None = None
    ) -> NDArray[np.float64]:
        """0 or 1 a user, shape (q,); 0 without a list, nan without a right answer."""
        judged = judge(recs, truth, self.k)
        return judged.defined(np.asarray(judged.hits.any(axis=1), np.float64))
