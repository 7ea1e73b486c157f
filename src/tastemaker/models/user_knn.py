"""What people with a similar history liked: neighbourhood collaborative filtering over users."""

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
class UserKNN(Recommender):
    """Score an item by the similarity of those who liked it: ``sum_v s_v x_vi`` over the `k` nearest users v.

    ``s_v = (h . x_v) / (|h| |x_v| + shrink)`` with h the query's history (``decay ** steps back``, disliked
    items ``-dislike`` times that) and x_v the items that v liked at training; users with s_v <= 0 are no
    neighbours, and a known user is none of his own. Items that no neighbour liked get no opinion.

    Source: Resnick et al. 1994 (user-based); Bell & Koren 2007 (shrinkage).

    Attributes:
        k: Neighbours of a query.
        shrink: Pulls similarities that few items vouch for towards 0.
        decay: Weight of a step back in the history; used where the data have an order.
        dislike: Weight of disliked items: who liked them counts less; 0 leaves them out.
    """

    name: ClassVar[str] = "user_knn"
    space: ClassVar[SearchSpace] = {
        "k": Range(20, 1000, log=True),
        "shrink": Range(0.1, 200.0, log=True),
        "decay": Range(0.5, 1.0),
        "dislike": Range(0.0, 1.0),
    }
    starts: ClassVar[Starts] = AS_SETS
    k: Annotated[int, Ge(1)] = 100
    shrink: Annotated[float, Ge(0)] = 5.0
    decay: Annotated[float, Gt(0), Le(1)] = 0.8
    dislike: Annotated[float, Ge(0), Le(1)] = 0.25

    def __post_init__(self) -> None:
        self._taken: csr_array | None = None
        self._ordered = False

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Keep who liked what."""
        self._taken = sparse.liked(data)
        self._ordered = data.clock != "none"

    def score(self, queries: Sequence[Query]) -> Scores:
        """Sums of the neighbours' similarities; nan where no neighbour liked the item."""
        return sparse.opinions(self.sparse_scores(queries))

    def sparse_scores(self, queries: Sequence[Query]) -> csr_array:
        """Sums of the neighbours' similarities. The same where there are any."""
        out: csr_array = self._neighbours(queries) @ self._fitted()
        return out

    def state(self) -> State:
        """Who liked what."""
        return {**sparse.pack("taken", self._fitted()), "ordered": np.array([self._ordered])}

    def restore(self, state: State) -> None:
        """Take it back."""
        self._taken = sparse.unpack("taken", state)
        self._ordered = bool(array(state, "ordered")[0])

    def _neighbours(self, queries: Sequence[Query]) -> csr_array:
        """Similarity of each query to its nearest users, shape (q, users)."""
        taken = self._fitted()
        decay = self.decay if self._ordered else 1.0
        asked = histories.matrix(queries, taken.shape[1], decay=decay, dislike=self.dislike)
        length = np.sqrt(np.asarray(asked.multiply(asked).sum(axis=1)).ravel()).astype(np.float32)
        size = np.sqrt(sparse.sizes(taken)[0])
        own = np.array([-1 if q.user is None else q.user for q in queries])
        shrink = np.float32(self.shrink)

        def weigh(shared: NDArray[np.float32], row: NDArray[np.int32], user: NDArray[np.int32]) -> NDArray[np.float32]:
            near = shared / (length[row] * size[user] + shrink)
            return np.where((own[row] == user) | (near < 0), np.float32(0), near)

        return sparse.best_products(asked, taken.T.tocsr(), weigh, self.k)

    def _fitted(self) -> csr_array:
        if self._taken is None:
            raise NotFitted(self)
        return self._taken
