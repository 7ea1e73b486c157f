"""Reciprocal rank at k."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Dataset, ItemVectors, Recommendations
from tastemaker.evaluation.judging import judge


@component
class MRR:
    """One over the place of the first right answer, 0 where none is in the first `k` places.

    Attributes:
        k: Places of a list that count.

    Source: Voorhees 1999, TREC-8 question answering.
    """

    name: ClassVar[str] = "mrr"
    k: Annotated[int, Ge(1)] = 10

    def measure(
        self, recs: Recommendations, truth: Dataset, train: Dataset, *, items: ItemVectors | None = None
    ) -> NDArray[np.float64]:
        """One value a user in [0, 1], shape (q,); 0 without a list, nan without a right answer."""
        judged = judge(recs, truth, self.k)
        return judged.defined((judged.hits / np.arange(1, self.k + 1)).max(axis=1))
