"""Determinantal point process: the list as a whole spans much of the space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, final

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray
from pydantic import Field

from tastemaker.core import NotFitted, Run, component
from tastemaker.data import Dataset, Query, Recommendations
from tastemaker.models.base import Given, Recommender, Scores, State, array
from tastemaker.models.parts import Part, built, learned, pack, unpack
from tastemaker.models.ranking import Wish
from tastemaker.models.rerank.likeness import products, unit_vectors
from tastemaker.models.rerank.top import Floats, Reorder

LEAST = np.float32(1e-5)  # what float32 tells from nothing


@final
@component
class DPP(Recommender):
    """Re-order the first places towards ``max (1 - trade) sum r_i + trade log det S``, greedily.

    r are the model's scores, moved to 0..1 over the `depth` candidates;
    ``S_ij = (1 + cos(i, j)) / 2``. The determinant grows by how much of an item lies outside of what the whole list
    spans, where `mmr` looks at the one most alike. Likeness is the cosine of the fused, centred item vectors;
    without content that of the directions of who liked what.

    Source: Chen, Zhang & Zhou 2018, "Fast greedy MAP inference for determinantal point process", algorithm 1.

    Attributes:
        model: Name or specification of the recommender whose lists are re-ordered.
        trade: Weight of diversity; 0 leaves the lists as they are.
        depth: How many of the first places are re-ordered.
    """

    name: ClassVar[str] = "dpp"
    model: Part = Field(default_factory=lambda: built("item_knn")[0])
    trade: Annotated[float, Ge(0), Le(1)] = 0.1
    depth: Annotated[int, Ge(2), Le(1000)] = 100

    def __post_init__(self) -> None:
        self._unit: NDArray[np.float32] | None = None

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Fit the model, and place the items."""
        learned([self.model], data, given, run)
        self._unit = unit_vectors(data, given, run.seed)

    def score(self, queries: Sequence[Query]) -> Scores:
        """The model's scores; the best unseen items exchange theirs."""
        return self._reorder().scores(queries)

    def relist(self, queries: Sequence[Query], wish: Wish) -> Recommendations:
        """The model's lists, re-ordered."""
        return self._reorder().lists(queries, wish)

    def state(self) -> State:
        """The model's arrays, and where items stand."""
        return {**pack([self.model], [True]), "unit": self._fitted()}

    def restore(self, state: State) -> None:
        """Take them back."""
        unpack([self.model], state)
        self._unit = array(state, "unit")

    def _reorder(self) -> Reorder:
        unit = self._fitted()
        return Reorder(self.model, self.depth, self.trade, lambda _, items: Volume(products(unit, items)))

    def _fitted(self) -> NDArray[np.float32]:
        if self._unit is None:
            raise NotFitted(self)
        return self._unit


class Volume:
    """How much each candidate adds to the log-determinant of the list, for cosines (q, c, c).

    The Cholesky factor of the list grows by a row a step; what is left of the diagonal is the gain.
    """

    def __init__(self, cosines: Floats) -> None:
        known = np.diagonal(cosines, axis1=1, axis2=2) > 0
        self._kernel = np.where(known[:, :, None] & known[:, None], (1 + cosines) / 2, np.float32(0))
        self._left = np.ones(cosines.shape[:2], np.float32)
        self._rows = np.empty((cosines.shape[0], 0, cosines.shape[1]), np.float32)

    def worth(self) -> Floats:
        """Logarithm of what is left of each candidate, at least that of `LEAST`, shape (q, c)."""
        return np.log(self._left)

    def take(self, place: NDArray[np.intp]) -> None:
        """One more row of the factor."""
        lists = np.arange(len(place))
        left, before = self._left[lists, place, None], self._rows[lists, :, place]
        row = self._kernel[lists, place] - (before[:, None] @ self._rows)[:, 0]
        row = np.where(left > LEAST, row / np.sqrt(left), 0)  # what the list spans already takes nothing from others
        self._left = np.maximum(self._left - row**2, LEAST)
        self._rows = np.concatenate([self._rows, row[:, None]], axis=1)
