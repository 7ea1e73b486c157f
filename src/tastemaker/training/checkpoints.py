"""Where an interrupted training goes on: one file, tensors and JSON together, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tastemaker.core.files import replacing

FORMAT = 1
Tensors = Mapping[str, Tensor]


class Checkpoint:
    """The state of one training in a safetensors file whose header holds the JSON part.

    Random draws need no place in it: each epoch's come from the seed and its number.

    Args:
        path: The file.
        key: What is being trained, as a text: another key is another training, and its file is not used.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self.key = key

    def write(self, tensors: Tensors, notes: Mapping[str, Any]) -> None:
        """Replace the file."""
        from safetensors.torch import save_file

        said = json.dumps({"format": FORMAT, "key": self.key, **notes})
        whole = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
        with replacing(self.path) as new:
            save_file(whole, new, metadata={"training": said})

    def read(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """What was written for this key; None where there is nothing, or nothing that can be used."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, "pt") as file:
                notes: dict[str, Any] = json.loads((file.metadata() or {}).get("training", "{}"))
                if notes.get("format") != FORMAT or notes.get("key") != self.key:
                    return None
                return {name: file.get_tensor(name) for name in file.keys()}, notes  # noqa: SIM118
        except (OSError, SafetensorError, ValueError):
            return None


def prefixed(tensors: Tensors, prefix: str) -> dict[str, Tensor]:
    """The same tensors with ``prefix.`` before their names."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def part(tensors: Tensors, prefix: str) -> dict[str, Tensor]:
    """Those whose names begin with ``prefix.``, without it."""
    return {name[len(prefix) + 1 :]: t for name, t in tensors.items() if name.startswith(f"{prefix}.")}


def copied(module: nn.Module) -> dict[str, Tensor]:
    """A copy of the module's weights and buffers."""
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Moments and step counts of all parameters, named ``number.what``."""
    state = optimizer.state_dict()["state"]
    return {f"{n}.{what}": t for n, own in state.items() for what, t in own.items() if isinstance(t, Tensor)}


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Take back what `optimizer_tensors` gave."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, what = name.split(".", 1)
        state.setdefault(int(number), {})[what] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
