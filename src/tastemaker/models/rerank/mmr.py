"""Maximal marginal relevance: what is relevant and unlike what the list already holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


@final
@component
class MMR(Recommender):
    """Re-order the first places: each time ``max (1 - trade) r_i - trade max_j cos(i, j)``, j in the list so far.

    r are the model's scores, moved to 0..1 over the `depth` candidates. Likeness is the cosine
    of the fused, centred item vectors; without content that of the directions of who liked what.

    Source: Carbonell & Goldstein 1998, "The use of MMR".

    Attributes:
        model: Name or specification of the recommender whose lists are re-ordered.
        trade: Weight of diversity; 0 leaves the lists as they are.
        depth: How many of the first places are re-ordered.
    """

    name: ClassVar[str] = "mmr"
    model: Part = Field(default_factory=lambda: built("item_knn")[0])
    trade: Annotated[float, Ge(0), Le(1)] = 0.3
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
        return Reorder(self.model, self.depth, self.trade, lambda _, items: _unlike(products(unit, items)))

    def _fitted(self) -> NDArray[np.float32]:
        if self._unit is None:
            raise NotFitted(self)
        return self._unit


class Unlike:
    """Less the likeness to the most alike item of the list; 0 in an empty list.

    Args:
        cosines: Those of all candidates, shape (q, c), with the one at each list's place, shape (q,).
        shape: (q, c).
    """

    def __init__(self, cosines: Callable[[NDArray[np.intp]], Floats], shape: tuple[int, int]) -> None:
        self._cosines, self._shape = cosines, shape
        self._nearest: Floats | None = None

    def worth(self) -> Floats:
        """In [-1, 1], shape (q, c)."""
        return np.zeros(self._shape, np.float32) if self._nearest is None else -self._nearest

    def take(self, place: NDArray[np.intp]) -> None:
        """Compare all with the new item."""
        new = self._cosines(place)
        self._nearest = new if self._nearest is None else np.maximum(self._nearest, new)


def _unlike(cosines: Floats) -> Unlike:
    """For the cosines of all pairs, shape (q, c, c)."""
    return Unlike(lambda place: cosines[np.arange(len(place)), place], cosines.shape[:2])
