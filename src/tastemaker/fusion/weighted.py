"""Weighted: one weight a source, set or learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self, final

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import BadSetting, Run, component
from tastemaker.data import Dataset, FeatureSet, ItemVectors
from tastemaker.fusion.base import FusionModule, State
from tastemaker.fusion.fitted import Fitted, dims_of, fitted, need_torch, restored


@final
@component
class Weighted:
    """Sources side by side, each with the root of its weight; weights are set, or learned from behaviour.

    Learned weights are those by which the other items of a user best tell the one left out.

    Attributes:
        weights: Weight of each source by the name of its encoder, at least one above 0; None learns them.
        steps: Most steps of learning; it ends earlier when held-out behaviour says so.
        caution: Pull to equal weights, in interactions' worth; the more data, the less it matters.
    """

    name: ClassVar[str] = "weighted"
    weights: dict[str, Annotated[float, Ge(0)]] | None = None
    steps: Annotated[int, Ge(0)] = 400
    caution: Annotated[float, Ge(0)] = 60.0

    def __post_init__(self) -> None:
        self._fitted: Fitted | None = None

    def fit(self, features: FeatureSet, data: Dataset, run: Run | None = None) -> Self:
        """Learn the weights, or note those that are set."""
        module = self.module(dims_of(features))
        if self.weights is None:
            from tastemaker.fusion.learn import learn

            learn(module, features, data, run=run or Run(), steps=self.steps, caution=self.caution)
        self._fitted = Fitted(dims_of(features), module)
        return self

    def fuse(self, features: FeatureSet) -> ItemVectors:
        """One unit vector an item."""
        return fitted(self._fitted, self).fuse(features)

    def shares(self, features: FeatureSet) -> NDArray[np.float32]:
        """Weights of the sources that are there, summing to 1, shape (n_items, sources)."""
        return fitted(self._fitted, self).shares(features)

    def module(self, dims: Mapping[str, int]) -> FusionModule:
        """A module with one logit a source, fixed where the weights are set."""
        need_torch()
        from tastemaker.fusion.nets import WeightedNet

        _check(self.weights, dims)
        return WeightedNet(dims, self.weights)

    def state(self) -> State:
        """Names, widths and logits."""
        return fitted(self._fitted, self).state()

    def restore(self, state: State) -> None:
        """Take back what `state` gave."""
        self._fitted = restored(state, self.module)


def _check(weights: Mapping[str, float] | None, dims: Mapping[str, int]) -> None:
    if weights is None:
        return
    if set(weights) != set(dims):
        raise BadSetting(
            f"The weights are for {', '.join(sorted(weights)) or 'nothing'}, but the sources are: "
            f"{', '.join(sorted(dims))}. Give each source its weight (0 leaves it out), or none to learn them."
        )
    if not any(weights.values()):
        raise BadSetting("All weights are 0. Give at least one source a weight above 0.")
