"""Crossmodal: sources attend to each other in a small Transformer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self, final

import numpy as np
from annotated_types import Ge, Lt
from numpy.typing import NDArray

from tastemaker.core import BadSetting, Run, component
from tastemaker.data import Dataset, FeatureSet, ItemVectors
from tastemaker.fusion.base import FusionModule, State
from tastemaker.fusion.fitted import Fitted, dims_of, fitted, need_torch, restored


@final
@component
class CrossModal:
    """Sources side by side, each changed by what the others hold; absent ones are a learned token.

    Learned from behaviour: the other items of a user must tell the one left out.

    Source: Tsai et al. 2019 (crossmodal attention).

    Attributes:
        dim: Largest width of a source's block; of wider sources the first entries are kept.
        dropout: Chance that a source is hidden from an item in training.
        steps: Most steps of learning; it ends earlier when held-out behaviour says so.
        caution: Pull to equal shares, in interactions' worth; the more data, the less it matters.
        hidden: Width of the tokens.
        heads: Of attention; divides `hidden`.
        seed: Of the first weights.
    """

    name: ClassVar[str] = "crossmodal"
    dim: Annotated[int, Ge(1)] = 256
    hidden: Annotated[int, Ge(1)] = 64
    heads: Annotated[int, Ge(1)] = 4
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.2
    steps: Annotated[int, Ge(0)] = 400
    caution: Annotated[float, Ge(0)] = 60.0
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        if self.hidden % self.heads:
            raise BadSetting(f"heads must divide hidden; got heads = {self.heads} and hidden = {self.hidden}.")
        self._fitted: Fitted | None = None

    def fit(self, features: FeatureSet, data: Dataset, run: Run | None = None) -> Self:
        """Learn what sources say of each other."""
        from tastemaker.fusion.learn import learn

        module = self.module(dims_of(features))
        learn(module, features, data, run=run or Run(), steps=self.steps, caution=self.caution)
        self._fitted = Fitted(dims_of(features), module)
        return self

    def fuse(self, features: FeatureSet) -> ItemVectors:
        """One unit vector an item."""
        return fitted(self._fitted, self).fuse(features)

    def shares(self, features: FeatureSet) -> NDArray[np.float32]:
        """Share of each source in the length of each item, shape (n_items, sources)."""
        return fitted(self._fitted, self).shares(features)

    def module(self, dims: Mapping[str, int]) -> FusionModule:
        """A module that gives equal shares until it is trained."""
        need_torch()
        from tastemaker.fusion.cross import CrossModalNet

        return CrossModalNet(dims, self.dim, self.hidden, self.heads, self.dropout, self.seed)

    def state(self) -> State:
        """Names, widths and weights."""
        return fitted(self._fitted, self).state()

    def restore(self, state: State) -> None:
        """Take back what `state` gave."""
        self._fitted = restored(state, self.module)
