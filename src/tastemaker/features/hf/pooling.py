"""From a model's output to one vector an entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

Pooling = Literal["auto", "mean", "cls", "last", "pooler"]
MODES = {"cls_token": "cls", "lasttoken": "last", "mean_tokens": "mean"}


def pool(output: Any, mask: Any, pooling: str) -> Any:
    """One vector an entry, (n, dim) float32 on the model's device.

    Args:
        output: What the model gave, with `last_hidden_state` (n, length, dim) or (n, dim, height, width).
        mask: Which places of the length count, (n, length); None for all.
        pooling: "mean", "cls" (the first place), "last" (the last that counts) or "pooler".
    """
    if pooling == "pooler":
        return output.pooler_output.flatten(1).float()
    hidden = output.last_hidden_state.float()
    if hidden.ndim == 4:  # a map of features: its places are one sequence
        hidden = hidden.flatten(2).transpose(1, 2)
    if pooling == "cls":
        return hidden[:, 0]
    weight = hidden.new_ones(hidden.shape[:2]) if mask is None else mask.to(hidden.dtype)
    if pooling == "last":
        last = weight.shape[1] - 1 - weight.flip(1).argmax(1)
        return hidden[range(len(hidden)), last]
    return (hidden * weight[:, :, None]).sum(1) / weight.sum(1, keepdim=True)


def natural(output: Any, source: str) -> str:
    """What "auto" means for pictures and sounds: the model's own pooling, else "cls" or "mean"."""
    if getattr(output, "pooler_output", None) is not None:
        return "pooler"
    flat = output.last_hidden_state.ndim == 3
    return "cls" if flat and source == "image" else "mean"


def of_text(folder: Path, config: Any) -> str:
    """What "auto" means for texts: what a sentence-transformers folder says, "last" for decoders, else "mean"."""
    decoder = str((config.architectures or [""])[0]).endswith("ForCausalLM")
    return _said(folder) or ("last" if decoder else "mean")


def _said(folder: Path) -> str:
    """What the folder's ``1_Pooling/config.json`` says; "" where there is none."""
    try:
        said = json.loads((folder / "1_Pooling" / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    wanted = [mode for key, mode in MODES.items() if said.get(f"pooling_mode_{key}")]
    return wanted[0] if len(wanted) == 1 else ""
