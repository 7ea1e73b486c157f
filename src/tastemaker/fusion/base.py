"""What a fusion is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

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
        """Learn from features and interactions; fusions with nothing to learn note the widths only."""
        ...

    def fuse(self, features: FeatureSet) -> ItemVectors:
        """Join the sources of every item; sources that were not there in `fit` are refused."""
        ...

    def module(self, dims: Mapping[str, int]) -> FusionModule:
        """A fresh module for sources of these widths; its parameters are the caller's to train."""
        ...

    def state(self) -> State:
        """What `fit` learned, as arrays."""
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

    def parameters(self) -> Any:
        """As `nn.Module.parameters`."""
        ...


def as_module(module: FusionModule) -> nn.Module:
    """The same object, typed as the `nn.Module` that it is."""
    from torch import nn

    assert isinstance(module, nn.Module)
    return module
