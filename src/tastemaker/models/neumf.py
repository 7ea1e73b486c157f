"""Factors of items that meet in a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, final

from annotated_types import Ge, Gt, Le

from tastemaker.core import NotFitted, Run, component
from tastemaker.core.space import SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.models.base import Given, Recommender, Scores, State
from tastemaker.models.pairwise import SPACE, Kind, learned

if TYPE_CHECKING:
    from tastemaker.models.nets.pairs import Ranker


@final
@component
class NeuMF(Recommender):
    """Score by an inner product with learned weights and a network, ``h (p * q) + MLP([p', q']) + b_i``.

    Trained as in the paper on taken and drawn items with cross-entropy. A user has no vectors of his own: they
    are sums over what he liked, as in `bpr`, so a stranger is answered like everyone. On equal terms a plain
    inner product is usually better and much cheaper (Rendle et al. 2020; Dacrema et al. 2019): this one is here
    to be compared with `bpr` and `als`. An item that nobody liked gets no opinion.

    Source: He et al. 2017, eq. 12; Kabbur et al. 2013 (FISM).

    Attributes:
        dim: Width of the factors.
        hidden: Width of the first layer of the network; the second has half of it.
        alpha: Power of the length of a history by which its sum is divided; 0 is a sum, 1 a mean.
        negatives: Items not taken that are drawn for each one that was.
        reg: Strength of the penalty on the factors that a pair uses.
        learning_rate: Of Adam.
        epochs: Most passes over the pairs.
        patience: Epochs without a better validation figure after which training ends.
        batch: About how many pairs a step; small data get fewer, so that an epoch has 20 steps.
        decay: Weight of a step back in the history of a query; used where the data have an order.
        dislike: Weight of disliked items, which push similar ones down; 0 leaves them out.
    """

    name: ClassVar[str] = "neumf"
    space: ClassVar[SearchSpace] = SPACE
    dim: Annotated[int, Ge(1), Le(1024)] = 32
    hidden: Annotated[int, Ge(1), Le(1024)] = 64
    alpha: Annotated[float, Ge(0), Le(1)] = 0.5
    negatives: Annotated[int, Ge(1)] = 4
    reg: Annotated[float, Ge(0)] = 0.001
    learning_rate: Annotated[float, Gt(0)] = 0.005
    epochs: Annotated[int, Ge(1)] = 100
    patience: Annotated[int, Ge(1)] = 5
    batch: Annotated[int, Ge(1)] = 4096
    decay: Annotated[float, Gt(0), Le(1)] = 0.9
    dislike: Annotated[float, Ge(0), Le(1)] = 0.25

    def __post_init__(self) -> None:
        self._ranker: Ranker | None = None

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Train; the number of epochs is chosen on held-out likes."""
        self._ranker = learned(self, Kind("click", self.hidden), data, given, run).ranker()

    def score(self, queries: Sequence[Query]) -> Scores:
        """Logits; nan for items that nobody liked and for histories without a known item."""
        return self._fitted(queries)

    def state(self) -> State:
        """The factors of the items, and the network."""
        return self._fitted.state()

    def restore(self, state: State) -> None:
        """Take them back."""
        from tastemaker.models.nets.pairs import restored

        self._ranker = restored(state, self.dim, self.hidden)

    @property
    def _fitted(self) -> Ranker:
        if self._ranker is None:
            raise NotFitted(self)
        return self._ranker
