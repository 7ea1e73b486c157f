"""A frozen graph of like content beside the graph of likes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, final

from annotated_types import Ge, Gt, Le, Lt

from tastemaker.core import NotFitted, Run, component
from tastemaker.core.space import SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.models.base import Given, Recommender, Scores, State
from tastemaker.models.graph import SPACE, Reader, Vectors, learned, restored

if TYPE_CHECKING:
    from tastemaker.models.nets.items import ItemSources
    from tastemaker.models.nets.likes import Net


@final
@component
class Freedom(Recommender):
    """FREEDOM (Zhou & Shen 2023): ``v = mean_l (R'R)^l E + S E``, S the `k` nearest liked items by content.

    Trained on likes that are hidden from the graph. A query is the mean of its history, known or not,
    ``u(h) = |h|^-1/2 sum_j v_j n_j^-1/2`` with n the likes of an item; the score is ``u v_i``.
    An item that nobody liked stands where its neighbours by content stand.

    Attributes:
        dim: Width of all vectors.
        layers: Walks item - user - item that are averaged; 0 is no graph.
        k: Neighbours an item in the graph of each source.
        weights: What each source weighs in the graph, by encoder; None: all the same.
        content: Weight of ranking by each source alone.
        loss: "softmax" over shared negatives, or "bpr": one negative a like.
        temperature: What cosines are divided by in training; small ones look at the hardest negatives.
        popularity: Power of an item's likes that its vector is as long as; 0 favours nobody.
        negatives: Drawn items that a batch shares.
        full: Catalogues up to this size are ranked whole instead.
        drop: Share of the likes that are hidden in an epoch, and told from the others.
        decay: Weight of a step back in the history; used where the data have an order.
        dislike: Weight of disliked items, which push similar ones down; 0 leaves them out.
        learning_rate: Of Adam.
        weight_decay: Decoupled pull of all weights to zero.
        epochs: Most passes over the likes.
        patience: Epochs without a better validation figure after which training ends.
        batch: Likes a step.
    """

    name: ClassVar[str] = "freedom"
    space: ClassVar[SearchSpace] = SPACE
    dim: Annotated[int, Ge(1)] = 128
    layers: Annotated[int, Ge(0)] = 1
    k: Annotated[int, Ge(1)] = 10
    weights: dict[str, Annotated[float, Ge(0)]] | None = None
    content: Annotated[float, Ge(0)] = 0.001
    loss: Literal["softmax", "bpr"] = "softmax"
    temperature: Annotated[float, Gt(0)] = 0.2
    popularity: Annotated[float, Ge(0), Le(1)] = 0.2
    negatives: Annotated[int, Ge(1)] = 256
    full: Annotated[int, Ge(0)] = 2000
    drop: Annotated[float, Gt(0), Lt(1)] = 0.3
    decay: Annotated[float, Gt(0), Le(1)] = 0.9
    dislike: Annotated[float, Ge(0), Le(1)] = 0.25
    learning_rate: Annotated[float, Gt(0)] = 3e-3
    weight_decay: Annotated[float, Ge(0)] = 0.0
    epochs: Annotated[int, Ge(1)] = 60
    patience: Annotated[int, Ge(1)] = 8
    batch: Annotated[int, Ge(1)] = 4096

    def __post_init__(self) -> None:
        self._reader: Reader | None = None

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Train to rank each like by the other likes of its user."""
        self._reader = learned(self, self._net, data, given, run)

    def score(self, queries: Sequence[Query]) -> Scores:
        """Inner products; nan for unknown items and where nothing is known of the query."""
        return self._known.score(queries)

    def query_vectors(self, queries: Sequence[Query]) -> Vectors:
        """The mean of the history, (q, dim); zeros where nothing is known."""
        return self._known(queries)

    def item_vectors(self) -> Vectors:
        """Vectors of the items, (n_items, dim); zeros where nothing is known."""
        return self._known.items

    def state(self) -> State:
        """Item vectors and the weights of the history."""
        return self._known.pack()

    def restore(self, state: State) -> None:
        """Take back what `state` gave."""
        self._reader = restored(state)

    @property
    def _known(self) -> Reader:
        if self._reader is None:
            raise NotFitted(self)
        return self._reader

    def _net(self, sources: ItemSources) -> Net:
        from tastemaker.models.nets.light import FreedomNet, LightNet
        from tastemaker.models.nets.views import views_of

        views = views_of(sources, self.k)
        light = LightNet(sources.ids >= 0, self.dim, self.layers)
        return FreedomNet(light, views, views.joined(self.weights), self.content)
