"""Attention over the history: what is liked next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, final

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from tastemaker.core import BadSetting, NotFitted, Run, component
from tastemaker.core.space import SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.fusion import FUSIONS
from tastemaker.models.base import Given, Recommender, Scores, State
from tastemaker.models.halves import Halves
from tastemaker.models.sequential import SPACE, Content, Learned, learned

if TYPE_CHECKING:
    from tastemaker.models.nets.encoders import EncoderShape

Joined = Annotated[Any, BeforeValidator(FUSIONS.coerce)]


@final
@component
class Transformer(Recommender):
    """SASRec (Kang & McAuley 2018) with gated LiGR layers and SwiGLU (Borisyuk et al. 2024).

    An item is its own vector plus its fused content, so that one without history is ranked by content. The
    latest liked items of the query are read, oldest first; the score is the cosine with the item.

    Attributes:
        content: "kernel": all sources as one (see `kernels`), or "fusion": each projected, fused and trained jointly.
        closed: Weight of what content says in closed form beside the network (see `TwoTower`); None: chosen.
        closed_new: The same at items that nobody liked; None: 0 where `closed` is 0, else chosen.
        new_penalty: Standard deviations of a query's opinions that these stand lower; None: chosen.
        fusion: Name or specification of that fusion.
        dim: Width of all vectors.
        blocks: Layers on top of each other.
        heads: Of attention; divides `dim`.
        positions: Whether places count, from the end.
        dropout: Share of numbers hidden in training.
        length: Entries of a history that are read, the latest.
        loss: "softmax", or "gbce", which needs fewer negatives.
        negatives: Drawn items that a batch shares.
        alpha: They are drawn by popularity to this power, and corrected for it; 0 is uniform.
        full: Catalogues up to this size are ranked whole instead.
        id_dropout: Chance that an item's own vector is hidden in training.
        source_dropout: Chance that a source is hidden in training.
        temperature: What cosines with the items are divided by in training; 0: inner products.
        align: Weight of a contrastive loss by which own vectors and content of an item find each other in a
            batch, and with "fusion" its sources too; 0 leaves it out.
        learning_rate: Of Adam, at first; it falls along a cosine.
        weight_decay: Decoupled pull of all weights to zero.
        epochs: Most passes over the users.
        patience: Epochs without a better validation figure after which training ends; 0: all are trained.
        batch: Users a step, of histories of mean length; small data get smaller ones, so that an epoch has 20 steps.
    """

    name: ClassVar[str] = "transformer"
    space: ClassVar[SearchSpace] = SPACE
    needs_order: ClassVar[bool] = True
    content: Content = "kernel"
    closed: Annotated[float, Ge(0)] | None = None
    closed_new: Annotated[float, Ge(0)] | None = None
    new_penalty: Annotated[float, Ge(0)] | None = None
    fusion: Joined = Field(default_factory=lambda: FUSIONS.build("weighted"))
    dim: Annotated[int, Ge(1)] = 64
    blocks: Annotated[int, Ge(1)] = 2
    heads: Annotated[int, Ge(1)] = 1
    positions: bool = True
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.3
    length: Annotated[int, Ge(1)] = 100
    loss: Literal["softmax", "gbce"] = "softmax"
    negatives: Annotated[int, Ge(1)] = 1024
    alpha: Annotated[float, Ge(0), Le(1)] = 0.0
    full: Annotated[int, Ge(0)] = 4000
    id_dropout: Annotated[float, Ge(0), Lt(1)] = 0.2
    source_dropout: Annotated[float, Ge(0), Lt(1)] = 0.0
    temperature: Annotated[float, Ge(0)] = 0.1
    align: Annotated[float, Ge(0)] = 0.0
    learning_rate: Annotated[float, Gt(0)] = 2e-3
    weight_decay: Annotated[float, Ge(0)] = 0.0
    epochs: Annotated[int, Ge(1)] = 40
    patience: Annotated[int, Ge(0)] = 10
    batch: Annotated[int, Ge(1)] = 256

    def __post_init__(self) -> None:
        if self.dim % self.heads:
            raise BadSetting(f"heads must divide dim; got heads = {self.heads} and dim = {self.dim}.")
        self._learned: Learned | None = None

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Train to tell the next liked item at every place of every history."""
        self._learned = learned(self, self._shape(), data, given, run)

    def settled(self) -> dict[str, Any]:
        """This model with all that held-out behaviour chose: nothing need be held out to learn it anew."""
        return self._known.settled(self)

    def score(self, queries: Sequence[Query]) -> Scores:
        """How well each item comes next; nan for unknown items and where nothing was liked."""
        return self._known.halves.score(queries)

    def query_vectors(self, queries: Sequence[Query]) -> NDArray[np.float32]:
        """What is wanted next, (q, d); zeros where nothing was liked."""
        return self._known.halves(queries)

    def item_vectors(self) -> NDArray[np.float32]:
        """Where each item stands, (n_items, d); zeros where nothing is known."""
        return self._known.halves.items

    def state(self) -> State:
        """The encoder, the vectors of all items, and what content says."""
        return self._known.halves.pack()

    def restore(self, state: State) -> None:
        """Take back what `state` gave."""
        from tastemaker.models.nets.sequences import restored

        reader = restored(state, self._shape(), cosine=self.temperature > 0)
        self._learned = Learned(Halves.unpack(state, reader), self.epochs)

    @property
    def _known(self) -> Learned:
        if self._learned is None:
            raise NotFitted(self)
        return self._learned

    def _shape(self) -> EncoderShape:
        from tastemaker.models.nets.encoders import EncoderShape

        return EncoderShape("transformer", self.dim, self.blocks, self.dropout, self.length, self.heads, self.positions)
