"""A recurrent network over the history: what is liked next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, final

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BeforeValidator, Field

from tastemaker.core import NotFitted, Run, component, spec_of
from tastemaker.core.space import SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.fusion import FUSIONS
from tastemaker.models.base import Given, Recommender, Scores, State
from tastemaker.models.sequential import SPACE, Content, learned

if TYPE_CHECKING:
    from tastemaker.models.nets.encoders import EncoderShape
    from tastemaker.models.nets.sequences import Reader

Joined = Annotated[Any, BeforeValidator(FUSIONS.coerce)]


@final
@component
class GRU(Recommender):
    """GRU4Rec (Hidasi et al. 2016): gated recurrent units over the history.

    An item is its own vector plus its fused content, so that one without history is ranked by content. The
    latest liked items of the query are read, oldest first; the score is the cosine with the item.

    Attributes:
        content: "kernel": all sources as one (see `kernels`), or "fusion": each projected, fused and trained jointly.
        fusion: Name or specification of that fusion.
        dim: Width of all vectors.
        blocks: Layers on top of each other.
        dropout: Share of numbers hidden in training.
        length: Entries of a history that are read, the latest.
        loss: "softmax", or "gbce", which needs fewer negatives.
        negatives: Drawn items that a batch shares.
        alpha: They are drawn by popularity to this power, and corrected for it; 0 is uniform.
        full: Catalogues up to this size are ranked whole instead.
        id_dropout: Chance that an item's own vector is hidden in training.
        source_dropout: Chance that a source is hidden in training.
        temperature: What cosines with the items are divided by in training; 0: inner products.
        learning_rate: Of Adam, at first; it falls along a cosine.
        weight_decay: Decoupled pull of all weights to zero.
        epochs: Most passes over the users.
        patience: Epochs without a better validation figure after which training ends; 0: all are trained.
        batch: Users a step, of histories of mean length; small data get smaller ones, so that an epoch has 20 steps.
    """

    name: ClassVar[str] = "gru"
    space: ClassVar[SearchSpace] = SPACE
    needs_order: ClassVar[bool] = True
    content: Content = "kernel"
    fusion: Joined = Field(default_factory=lambda: FUSIONS.build("weighted"))
    dim: Annotated[int, Ge(1)] = 64
    blocks: Annotated[int, Ge(1)] = 1
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.3
    length: Annotated[int, Ge(1)] = 100
    loss: Literal["softmax", "gbce"] = "softmax"
    negatives: Annotated[int, Ge(1)] = 1024
    alpha: Annotated[float, Ge(0), Le(1)] = 0.0
    full: Annotated[int, Ge(0)] = 4000
    id_dropout: Annotated[float, Ge(0), Lt(1)] = 0.2
    source_dropout: Annotated[float, Ge(0), Lt(1)] = 0.0
    temperature: Annotated[float, Ge(0)] = 0.1
    learning_rate: Annotated[float, Gt(0)] = 2e-3
    weight_decay: Annotated[float, Ge(0)] = 0.0
    epochs: Annotated[int, Ge(1)] = 40
    patience: Annotated[int, Ge(0)] = 10
    batch: Annotated[int, Ge(1)] = 256

    def __post_init__(self) -> None:
        self._reader: Reader | None = None
        self._best = self.epochs

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Train to tell the next liked item at every place of every history."""
        self._reader, self._best = learned(self, self._shape(), data, given, run)

    def settled(self) -> dict[str, Any]:
        """This model with the number of epochs that was best: nothing need be held out to learn it anew."""
        return {**spec_of(self), "epochs": max(1, self._best), "patience": 0}

    def score(self, queries: Sequence[Query]) -> Scores:
        """How well each item comes next; nan for unknown items and where nothing was liked."""
        return self._known(queries)

    def state(self) -> State:
        """The encoder and the vectors of all items."""
        return self._known.state()

    def restore(self, state: State) -> None:
        """Take back what `state` gave."""
        from tastemaker.models.nets.sequences import restored

        self._reader = restored(state, self._shape(), cosine=self.temperature > 0)

    @property
    def _known(self) -> Reader:
        if self._reader is None:
            raise NotFitted(self)
        return self._reader

    def _shape(self) -> EncoderShape:
        from tastemaker.models.nets.encoders import EncoderShape

        return EncoderShape("gru", self.dim, self.blocks, self.dropout, self.length)
