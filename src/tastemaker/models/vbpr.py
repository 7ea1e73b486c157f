"""Factors of items beside their fused content, trained on pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, final

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from tastemaker.core import NotFitted, Run, component
from tastemaker.core.space import Range, SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.fusion import FUSIONS
from tastemaker.models.base import Given, Recommender, Scores, State
from tastemaker.models.pairwise import SPACE, Factors, Kind, learned

Joined = Annotated[Any, BeforeValidator(FUSIONS.coerce)]


@final
@component
class VBPR(Recommender):
    """`bpr` whose items are their own vectors plus their fused content, so new items are ranked by content.

    ``x = u (q_i + E f_i) + b_i`` with f the item's sources, each projected and fused; what an item says in a
    history is made likewise, by weights of its own. He & McAuley give content factors of its own; here both
    share one space and own vectors are hidden at random in training, so that content alone learns to rank.
    Without content it is `bpr`.

    Source: He & McAuley 2016 (VBPR); Volkovs et al. 2017 (DropoutNet); Kabbur et al. 2013 (FISM).

    Attributes:
        fusion: Name or specification of a fusion of the item's sources; trained jointly.
        dim: Width of the factors.
        alpha: Power of the length of a history by which its sum is divided; 0 is a sum, 1 a mean.
        negatives: Items not taken that are drawn for each one that was.
        reg: Strength of the penalty on the factors that a pair uses.
        learning_rate: Of Adam.
        epochs: Most passes over the pairs.
        patience: Epochs without a better validation figure after which training ends.
        batch: About how many pairs a step; small data get fewer, so that an epoch has 20 steps.
        decay: Weight of a step back in the history of a query; used where the data have an order.
        dislike: Weight of disliked items, which push similar ones down; 0 leaves them out.
        id_dropout: Chance that an item's own vector is hidden in training.
    """

    name: ClassVar[str] = "vbpr"
    space: ClassVar[SearchSpace] = {**SPACE, "id_dropout": Range(0.0, 0.8)}
    fusion: Joined = Field(default_factory=lambda: FUSIONS.build("weighted"))
    dim: Annotated[int, Ge(1), Le(1024)] = 64
    alpha: Annotated[float, Ge(0), Le(1)] = 0.5
    negatives: Annotated[int, Ge(1)] = 4
    reg: Annotated[float, Ge(0)] = 0.001
    learning_rate: Annotated[float, Gt(0)] = 0.002
    epochs: Annotated[int, Ge(1)] = 100
    patience: Annotated[int, Ge(1)] = 5
    batch: Annotated[int, Ge(1)] = 4096
    decay: Annotated[float, Gt(0), Le(1)] = 0.9
    dislike: Annotated[float, Ge(0), Le(1)] = 0.25
    id_dropout: Annotated[float, Ge(0), Lt(1)] = 0.2

    def __post_init__(self) -> None:
        self._factors: Factors | None = None

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Train; the number of epochs is chosen on held-out likes."""
        self._factors = learned(self, Kind(fusion=self.fusion, id_dropout=self.id_dropout), data, given, run).factors()

    def score(self, queries: Sequence[Query]) -> Scores:
        """Inner products; nan for unknown items and for histories without a known one."""
        return self._fitted.score(queries)

    def query_vectors(self, queries: Sequence[Query]) -> NDArray[np.float32]:
        """What the history says, and a 1 for the bias, shape (q, dim + 1); zeros where nothing is known."""
        return self._fitted.query_vectors(queries)

    def item_vectors(self) -> NDArray[np.float32]:
        """Factors and bias of each item, shape (n_items, dim + 1); zeros where nothing is known."""
        return self._fitted.item_vectors()

    def state(self) -> State:
        """The factors of the items."""
        return self._fitted.state()

    def restore(self, state: State) -> None:
        """Take them back."""
        self._factors = Factors.restored(state)

    @property
    def _fitted(self) -> Factors:
        if self._factors is None:
            raise NotFitted(self)
        return self._factors
