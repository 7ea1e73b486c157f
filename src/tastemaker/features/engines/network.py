"""A network that several engines can run, and how torch runs it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tastemaker.core.threads import cores
from tastemaker.features import engine

Half = Literal["auto", "torch", "onnx", "bf16"]
Vino = Literal["auto", "torch", "onnx", "openvino"]

LANES = 4  # batches that are computed beside each other, at most


def lanes_of(threads: int) -> tuple[int, int]:
    """Batches at once and threads of each: threads that share a batch wait for each other.

    Args:
        threads: In all; 0 takes one a core, or as many as OMP_NUM_THREADS says.
    """
    threads = threads or cores()
    lanes = min(threads, LANES)
    return lanes, threads // lanes


class Runs(Protocol):
    """A loaded network: arrays of one batch in, float32 rows out."""

    @property
    def lanes(self) -> int:
        """Batches that it should be given at once, each in a thread of its own."""
        ...

    def __call__(self, *given: NDArray[Any]) -> NDArray[np.float32]:
        """Rows of one batch, (n, dim)."""
        ...


@dataclass(frozen=True)
class Network:
    """What an engine must know of a network.

    Attributes:
        name: Of the encoder.
        digest: Gives the hash of the weights and of the settings that are built in.
        load: Gives the torch module in eval mode; it takes one tensor an input and gives (n, dim).
        example: Gives a batch of two or more entries by name of the input, in the order that the module takes.
        free: Axes of the inputs, apart from the first, that have another length in another batch.
        exact: Convolutions from the start that need float32 where the rest is computed in bfloat16.
    """

    name: str
    digest: Callable[[], str]
    load: Callable[[], Any]
    example: Callable[[], dict[str, NDArray[Any]]]
    free: tuple[int, ...] = ()
    exact: int = 0

    @cached_property
    def module(self) -> Any:
        """What `load` gives, loaded once."""
        return self.load()


class InTorch:
    """A network in torch.

    Args:
        network: Which.
        threads: In all, see `lanes_of`.
        half: Compute in bfloat16; results differ from those in float32 by up to a hundredth.
    """

    def __init__(self, network: Network, threads: int, *, half: bool = False) -> None:
        self._torch = engine.import_torch()
        self.lanes, self._each = lanes_of(threads)
        self._half = half
        self._module = copy.deepcopy(network.module).bfloat16() if half else network.module

    def __call__(self, *given: NDArray[Any]) -> NDArray[np.float32]:
        """Rows of one batch, (n, dim)."""
        with engine.inference(self._each):
            tensors = [self._torch.from_numpy(np.ascontiguousarray(array)) for array in given]
            if self._half:
                tensors = [one.bfloat16() if one.is_floating_point() else one for one in tensors]
            rows: NDArray[np.float32] = self._module(*tensors).float().numpy()
        return rows
