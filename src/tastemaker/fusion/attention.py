"""Attention: shares of the sources that differ by item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self, final

import numpy as np
from annotated_types import Ge, Lt
from numpy.typing import NDArray

from tastemaker.core import Run, component
from tastemaker.data import Dataset, FeatureSet, ItemVectors
from tastemaker.fusion.base import FusionModule, State
from tastemaker.fusion.fitted import Fitted, dims_of, fitted, need_torch, restored


@final
@component
class Attention:
    """Sources projected side by side, each item looking at its sources to see how much each is worth.

    Learned from behaviour: the other items of a user must tell the one left out. `shares` shows the result.

    Attributes:
        dim: Largest width of a source's projection; narrower sources keep their width.
        dropout: Chance that a source is hidden from an item in training.
        steps: Most steps of learning; it ends earlier when held-out behaviour says so.
        caution: Pull to equal shares, in interactions' worth; the more data, the less it matters.
        seed: Of the first weights.
    """

    name: ClassVar[str] = "attention"
    dim: Annotated[int, Ge(1)] = 256
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.2
    steps: Annotated[int, Ge(0)] = 400
    caution: Annotated[float, Ge(0)] = 60.0
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        self._fitted: Fitted | None = None

    def fit(self, features: FeatureSet, data: Dataset, run: Run | None = None) -> Self:
        """Learn shares and projections."""
        from tastemaker.fusion.learn import learn

        module = self.module(dims_of(features))
        learn(module, features, data, run=run or Run(), steps=self.steps, caution=self.caution)
        self._fitted = Fitted(dims_of(features), module)
        return self

    def fuse(self, features: FeatureSet) -> ItemVectors:
        """One unit vector an item."""
        return fitted(self._fitted, self).fuse(features)

    def shares(self, features: FeatureSet) -> NDArray[np.float32]:
        """How much each item looks at each of its sources, shape (n_items, sources)."""
        return fitted(self._fitted, self).shares(features)

    def module(self, dims: Mapping[str, int]) -> FusionModule:
        """A module that gives equal shares until it is trained."""
        need_torch()
        from tastemaker.fusion.nets import AttentionNet

        return AttentionNet(dims, self.dim, self.dropout, self.seed)

    def state(self) -> State:
        """Names, widths, projections, keys and the query."""
        return fitted(self._fitted, self).state()

    def restore(self, state: State) -> None:
        """Take back what `state` gave."""
        self._fitted = restored(state, self.module)
