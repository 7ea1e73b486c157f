"""Random walks user - item - user - item, with popular ends held down."""

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
class RP3Beta(Recommender):
    """Score an item by random walks of three steps that end at it: ``sum_j w_j W_ji`` over liked items j.

    ``W = Q P`` with ``P_ui = (x_ui / n_u) ** alpha`` and ``Q_ju = (x_uj / n_j) ** alpha``, its columns times
    ``n_i ** -beta``, its diagonal 0; of each row the `k` largest are kept. Weights of the history as in
    `ItemKNN`.

    Source: Paudel et al. 2017, "Updatable, accurate, diverse, and scalable recommendations" (RP3-beta);
    alpha from Cooper et al. 2014.

    Attributes:
        alpha: Power of the steps' probabilities; below 1 long histories and popular items count more.
        beta: Power of an end's popularity; larger values reach more of the catalogue.
        k: Ends kept an item.
        decay: Weight of a step back in the history; used where the data have an order.
        dislike: Weight of disliked items, which push down what the walks from them reach; 0 leaves them out.
    """

    name: ClassVar[str] = "rp3beta"
    space: ClassVar[SearchSpace] = {
        "alpha": Range(0.1, 1.5),
        "beta": Range(0.0, 1.0),
        "k": Range(20, 2000, log=True),
        "decay": Range(0.5, 1.0),
        "dislike": Range(0.0, 1.0),
    }
    starts: ClassVar[Starts] = AS_SETS
    alpha: Annotated[float, Ge(0), Le(4)] = 0.4
    beta: Annotated[float, Ge(0), Le(4)] = 0.2
    k: Annotated[int, Ge(1)] = 1000
    decay: Annotated[float, Gt(0), Le(1)] = 0.8
    dislike: Annotated[float, Ge(0), Le(1)] = 0.25

    def __post_init__(self) -> None:
        self._walks: csr_array | None = None
        self._ordered = False

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Sum the walks between any two items."""
        taken = sparse.liked(data)
        of_user, of_item = (np.maximum(n, 1) for n in sparse.sizes(taken))
        start = taken.T.tocsr()
        start.data = np.power(of_user[start.indices] * np.repeat(of_item, np.diff(start.indptr)), -self.alpha)
        end = np.power(of_item, -self.beta)

        def weigh(walks: NDArray[np.float32], row: NDArray[np.int32], column: NDArray[np.int32]) -> NDArray[np.float32]:
            return np.where(row == column, np.float32(0), walks * end[column])

        self._walks = sparse.best_products(_float32(start), taken, weigh, self.k)
        self._ordered = data.clock != "none"

    def score(self, queries: Sequence[Query]) -> Scores:
        """Weighted sums of walks; nan where none leads from the history to the item."""
        return sparse.opinions(self.sparse_scores(queries))

    def sparse_scores(self, queries: Sequence[Query]) -> csr_array:
        """Weighted sums of walks. The same where there are any."""
        walks = self._fitted()
        taken = histories.matrix(queries, walks.shape[0], decay=self._decay, dislike=self.dislike)
        out: csr_array = taken @ walks
        return out

    def contributions(self, query: Query, item: int) -> NDArray[np.float32]:
        """What each entry of the history adds to the score of `item`, shape (h,)."""
        column = self._fitted()[:, [item]].toarray()[:, 0]
        return column[query.history] * histories.weights(query, decay=self._decay, dislike=self.dislike)

    def state(self) -> State:
        """The walks that were kept."""
        return {**sparse.pack("walks", self._fitted()), "ordered": np.array([self._ordered])}

    def restore(self, state: State) -> None:
        """Take the walks back."""
        self._walks = sparse.unpack("walks", state)
        self._ordered = bool(array(state, "ordered")[0])

    @property
    def _decay(self) -> float:
        return self.decay if self._ordered else 1.0

    def _fitted(self) -> csr_array:
        if self._walks is None:
            raise NotFitted(self)
        return self._walks


def _float32(matrix: csr_array) -> csr_array:
    matrix.data = matrix.data.astype(np.float32)
    return matrix
