"""A fusion module with the widths of its sources: how it is run over items, saved and restored."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting, MissingExtra, NotFitted, SavedError
from tastemaker.data import FeatureSet, ItemVectors
from tastemaker.fusion.base import FusionModule, State, as_module

if TYPE_CHECKING:
    from torch import Tensor

BLOCK = 8192  # items a pass: memory stays bounded
Make = Callable[[Mapping[str, int]], FusionModule]
Tensors = dict[str, "Tensor"]


@dataclass(frozen=True)
class Fitted:
    """What a fusion knows after `fit`.

    Attributes:
        dims: Width of each source by name.
        module: The module, in evaluation mode.
    """

    dims: Mapping[str, int]
    module: FusionModule

    def fuse(self, features: FeatureSet) -> ItemVectors:
        """One vector an item from the sources that are there."""
        rows, total = self._run(features, self.module), self._run(features, self.module.weights).sum(axis=1)
        return ItemVectors(rows, np.asarray(total > 0))

    def shares(self, features: FeatureSet) -> NDArray[np.float32]:
        """Share of each source in each item, shape (n_items, sources)."""
        return self._run(features, self.module.weights)

    def state(self) -> State:
        """The module's tensors, and names and widths of the sources as JSON in bytes."""
        said = json.dumps(dict(sorted(self.dims.items()))).encode()
        tensors = as_module(self.module).state_dict()
        arrays = {f"module.{name}": tensor.cpu().numpy() for name, tensor in tensors.items()}
        return {"dims": np.frombuffer(said, np.uint8).copy(), **arrays}

    def _run(self, features: FeatureSet, work: Callable[[Tensors, Tensors], Tensor]) -> NDArray[np.float32]:
        import torch

        vectors, present = tensors(features, self.dims)
        n = len(next(iter(vectors.values())))
        with torch.inference_mode():
            parts = [work(*_rows(vectors, present, slice(at, at + BLOCK))) for at in range(0, max(n, 1), BLOCK)]
        return np.asarray(torch.cat(parts).numpy(), np.float32)


def fitted(found: Fitted | None, component: object) -> Fitted:
    """`found`, or `NotFitted` where it is None."""
    if found is None:
        raise NotFitted(component)
    return found


def restored(state: State, make: Make) -> Fitted:
    """Rebuild what `Fitted.state` gave, with `make` for the module; raises `SavedError`."""
    import torch

    try:
        dims = json.loads(bytes(np.asarray(state["dims"], np.uint8)))
        module = make(dims)
        arrays = {key[len("module.") :]: value for key, value in state.items() if key.startswith("module.")}
        as_module(module).load_state_dict({key: torch.from_numpy(np.array(a)) for key, a in arrays.items()})
    except (KeyError, ValueError, RuntimeError) as error:
        raise SavedError(f"The saved fusion is damaged ({error}). Fit it anew.") from error
    as_module(module).eval()
    return Fitted(dims, module)


def dims_of(features: FeatureSet) -> dict[str, int]:
    """Width of each source, sorted by name; raises `BadSetting` without any."""
    if not features:
        raise BadSetting("There is nothing to fuse: no encoder gave vectors. Give content and an encoder.")
    return {name: features[name].dim for name in sorted(features)}


def tensors(features: FeatureSet, dims: Mapping[str, int]) -> tuple[Tensors, Tensors]:
    """Vectors and masks of all sources in `dims`, keyed alike; one that `features` lacks is absent everywhere.

    Raises:
        BadSetting: a source is not in `dims`, has another width, or the sources have different numbers of rows.
    """
    import torch

    _check(features, dims)
    n = len(next(iter(features.values())).present)
    vectors, present = {}, {}
    for name, dim in dims.items():
        there = name in features
        rows = features[name].vectors if there else np.zeros((n, dim), np.float32)
        mask = features[name].present if there else np.zeros(n, bool)
        vectors[name] = torch.from_numpy(np.array(rows, np.float32))
        present[name] = torch.from_numpy(np.array(mask, bool))
    return vectors, present


def need_torch() -> None:
    """Raise `MissingExtra` where torch is not installed."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtra("torch", "deep") from error


def _check(features: FeatureSet, dims: Mapping[str, int]) -> None:
    for name, found in features.items():
        if name not in dims:
            raise BadSetting(f"The source {name!r} was not there in `fit`; known: {', '.join(dims)}. Fit anew.")
        if found.dim != dims[name]:
            raise BadSetting(f"The source {name!r} is {found.dim} wide, but was {dims[name]} in `fit`. Fit anew.")
    sizes = {name: len(found.present) for name, found in features.items()}
    if len(set(sizes.values())) > 1:
        raise BadSetting(f"All sources must have the same number of rows; they have {sizes}.")
    dims_of(features)


def _rows(vectors: Tensors, present: Tensors, part: slice) -> tuple[Tensors, Tensors]:
    return {n: v[part] for n, v in vectors.items()}, {n: p[part] for n, p in present.items()}
