"""Items that the same people liked: neighbourhood collaborative filtering over items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, final

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from tastemaker.core import NotFitted, Run, component
from tastemaker.core.space import AS_SETS, Range, SearchSpace, Starts
from tastemaker.data import Dataset, Query
from tastemaker.models import histories, sparse
from tastemaker.models.base import Given, Recommender, Scores, State, array

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@final
@component
class ItemKNN(Recommender):
    """Score an item by its similarity to what the query liked: ``sum_j w_j s_ji`` over liked items j.

    ``s_ji = c_ji / (sqrt(n_j n_i) + shrink)`` with c the number of users who liked both and n who liked each;
    of each j the `k` most similar i are kept. ``w_j = decay ** steps back``, ``-dislike`` times that for
    disliked items. An item without a similar one in the history gets no opinion.

    Source: Sarwar et al. 2001 (item-based), Bell & Koren 2007 (shrinkage).

    Attributes:
        k: Neighbours kept an item.
        shrink: Pulls similarities that few users vouch for towards 0; sparse data want 20 to 500.
        decay: Weight of a step back in the history; used where the data have an order.
        dislike: Weight of disliked items, which push similar ones down; 0 leaves them out.
    """

    name: ClassVar[str] = "item_knn"
    space: ClassVar[SearchSpace] = {
        "k": Range(20, 2000, log=True),
        "shrink": Range(0.5, 500.0, log=True),
        "decay": Range(0.5, 1.0),
        "dislike": Range(0.0, 1.0),
    }
    starts: ClassVar[Starts] = AS_SETS
    k: Annotated[int, Ge(1)] = 1000
    shrink: Annotated[float, Ge(0)] = 20.0
    decay: Annotated[float, Gt(0), Le(1)] = 0.8
    dislike: Annotated[float, Ge(0), Le(1)] = 0.25

    def __post_init__(self) -> None:
        self._similar: csr_array | None = None
        self._ordered = False

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Count who liked both of two items."""
        taken = sparse.liked(data)
        _, size = sparse.sizes(taken)
        shrink = np.float32(self.shrink)

        def weigh(both: NDArray[np.float32], row: NDArray[np.int32], column: NDArray[np.int32]) -> NDArray[np.float32]:
            similar = both / (np.sqrt(size[row] * size[column]) + shrink)
            return np.where(row == column, np.float32(0), similar)

        self._similar = sparse.best_products(taken.T.tocsr(), taken, weigh, self.k)
        self._ordered = data.clock != "none"

    def score(self, queries: Sequence[Query]) -> Scores:
        """Weighted sums of similarities; nan where no item of the history is similar."""
        return sparse.opinions(self.sparse_scores(queries))

    def sparse_scores(self, queries: Sequence[Query]) -> csr_array:
        """Weighted sums of similarities. The same where there are any."""
        similar = self._fitted()
        taken = histories.matrix(queries, similar.shape[0], decay=self._decay, dislike=self.dislike)
        out: csr_array = taken @ similar
        return out

    def contributions(self, query: Query, item: int) -> NDArray[np.float32]:
        """What each entry of the history adds to the score of `item`, shape (h,)."""
        column = self._fitted()[:, [item]].toarray()[:, 0]
        return column[query.history] * histories.weights(query, decay=self._decay, dislike=self.dislike)

    def state(self) -> State:
        """The similarities that were kept."""
        return {**sparse.pack("similar", self._fitted()), "ordered": np.array([self._ordered])}

    def restore(self, state: State) -> None:
        """Take the similarities back."""
        self._similar = sparse.unpack("similar", state)
        self._ordered = bool(array(state, "ordered")[0])

    @property
    def _decay(self) -> float:
        return self.decay if self._ordered else 1.0

    def _fitted(self) -> csr_array:
        if self._similar is None:
            raise NotFitted(self)
        return self._similar
