"""Mean average precision at k."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Dataset, ItemVectors, Recommendations
from tastemaker.evaluation.judging import judge


@component
class MAP:
    """Precision at each right answer in the first `k` places, summed, over the number of right answers.

    A user with more than `k` right answers cannot reach 1.

    Attributes:
        k: Places of a list that count.

    Source: Manning et al. 2008, section 8.4; map_cut_k of trec_eval.
    """

    name: ClassVar[str] = "map"
    k: Annotated[int, Ge(1)] = 10

    def measure(
        self, recs: Recommendations, truth: Dataset, train: Dataset, *, items: ItemVectors | None = None
    ) -> NDArray[np.float64]:
        """One value a user in [0, 1], shape (q,); 0 without a list, nan without a right answer."""
        judged = judge(recs, truth, self.k)
        precision = np.cumsum(judged.hits, axis=1) / np.arange(1, self.k + 1)
        return judged.defined((precision * judged.hits).sum(axis=1) / np.maximum(judged.answers, 1))
