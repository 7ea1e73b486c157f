"""Every item predicted from all others by one linear regression, solved in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, final

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray

from tastemaker.core import BadSetting, NotFitted, Run, component
from tastemaker.core.space import Range, SearchSpace, Starts
from tastemaker.data import Dataset, ItemVectors, Query
from tastemaker.models import dense, histories, sparse
from tastemaker.models.base import Given, Recommender, Scores, State, array
from tastemaker.models.steps import step_products

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@final
@component
class EASE(Recommender):
    """Score an item by a linear regression on all others: ``sum_j w_j B_ji`` over liked items j.

    B minimises ``|X - X B|^2 + reg |B|^2`` with diagonal 0, X the 0/1 matrix of who liked what: with
    ``P = (X'X + reg I)^-1`` it is ``B_ji = -P_ji / P_ii``. Weights of the history as in `ItemKNN`. Items' vectors
    (centred, length 1) stand under X as rows that weigh `content`: each is worth so many likes, and items that
    nobody liked get scores. An item without likes and without vector gets no opinion.

    Where the data have an order, `order` of the errors are of another kind: with S the histories before each step,
    faded by `decay`, and T the items taken then, B minimises
    ``(1 - order) |X - X B|^2 + order |T - S B|^2 + reg |B|^2``. So it learns what comes next from the very histories
    that it is asked with.

    Source: Steck 2019, "Embarrassingly shallow autoencoders for sparse data"; `dropout` from Steck 2020,
    "Autoencoders that don't overfit towards the identity"; `content` from Jeunen et al. 2020, "Closed-form models
    for collaborative filtering with side-information"; `order` from Choi et al. 2021, "Session-aware linear item-item
    models for session-based recommendation" (SLIST).

    Attributes:
        reg: Penalty on squared weights; 100 to 1000.
        dropout: Share of each history that the regression expects to be missing: popular items are held down more.
        content: Likes that an item's vector is worth; 0 leaves content out.
        order: Share of what comes next among the errors; 0: each history is a set. Used where the data have an order.
        decay: Weight of a step back in the history; used where the data have an order.
        dislike: Weight of disliked items, which push down what they predict; 0 leaves them out.
        value: Power of ratings and event weights in the history; 0: all that is liked counts alike.
        limit: Items beyond which it refuses to learn: it holds 4 bytes times their square.
    """

    name: ClassVar[str] = "ease"
    space: ClassVar[SearchSpace] = {
        "reg": Range(20.0, 1000.0, log=True),
        "order": Range(0.0, 0.95),
        "decay": Range(0.4, 1.0),
        "dropout": Range(0.0, 0.8),
        "content": Range(0.5, 80.0, log=True),
        "value": Range(0.0, 1.0),
    }
    starts: ClassVar[Starts] = ({"order": 0.0, "decay": 1.0, "dropout": 0.5},)
    reg: Annotated[float, Gt(0)] = 250.0
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.0
    content: Annotated[float, Ge(0)] = 5.0
    order: Annotated[float, Ge(0), Lt(1)] = 0.5
    decay: Annotated[float, Gt(0), Le(1)] = 0.8
    dislike: Annotated[float, Ge(0), Le(1)] = 0.25
    value: Annotated[float, Ge(0), Le(4)] = 0.5
    limit: Annotated[int, Ge(1)] = 30_000

    def __post_init__(self) -> None:
        self._weights: NDArray[np.float32] | None = None  # over the items of which something is known
        self._place = np.empty(0, np.int32)  # of each item among those, -1: not
        self._ordered = False

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Solve the regression over the items that were liked or have a vector."""
        taken = sparse.liked(data)
        vectors = _centred(given.items) if given.items is not None and self.content > 0 else None
        known = sparse.sizes(taken)[1] > 0
        if vectors is not None:
            known |= vectors.any(axis=1)
        self._check(int(known.sum()))
        rows = np.flatnonzero(known)
        gram = dense.gram(taken[:, rows])
        if vectors is not None:
            dense.add_gram(gram, vectors[rows], self.content)
        self._ordered = data.clock != "none"
        turn = self._turn(gram, data, rows) if self._ordered and self.order > 0 else None
        self._weights = self._solve(gram, turn)
        self._place = np.where(known, np.cumsum(known) - 1, -1).astype(np.int32)

    def score(self, queries: Sequence[Query]) -> Scores:
        """Weighted sums of the regression's weights; nan where nothing is known of the item or of the history."""
        weights, known = self._fitted(), self._place >= 0
        taken = histories.matrix(queries, len(known), **self._weighing)[:, known]
        scores = np.full((len(queries), len(known)), np.nan, np.float32)
        scores[:, known] = taken @ weights
        scores[np.diff(taken.indptr) == 0] = np.nan
        return scores

    def contributions(self, query: Query, item: int) -> NDArray[np.float32]:
        """What each entry of the history adds to the score of `item`, shape (h,)."""
        weights, place = self._fitted(), self._place[query.history]
        out = np.where(place >= 0, weights[place, self._place[item]], 0) * histories.weights(query, **self._weighing)
        return np.asarray(out if self._place[item] >= 0 else np.zeros_like(out), np.float32)

    def state(self) -> State:
        """The regression's weights."""
        return {"weights": self._fitted(), "place": self._place, "ordered": np.array([self._ordered])}

    def restore(self, state: State) -> None:
        """Take the weights back."""
        self._weights, self._place = array(state, "weights"), array(state, "place")
        self._ordered = bool(array(state, "ordered")[0])

    def _turn(self, gram: dense.Square, data: Dataset, rows: NDArray[np.intp]) -> csr_array:
        """Give the steps their share of `gram`, in place; how far they are from reproducing their histories."""
        own, forward = (product[rows][:, rows] for product in step_products(data, self.decay))
        gram *= 1 - self.order
        dense.add_sparse(gram, own, self.order)
        out: csr_array = np.float32(self.order) * (own - forward)
        return out

    def _solve(self, gram: dense.Square, turn: csr_array | None) -> NDArray[np.float32]:
        """With P the inverse and N the turn: ``B = -P N - P diag(c)``, c such that the diagonal is 0."""
        diagonal = np.diag_indices(len(gram))
        if dense.steep(gram, self.reg):
            gram = gram.astype(np.float64)
        gram[diagonal] *= 1 / (1 - self.dropout)
        gram[diagonal] += self.reg
        inverse = dense.invert(gram)
        if turn is None:
            inverse /= -np.diag(inverse)
        else:
            turned = dense.times(inverse, turn)
            inverse *= (np.diag(turned) - 1) / np.diag(inverse)
            inverse -= turned
        inverse[diagonal] = 0
        return np.asarray(inverse, np.float32)

    def _check(self, items: int) -> None:
        if items > self.limit:
            raise BadSetting(
                f"The recommender 'ease' over {items:,} items needs {items**2 * 4 / 2**30:.1f} GiB and time that grows "
                f"with their cube; its `limit` is {self.limit:,}. Raise the limit, or choose 'rp3beta' or 'item_knn'."
            )

    @property
    def _weighing(self) -> dict[str, float]:
        return {"decay": self.decay if self._ordered else 1.0, "dislike": self.dislike, "value": self.value}

    def _fitted(self) -> NDArray[np.float32]:
        if self._weights is None:
            raise NotFitted(self)
        return self._weights


def _centred(items: ItemVectors) -> NDArray[np.float32]:
    """Vectors around their mean, of length 1; zero rows where there is none."""
    known = items.known & np.isfinite(items.vectors).all(axis=1)
    out = np.zeros(items.vectors.shape, np.float32)
    if known.any():
        centred = items.vectors[known] - items.vectors[known].mean(axis=0, dtype=np.float64)
        out[known] = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    return out
