"""Networks as arrays of a state, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tastemaker.core import SavedError


def pack(module: nn.Module, prefix: str = "net") -> dict[str, NDArray[Any]]:
    """The tensors of a module, each name starting with `prefix`."""
    return {f"{prefix}.{name}": tensor.detach().cpu().numpy() for name, tensor in module.state_dict().items()}


def unpack(module: nn.Module, state: Mapping[str, NDArray[Any]], prefix: str = "net") -> None:
    """Give a module the tensors that `pack` took; raises `SavedError` where they do not fit."""
    start = f"{prefix}."
    tensors = {k[len(start) :]: torch.from_numpy(np.array(v)) for k, v in state.items() if k.startswith(start)}
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        raise SavedError(f"The saved network is damaged ({error}). Fit it anew.") from error
    module.eval()
