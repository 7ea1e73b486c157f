"""Every item predicted from its neighbours by a small linear regression: for catalogues that `ease` cannot hold."""

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

CELLS = 1 << 21  # numbers of the regressions that are solved at a time


@final
@component
class SLIM(Recommender):
    """Score an item by a linear regression on its neighbours: ``sum_j w_j B_ji`` over liked items j.

    Column i of B minimises ``|x_i - X b|^2 + reg |b|^2``, X the 0/1 matrix of who liked what, b above 0 at most at
    the `k` items most similar to i by cosine that somebody liked together with it, never at i itself. With
    as many neighbours as there are items this is `ease` without order and content, but for weights between items
    that nobody liked together; with fewer it holds ``k`` numbers an item and needs the memory of the
    co-occurrences, not the square of the catalogue. The sparsity of the original comes from a penalty on absolute
    values and its weights are not negative; here the choice of neighbours makes B sparse (its variant fsSLIM).
    Weights of the history as in `ItemKNN`. An item without a weight in the history gets no opinion.

    Source: Ning & Karypis 2011, "SLIM: Sparse linear methods for top-N recommender systems"; Steck 2019 (EASE).

    Attributes:
        k: Neighbours of an item.
        reg: Penalty on squared weights.
        decay: Weight of a step back in the history; used where the data have an order.
        dislike: Weight of disliked items, which push down what they predict; 0 leaves them out.
    """

    name: ClassVar[str] = "slim"
    space: ClassVar[SearchSpace] = {
        "k": Range(20, 300, log=True),
        "reg": Range(1.0, 1000.0, log=True),
        "decay": Range(0.4, 1.0),
        "dislike": Range(0.0, 1.0),
    }
    starts: ClassVar[Starts] = AS_SETS
    parallel: ClassVar[bool] = True
    k: Annotated[int, Ge(1)] = 100
    reg: Annotated[float, Gt(0)] = 100.0
    decay: Annotated[float, Gt(0), Le(1)] = 0.8
    dislike: Annotated[float, Ge(0), Le(1)] = 0.25

    def __post_init__(self) -> None:
        self._weights: csr_array | None = None
        self._ordered = False

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Choose the neighbours of each item, and regress it on them."""
        self._weights = regressed(sparse.liked(data), self.k, self.reg)
        self._ordered = data.clock != "none"

    def score(self, queries: Sequence[Query]) -> Scores:
        """Weighted sums of the regressions' weights; nan where no item of the history has one."""
        weights = self._fitted()
        taken = histories.matrix(queries, weights.shape[0], **self._weighing)
        return sparse.opinions(taken @ weights)

    def contributions(self, query: Query, item: int) -> NDArray[np.float32]:
        """What each entry of the history adds to the score of `item`, shape (h,)."""
        column = self._fitted()[:, [item]].toarray()[:, 0]
        return column[query.history] * histories.weights(query, **self._weighing)

    def state(self) -> State:
        """The regressions' weights."""
        return {**sparse.pack("weights", self._fitted()), "ordered": np.array([self._ordered])}

    def restore(self, state: State) -> None:
        """Take the weights back."""
        self._weights = sparse.unpack("weights", state)
        self._ordered = bool(array(state, "ordered")[0])

    @property
    def _weighing(self) -> dict[str, float]:
        return {"decay": self.decay if self._ordered else 1.0, "dislike": self.dislike}

    def _fitted(self) -> csr_array:
        if self._weights is None:
            raise NotFitted(self)
        return self._weights


def regressed(taken: csr_array, k: int, reg: float) -> csr_array:
    """Weights B of ``X ~ X B``, (n_items, n_items): column i from the `k` nearest items of i and their ties."""
    from scipy.sparse import coo_array

    gram: csr_array = (taken.T @ taken).tocsr()
    gram.sort_indices()
    near = _near(taken, k)
    sizes = np.diff(near.indptr)
    rows, columns, weights = [np.empty(0, np.int32)], [np.empty(0, np.int32)], [np.empty(0, np.float32)]
    order = np.argsort(sizes, kind="stable")
    order = order[sizes[order] > 0]
    step = max(1, CELLS // max(1, int(sizes.max(initial=0))) ** 2)
    for at in range(0, len(order), step):
        items = order[at : at + step]
        found, there, others = _solved(gram, near, items, reg)
        rows.append(others[there])
        columns.append(np.repeat(items, there.sum(axis=1)).astype(np.int32))
        weights.append(found[there])
    cells = np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))
    out: csr_array = coo_array(cells, shape=gram.shape).tocsr()
    out.sort_indices()
    return out


def _near(taken: csr_array, k: int) -> csr_array:
    """The most similar items of each by cosine."""
    _, size = sparse.sizes(taken)

    def weigh(both: NDArray[np.float32], row: NDArray[np.int32], column: NDArray[np.int32]) -> NDArray[np.float32]:
        return np.where(row == column, np.float32(0), both / np.sqrt(size[row] * size[column]))

    return sparse.best_products(taken.T.tocsr(), taken, weigh, k)


def _solved(
    gram: csr_array, near: csr_array, items: NDArray[np.intp], reg: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.int32]]:
    """Weights, whether there is one, and the neighbours it belongs to, each (items, most neighbours)."""
    sizes = np.diff(near.indptr)[items]
    place = near.indptr[items][:, None] + np.arange(sizes.max())
    there = np.arange(sizes.max()) < sizes[:, None]
    others = near.indices[np.where(there, place, 0)].astype(np.int32)
    both = there[:, :, None] & there[:, None, :]
    left = np.zeros((*there.shape, there.shape[1]))
    n, a, b = np.nonzero(both)
    left[n, a, b] = gram[others[n, a], others[n, b]]
    right = np.zeros(there.shape)
    right[there] = gram[others[there], np.repeat(items, sizes)]
    axis = np.arange(left.shape[1])
    left[:, axis, axis] += reg
    found = np.linalg.solve(left, right[:, :, None])[:, :, 0]
    return found.astype(np.float32), there, others
