"""Matrix factorisation of who took what, by alternating least squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, final

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from tastemaker.core import NotFitted, Run, component
from tastemaker.core.space import AS_SETS, Range, SearchSpace, Starts
from tastemaker.data import Dataset, Query
from tastemaker.models import histories, linear, sparse
from tastemaker.models.base import Given, Recommender, Scores, State, array
from tastemaker.models.normal_equations import solve

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Reals = NDArray[np.float32]
LEAST = 1e-12  # a penalty of nothing at all would leave the factors open


@final
@component
class ALS(Recommender):
    """Score an item by ``u v_i``: factors of users and items that explain who liked what and who did not.

    ``sum_liked (1 - u v)^2 + a sum_all (u v)^2 + sum_u r_u |u|^2 + sum_i r_i |v|^2`` is minimised in turns over
    users and items, where a makes all cells together weigh `zeros` times as much as the likes, and
    ``r_u = reg (n_u + a n_items)``; the same for items. A query is answered by the same least-squares problem
    over its history: an entry t opinions back stands as ``decay ** t`` in the place of 1 and weighs as much; a
    disliked one ``dislike`` times that, below 0. An item that nobody liked, and a query without opinions, get
    no opinion.

    Source: Hu et al. 2008; Rendle et al. 2022, "Revisiting the performance of iALS".

    Attributes:
        factors: Length of the vectors; fewer where the matrix has fewer directions.
        zeros: Weight of all cells as zeros together, in multiples of that of all likes.
        reg: Strength of the penalty.
        sweeps: Turns over users and items.
        decay: Weight of a step back in the history; used where the data have an order.
        dislike: Weight of disliked items, which push similar ones down; 0 leaves them out.
    """

    name: ClassVar[str] = "als"
    space: ClassVar[SearchSpace] = {
        "reg": Range(0.005, 0.2, log=True),
        "zeros": Range(1.0, 20.0, log=True),
        "decay": Range(0.6, 1.0),
        "factors": Range(32, 256, log=True),
    }
    starts: ClassVar[Starts] = AS_SETS
    factors: Annotated[int, Ge(1), Le(1024)] = 128
    zeros: Annotated[float, Gt(0)] = 3.0
    reg: Annotated[float, Gt(0)] = 0.03
    sweeps: Annotated[int, Ge(1)] = 10
    decay: Annotated[float, Gt(0), Le(1)] = 0.9
    dislike: Annotated[float, Ge(0), Le(1)] = 0.25

    def __post_init__(self) -> None:
        self._items: Reals | None = None  # in the axes in which their Gram matrix is diagonal
        self._gram: Reals | None = None  # that diagonal
        self._everywhere = 0.0
        self._ordered = False

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Alternate between users and items."""
        taken = sparse.liked(data)
        back = taken.T.tocsr()
        self._everywhere = self.zeros * taken.nnz / max(1, taken.shape[0] * taken.shape[1])
        users = _start(taken, self.factors, run.seed)
        ones = np.ones(taken.nnz, np.float32)
        for _ in run.progress(range(self.sweeps), "als"):
            items = self._solved(back, ones, _turned(users))
            users = self._solved(taken, ones, _turned(items))
        self._take(_turned(items))
        self._ordered = data.clock != "none"

    def score(self, queries: Sequence[Query]) -> Scores:
        """Inner products; nan for items that nobody liked and for queries without opinions."""
        items = self._fitted()
        where = self.query_vectors(queries)
        scores: Scores = where @ items.T
        scores[:, ~items.any(axis=1)] = np.nan
        scores[~where.any(axis=1)] = np.nan
        return scores

    def query_vectors(self, queries: Sequence[Query]) -> Reals:
        """The factors of each query, shape (q, d); zeros where nothing is known."""
        items = self._fitted()
        decay = self.decay if self._ordered else 1.0
        taken = histories.matrix(queries, len(items), decay=decay, dislike=self.dislike)
        target = taken.data.copy()
        taken.data = np.abs(taken.data)
        return self._solved(taken, target, items, self._gram)

    def item_vectors(self) -> Reals:
        """The factors of each item, shape (n_items, d); zeros where nobody liked it."""
        return self._fitted()

    def state(self) -> State:
        """The factors of the items."""
        return {
            "items": self._fitted(),
            "everywhere": np.array([self._everywhere]),
            "ordered": np.array([self._ordered]),
        }

    def restore(self, state: State) -> None:
        """Take them back."""
        self._take(array(state, "items"))
        self._everywhere = float(array(state, "everywhere")[0])
        self._ordered = bool(array(state, "ordered")[0])

    def _solved(self, cells: csr_array, target: Reals, others: Reals, gram: Reals | None = None) -> Reals:
        """The factors of each row, given those of the columns in the axes of `_turned`, and their Gram matrix."""
        squares = np.square(others).sum(axis=0) if gram is None else gram
        size = np.asarray(cells.sum(axis=1)) + self._everywhere * len(others)
        ridge = self._everywhere * squares + self.reg * size[:, None]
        return solve(cells, target, others, np.maximum(ridge, LEAST).astype(np.float32))

    def _take(self, items: Reals) -> None:
        self._items, self._gram = items, np.square(items).sum(axis=0)

    def _fitted(self) -> Reals:
        if self._items is None:
            raise NotFitted(self)
        return self._items


def _turned(vectors: Reals) -> Reals:
    """The same points in the axes in which ``V'V`` is diagonal."""
    wide = vectors.astype(np.float64)
    _, axes = np.linalg.eigh(wide.T @ wide)
    return np.asarray(wide @ axes[:, ::-1], np.float32)


def _start(taken: csr_array, factors: int, seed: int) -> Reals:
    """Users in the strongest directions of the matrix: a start that knows no numbering."""
    size, items = linear.factors(taken, factors, seed)
    return np.asarray(taken @ (items / np.sqrt(np.maximum(size, 1e-12))), np.float32)
