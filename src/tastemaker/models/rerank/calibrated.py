"""Calibration: the list's categories in the proportions of what the user liked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, final

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray
from pydantic import Field

from tastemaker.core import NotFitted, Run, component
from tastemaker.data import Dataset, Query, Recommendations
from tastemaker.evaluation.categories import item_categories
from tastemaker.models import histories, sparse
from tastemaker.models.base import Given, Recommender, Scores, State
from tastemaker.models.parts import Part, built, learned, pack, unpack
from tastemaker.models.ranking import Wish
from tastemaker.models.rerank.top import Floats, Reorder

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@final
@component
class Calibrated(Recommender):
    """Re-order the first places: each time ``max (1 - trade) r_i - trade KL(p, q)``, q with i in the list.

    p are the shares of the categories in what the user liked, q those in the list, smoothed by ``alpha p``; an item
    of several categories gives each an equal part. r are the model's scores, moved to 0..1 over the `depth`
    candidates. Where items have no categories, or the user's have none, lists stay as they are.

    Source: Steck 2018, "Calibrated recommendations", eq. 2-7.

    Attributes:
        model: Name or specification of the recommender whose lists are re-ordered.
        trade: Weight of calibration; 0 leaves the lists as they are.
        depth: How many of the first places are re-ordered.
        alpha: Weight of p in the smoothed q.
        attribute: Column of the items' attributes; None takes category or genre, else the first column of categories
            with fewer categories than items.
    """

    name: ClassVar[str] = "calibrated"
    model: Part = Field(default_factory=lambda: built("item_knn")[0])
    trade: Annotated[float, Ge(0), Le(1)] = 0.3
    depth: Annotated[int, Ge(2), Le(1000)] = 100
    alpha: Annotated[float, Gt(0), Lt(1)] = 0.01
    attribute: str | None = None

    def __post_init__(self) -> None:
        self._shares: csr_array | None = None

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Fit the model, and note the categories of the items."""
        from scipy.sparse import csr_array

        learned([self.model], data, given, run)
        shares = item_categories(data, self.attribute)
        if shares is None:
            run.say("note: calibrated changes nothing: the items have no categories.")
            shares = csr_array((len(data.items), 1))
        self._shares = shares.astype(np.float32)

    def score(self, queries: Sequence[Query]) -> Scores:
        """The model's scores; the best unseen items exchange theirs."""
        return self._reorder().scores(queries)

    def relist(self, queries: Sequence[Query], wish: Wish) -> Recommendations:
        """The model's lists, re-ordered."""
        return self._reorder().lists(queries, wish)

    def state(self) -> State:
        """The model's arrays, and the categories."""
        return {**pack([self.model], [True]), **sparse.pack("shares", self._fitted())}

    def restore(self, state: State) -> None:
        """Take them back."""
        unpack([self.model], state)
        self._shares = sparse.unpack("shares", state)

    def _reorder(self) -> Reorder:
        return Reorder(self.model, self.depth, self.trade, partial(Near, self._fitted(), self.alpha))

    def _fitted(self) -> csr_array:
        if self._shares is None:
            raise NotFitted(self)
        return self._shares


class Near:
    """Less the divergence of each list's categories, with one item more, from those of its query's history.

    Only an item's own categories change; the others' part is summed once a list.
    """

    def __init__(self, shares: csr_array, alpha: float, queries: Sequence[Query], items: NDArray[np.int32]) -> None:
        self._wanted = _wanted(queries, shares)
        self._alpha = np.float32(alpha)
        column, part = padded(shares)
        self._column = column[items]  # (q, c, m)
        self._part = part[items] * (items >= 0)[:, :, None]
        self._adds: NDArray[np.bool_] = np.any(self._part > 0, axis=2)  # whether an item has categories
        self._own = np.take_along_axis(self._wanted[:, None], self._column, axis=2)
        self._held = np.zeros_like(self._wanted)  # (q, categories): parts of the list's items
        self._size = np.zeros((len(items), 1), np.float32)  # items with categories in the list

    def worth(self) -> Floats:
        """In [log(alpha), 0], shape (q, c)."""
        size = self._size + 1
        smooth = self._smooth(self._held, size, self._wanted)
        held = np.take_along_axis(self._held[:, None], self._column, axis=2)
        before = self._smooth(held, size[:, None], self._own)
        after = self._smooth(held + self._part, size[:, None], self._own)
        change = np.divide(after, before, out=np.ones_like(after), where=self._own > 0)
        more = (self._own * np.log(change)).sum(axis=2)
        with_it = self._sum(smooth)[:, None] + more
        without = self._sum(self._smooth(self._held, np.maximum(self._size, 1), self._wanted))[:, None]
        out: Floats = np.where(self._adds, with_it, without)
        return out

    def take(self, place: NDArray[np.intp]) -> None:
        """The new item's categories are the list's."""
        lists = np.arange(len(place))
        np.add.at(self._held, (lists[:, None], self._column[lists, place]), self._part[lists, place])
        self._size[:, 0] += self._adds[lists, place]

    def _smooth(self, held: Floats, size: Floats, wanted: Floats) -> Floats:
        return (1 - self._alpha) * held / size + self._alpha * wanted

    def _sum(self, smooth: Floats) -> Floats:
        """Less the divergence of `smooth`, shape (q,)."""
        there = self._wanted > 0
        share = np.where(there, smooth, 1) / np.where(there, self._wanted, 1)
        out: Floats = (self._wanted * np.log(share)).sum(axis=1)
        return out


def _wanted(queries: Sequence[Query], shares: csr_array) -> Floats:
    """Shares of the categories in what each query liked, shape (q, categories); zeros where nothing is known."""
    parts = (histories.matrix(queries, shares.shape[0]) @ shares).toarray()
    total = parts.sum(axis=1, keepdims=True)
    out: Floats = (parts / np.where(total > 0, total, 1)).astype(np.float32)
    return out


def padded(shares: csr_array) -> tuple[NDArray[np.intp], Floats]:
    """Each item's categories and parts side by side, each (n, m); parts of 0 pad."""
    n = np.diff(shares.indptr)
    row = np.repeat(np.arange(len(n)), n)
    place = np.arange(len(row)) - np.repeat(shares.indptr[:-1], n)
    width = max(int(n.max(initial=0)), 1)
    column, part = np.zeros((len(n), width), np.intp), np.zeros((len(n), width), np.float32)
    column[row, place], part[row, place] = shares.indices, shares.data
    return column, part
