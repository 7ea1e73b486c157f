"""Concat: the sources side by side, each with the same share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self, final

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run, component
from tastemaker.data import Dataset, FeatureSet, ItemVectors
from tastemaker.fusion.base import FusionModule, State
from tastemaker.fusion.fitted import Fitted, dims_of, fitted, need_torch, restored


@final
@component
class Concat:
    """Sources side by side, each of unit length and divided by the root of how many are there.

    The inner product of two items is the mean of the cosines of their sources; where they have different ones,
    ``sum of the shared cosines / sqrt(n n')``: a source that one of them lacks counts as unrelated.
    """

    name: ClassVar[str] = "concat"

    def __post_init__(self) -> None:
        self._fitted: Fitted | None = None

    def fit(self, features: FeatureSet, data: Dataset, run: Run | None = None) -> Self:
        """Note the widths of the sources."""
        dims = dims_of(features)
        self._fitted = Fitted(dims, self.module(dims))
        return self

    def fuse(self, features: FeatureSet) -> ItemVectors:
        """One unit vector an item."""
        return fitted(self._fitted, self).fuse(features)

    def shares(self, features: FeatureSet) -> NDArray[np.float32]:
        """Equal shares of the sources that are there, shape (n_items, sources)."""
        return fitted(self._fitted, self).shares(features)

    def module(self, dims: Mapping[str, int]) -> FusionModule:
        """A module without parameters."""
        need_torch()
        from tastemaker.fusion.nets import ConcatNet

        return ConcatNet(dims)

    def state(self) -> State:
        """Names and widths."""
        return fitted(self._fitted, self).state()

    def restore(self, state: State) -> None:
        """Take back what `state` gave."""
        self._fitted = restored(state, self.module)
