"""What a fusion is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run
from tastemaker.data import Dataset, FeatureSet, ItemVectors

if TYPE_CHECKING:
    from torch import Tensor, nn

State = Mapping[str, NDArray[Any]]


class Fusion(Protocol):
    """Joins sources (one a encoder); must give a sound vector whichever of them are missing.

    The same fusion serves content models (`fit`, then `fuse`) and deep models, which take its `module`
    and train it jointly. ``fuse`` runs that very module.
    """

    name: ClassVar[str]

    def fit(self, features: FeatureSet, data: Dataset, run: Run | None = None) -> Self:
        """Learn from features and interactions; fusions with nothing to learn note the widths only.

        Raises:
            BadSetting: there is no source, or a setting names one that is not there.
        """
        ...

    def fuse(self, features: FeatureSet) -> ItemVectors:
        """Join the sources of every item; rows are unit vectors, zero (and not known) without any source.

        Some sources of `fit` may be left out; sources that were not there in `fit` are refused.

        Raises:
            NotFitted: before `fit` or `restore`.
            BadSetting: a source is new, or has another width than in `fit`.
        """
        ...

    def shares(self, features: FeatureSet) -> NDArray[np.float32]:
        """Share of each source of `fit` (sorted by name) in each item, shape (n_items, sources).

        Rows sum to 1 (0 for an item without any source) and are 0 at absent sources. Raises as `fuse`.
        """
        ...

    def module(self, dims: Mapping[str, int]) -> FusionModule:
        """A fresh module for sources of these widths; its parameters are the caller's to train."""
        ...

    def state(self) -> State:
        """What `fit` learned, as arrays. Raises `NotFitted`."""
        ...

    def restore(self, state: State) -> None:
        """Take back what `state` gave."""
        ...


class FusionModule(Protocol):
    """An `nn.Module` over sources; `vectors` and `present` are keyed alike, absent rows are masked."""

    dim: int  # width of the output

    def __call__(self, vectors: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """From {name: (batch, dim_name)} and {name: (batch,) bool} to (batch, dim)."""
        ...

    def weights(self, vectors: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """Share of each source in each row, sources sorted by name, (batch, sources); rows sum to 1."""
        ...

    def penalty(self) -> Tensor:
        """How far the module is from equal shares, a number >= 0; what "caution" is charged for."""
        ...

    def parameters(self) -> Any:
        """As `nn.Module.parameters`."""
        ...


def as_module(module: FusionModule) -> nn.Module:
    """The same object, typed as the `nn.Module` that it is."""
    from torch import nn

    assert isinstance(module, nn.Module)
    return module


def shares(fusion: Fusion, features: FeatureSet) -> NDArray[np.float32]:
    """Share of each source in each item, shape (n_items, sources), sources sorted by name; see `Fusion.shares`."""
    return fusion.shares(features)
