"""Graphs of likes and of likeness by each source of content, purified and fused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, final

from annotated_types import Ge, Gt, Le, Lt

from tastemaker.core import NotFitted, Run, component
from tastemaker.core.space import SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.models.base import Given, Recommender, Scores, State
from tastemaker.models.beside import Beside
from tastemaker.models.graph import SPACE, Vectors, learned, restored
from tastemaker.models.halves import Halves

if TYPE_CHECKING:
    from tastemaker.models.nets.items import ItemSources
    from tastemaker.models.nets.likes import Net


@final
@component
class MMGraph(Recommender):
    """MGCN (Yu et al. 2023), or with `spectral` SMORE (Ong & Khong 2025), over any number of sources.

    ``v = c + side`` with ``c = mean_l (R'R)^l E`` from the likes. For each source m, content gates what flows along
    its graph of `k` nearest liked items, ``h_m = S_m (E * sigmoid(W_m x_m))``; ``common = sum_m a_m h_m`` with
    attention a over the sources that are there, and ``side`` adds what is special to each as far as behaviour
    wants it: ``(common + sum_m sigmoid(P_m c) (h_m - common)) / (M + 1)``. Without `ids`, E is the mean of the
    projected sources: items are known by content alone, as in PGL (Yu et al. 2025).
    Trained on likes that are hidden from the graph. A query is the mean of its history, known or not,
    ``u(h) = |h|^-1/2 sum_j v_j n_j^-1/2`` with n the likes of an item; the score is ``u v_i``.
    An item that nobody liked stands where its neighbours by content stand. What content says in closed form is added
    as in `TwoTower`.

    Attributes:
        dim: Width of all vectors.
        layers: Walks item - user - item that are averaged; 0 is no graph.
        k: Neighbours an item in the graph of each source.
        ids: Whether items have own vectors; False: content alone, so that new items are ranked like others.
        spectral: Whether sources are filtered in frequency, and their product is one view more (SMORE).
        contrast: Weight of the agreement of behaviour and content; 0 leaves it out.
        closed: Weight of what content says in closed form beside the network; None: chosen.
        closed_new: The same at items that nobody liked; None: 0 where `closed` is 0, else chosen.
        new_penalty: Standard deviations of a query's opinions that these stand lower; None: chosen.
        id_dropout: Chance that an item is treated in training as if nobody had liked it.
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

    name: ClassVar[str] = "mm_graph"
    space: ClassVar[SearchSpace] = SPACE
    dim: Annotated[int, Ge(1)] = 128
    layers: Annotated[int, Ge(0)] = 1
    k: Annotated[int, Ge(1)] = 10
    ids: bool = True
    spectral: bool = False
    contrast: Annotated[float, Ge(0)] = 0.01
    closed: Annotated[float, Ge(0)] | None = None
    closed_new: Annotated[float, Ge(0)] | None = None
    new_penalty: Annotated[float, Ge(0)] | None = None
    id_dropout: Annotated[float, Ge(0), Lt(1)] = 0.1
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
        self._halves: Halves | None = None

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Train to rank each like by the other likes of its user."""
        beside = Beside(given, run, self.closed, self.closed_new, self.new_penalty)
        self._halves = beside.halves(learned(self, self._net, data, given, run, beside=beside), data)

    def score(self, queries: Sequence[Query]) -> Scores:
        """Inner products; nan for unknown items and where nothing is known of the query."""
        return self._known.score(queries)

    def query_vectors(self, queries: Sequence[Query]) -> Vectors:
        """The mean of the history, and what content says, (q, d); zeros where nothing is known."""
        return self._known(queries)

    def item_vectors(self) -> Vectors:
        """Vectors of the items, (n_items, d); zeros where nothing is known."""
        return self._known.items

    def state(self) -> State:
        """Item vectors, the weights of the history, and what content says."""
        return self._known.pack()

    def restore(self, state: State) -> None:
        """Take back what `state` gave."""
        self._halves = Halves.unpack(state, restored(state))

    @property
    def _known(self) -> Halves:
        if self._halves is None:
            raise NotFitted(self)
        return self._halves

    def _net(self, sources: ItemSources) -> Net:
        from tastemaker.models.nets.mm_graph import MMNet, Shape
        from tastemaker.models.nets.views import views_of

        shape = Shape(self.dim, self.layers, self.ids, self.contrast, self.id_dropout, self.spectral)
        views = views_of(sources, self.k)
        return MMNet(sources.ids >= 0, views if self.ids else views.needed("mm_graph without ids"), shape)
