"""Matrix factorisation of ratings, with who rated what: SVD++ with uncertainty, and lists beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, final

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from tastemaker.core import NotFitted, Run, component
from tastemaker.core.space import Range, SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.models.als import ALS
from tastemaker.models.base import Given, Recommender, Scores, State, array
from tastemaker.models.histories import latest
from tastemaker.models.rating_factors import RatingFactors, fit

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Reals = NDArray[np.float32]
TASTE, RATES = "taste.", "rates."
NO_RATINGS = np.array([0.0, 1.0, 0.5, 0.0])  # lowest, highest, from which on the answer is yes, lowest that is liked


@final
@component
class MF(Recommender):
    """Predicts ratings, ``mean + b_u + b_i + p_u q_i``, and makes lists of what is likely to be taken and liked.

    As in SVD++ the choice of items speaks too: factors and bias of a user are expected at the sum of what the
    items he rated say, ``|N(u)|^-1/2 sum_j y_j``, and those of an item at the same sum over who rated it. All
    factors are believed with an uncertainty, and so every strength but `reg` is learned from the data
    (variational Bayes). A user is the posterior given the ratings in the query's history, so a stranger is
    answered like everyone.

    The best rated item is seldom what comes next. Lists are sorted by ``u v_i + weight (b_i + p_u q_i) / s``:
    the first from `als` over what was liked, the second the predicted rating, s the standard deviation of its
    error. An item that nobody liked, and a query without opinions, get no opinion.

    Where nobody rates, likes stand for 1 and all else for 0: `rate` is then the score of the lists.

    Source: Koren 2008, eq. 15; Lim & Teh 2007 (variational factors); Salakhutdinov & Mnih 2008.

    Attributes:
        factors: Most factors of a rating.
        reg: Strength of what the choice of items says; more trusts it less.
        sweeps: Turns over users and items.
        weight: Weight of the predicted rating in lists.
        decay: Weight of a step back in the history, for what is liked; used where the data have an order.
        dislike: Weight of disliked items in lists, beside their ratings; 0 leaves them out.
    """

    name: ClassVar[str] = "mf"
    space: ClassVar[SearchSpace] = {
        "factors": Range(8, 48, log=True),
        "reg": Range(0.3, 20.0, log=True),
        "weight": Range(0.0, 0.1),
        "decay": Range(0.6, 1.0),
    }
    factors: Annotated[int, Ge(1), Le(256)] = 20
    reg: Annotated[float, Gt(0)] = 1.5
    sweeps: Annotated[int, Ge(1)] = 15
    weight: Annotated[float, Ge(0)] = 0.02
    decay: Annotated[float, Gt(0), Le(1)] = 0.9
    dislike: Annotated[float, Ge(0), Le(1)] = 0.25

    def __post_init__(self) -> None:
        self._taste: ALS | None = None
        self._rates: RatingFactors | None = None
        self._scale = NO_RATINGS

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Learn likes, and ratings where there are any."""
        self._rates, self._scale = None, NO_RATINGS
        self._taste = ALS(decay=self.decay, dislike=self.dislike).fit(data, run=run)
        log = data.interactions
        if not data.explicit or not len(log):
            return
        self._scale = _scale(data)
        shape = (len(data.users), len(data.items))
        cells = _cells((log.user, log.item, log.value), shape)
        turns = run.progress(range(self.sweeps), "mf")
        self._rates = fit(cells, self.factors, self.reg, sweeps=turns, seed=run.seed)

    def score(self, queries: Sequence[Query]) -> Scores:
        """How likely each item is to be taken and liked; nan for items that nobody liked."""
        where, items = self.query_vectors(queries), self.item_vectors()
        scores: Scores = where @ items.T
        scores[:, ~items.any(axis=1)] = np.nan
        scores[~where.any(axis=1)] = np.nan
        return scores

    def query_vectors(self, queries: Sequence[Query]) -> Reals:
        """Taste, then the user's side of a rating, shape (q, d); zeros where nothing is known."""
        taste = self._fitted().query_vectors(queries)
        if self._rates is None:
            return taste
        users = self._rates.users(self._history(queries))
        users[:, -1] = 1
        users *= (self.weight / np.sqrt(self._rates.noise)) * taste.any(axis=1, keepdims=True)
        return np.hstack([taste, users]).astype(np.float32)

    def item_vectors(self) -> Reals:
        """What tastes and ratings multiply, shape (n_items, d); zeros where nobody liked it."""
        taste = self._fitted().item_vectors()
        if self._rates is None:
            return taste
        return np.hstack([taste, self._rates.items.mean * taste.any(axis=1, keepdims=True)]).astype(np.float32)

    def rate(self, queries: Sequence[Query], items: NDArray[np.int32]) -> Reals:
        """Predicted rating of each pair within the seen range, shape (n,); item -1 is an unknown item."""
        taste = self._fitted()
        which = _same(queries)
        asked = [queries[n] for n in which[0]]
        if self._rates is None:
            there = items >= 0
            met = taste.item_vectors()[np.where(there, items, 0)] * there[:, None]
            found = np.einsum("nd,nd->n", taste.query_vectors(asked)[which[1]], met)
        else:
            found = self._rates.rate(self._rates.users(self._history(asked))[which[1]], items)
        low, high = self._scale[:2]
        return np.asarray(np.clip(found, low, high), np.float32)

    @property
    def threshold(self) -> float:
        """The prediction from which on the answer is yes: the lowest positive rating, 0.5 where nobody rates."""
        return float(self._scale[2])

    def state(self) -> State:
        """Factors of likes and of ratings."""
        taste = {TASTE + name: part for name, part in self._fitted().state().items()}
        rates = {} if self._rates is None else {RATES + name: part for name, part in self._rates.state().items()}
        return {**taste, **rates, "scale": self._scale}

    def restore(self, state: State) -> None:
        """Take them back."""
        self._scale = array(state, "scale")
        self._taste = ALS(decay=self.decay, dislike=self.dislike)
        self._taste.restore(_part(state, TASTE))
        rates = _part(state, RATES)
        self._rates = RatingFactors.restored(rates) if rates else None

    def _history(self, queries: Sequence[Query]) -> csr_array:
        """Ratings of the queries; what is liked without a rating stands for the lowest that is liked."""
        sizes = [len(q.history) for q in queries]
        row = np.repeat(np.arange(len(queries)), sizes)
        item = np.concatenate([np.empty(0, np.int32), *(q.history for q in queries)])
        value = np.concatenate([np.empty(0, np.float32), *(q.value for q in queries)])
        sign = np.concatenate([np.empty(0, np.int8), *(q.sign for q in queries)])
        value = np.where(sign > 0, np.maximum(value, self._scale[3]), value).astype(np.float32)
        return _cells((row, item, value), (len(queries), len(self._fitted().item_vectors())))

    def _fitted(self) -> ALS:
        if self._taste is None:
            raise NotFitted(self)
        return self._taste


def _cells(columns: tuple[NDArray[np.integer], NDArray[np.integer], Reals], shape: tuple[int, int]) -> csr_array:
    """The latest rating of each pair."""
    from scipy.sparse import csr_array

    keep = latest(columns[0], columns[1])
    row, item, value = (column[keep] for column in columns)
    out = csr_array((value, (row.astype(np.int32), item.astype(np.int32))), shape=shape)
    out.sort_indices()
    return out


def _scale(data: Dataset) -> NDArray[np.float64]:
    """What `NO_RATINGS` holds, of data with ratings; where all are liked or none, the mean divides them."""
    value, liked = data.interactions.value, data.interactions.sign > 0
    least = value[liked].min() if liked.any() else value.min()
    yes = value.mean() if liked.all() or not liked.any() else least
    return np.array([value.min(), value.max(), yes, least], np.float64)


def _same(queries: Sequence[Query]) -> tuple[list[int], NDArray[np.int64]]:
    """Places of distinct queries, and which of them each is."""
    _, first, which = np.unique([id(q) for q in queries], return_index=True, return_inverse=True)
    return first.tolist(), which


def _part(state: State, prefix: str) -> State:
    return {name[len(prefix) :]: part for name, part in state.items() if name.startswith(prefix)}
