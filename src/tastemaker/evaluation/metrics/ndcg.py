"""NDCG at k with yes-or-no relevance."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Dataset, ItemVectors, Recommendations
from tastemaker.evaluation.judging import judge


@component
class NDCG:
    """Gain ``1 / log2(place + 1)`` of the right answers in the first `k` places over that of an ideal list.

    The ideal list has ``min(right answers, k)`` right answers in front.

    Attributes:
        k: Places of a list that count.

    Source: Järvelin & Kekäläinen 2002, eq. 5, with the discount of Burges et al. 2005.
    """

    name: ClassVar[str] = "ndcg"
    k: Annotated[int, Ge(1)] = 10

    def measure(
        self, recs: Recommendations, truth: Dataset, train: Dataset, *, items: ItemVectors | None = None
    ) -> NDArray[np.float64]:
        """One value a user in [0, 1], shape (q,); 0 without a list, nan without a right answer."""
        judged = judge(recs, truth, self.k)
        gain = 1 / np.log2(np.arange(2, self.k + 2))
        ideal = np.cumsum(gain)[np.clip(judged.answers, 1, self.k) - 1]
        return judged.defined(judged.hits @ gain / ideal)
