"""Tuned encoders on disk: ``component.json`` (base, way, shape) and ``weights.safetensors`` (what was learned)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from tastemaker.core import SavedError, WeightsError
from tastemaker.core.files import replacing_folder, write_json
from tastemaker.features import weights

FORMAT = 1
MANIFEST, WEIGHTS = "component.json", "weights.safetensors"

How = Literal["side", "lora", "full", "mlm"]


@dataclass(frozen=True)
class Manifest:
    """What a tuned encoder is.

    Attributes:
        base: Name and settings of the frozen encoder.
        fingerprint: Of the base that was tuned; another base is refused.
        source: "text" or "image".
        how: The way it was tuned.
        max_length: Tokens read of a text.
        shape: Sizes of what was learned (rank, alpha, inner ...).
        notes: Gain, cost and what else is worth knowing.
    """

    base: Mapping[str, Any]
    fingerprint: str
    source: str
    how: How
    max_length: int
    shape: Mapping[str, Any]
    notes: Mapping[str, Any] = field(default_factory=dict)


def write(folder: Path, manifest: Manifest, tensors: Mapping[str, Any]) -> None:
    """Write a tuned encoder, whole or not at all."""
    from safetensors.torch import save_file

    refuse_strange(folder)
    with replacing_folder(folder) as new:
        save_file({name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}, new / WEIGHTS)
        write_json(new / MANIFEST, {"kind": "encoder", "format": FORMAT, **asdict(manifest)})


def read(folder: Path) -> Manifest:
    """The manifest of a tuned encoder; raises `WeightsError` where there is none, `SavedError` where it is damaged."""
    path = folder / MANIFEST
    if not path.is_file():
        raise WeightsError(
            f"{str(folder)!r} holds no tuned encoder. Give the folder that "
            "`tastemaker finetune DATA --out FOLDER` wrote."
        )
    try:
        spec = dict(json.loads(path.read_text("utf-8")))
        kind, form = spec.pop("kind", None), spec.pop("format", None)
        if kind != "encoder" or form != FORMAT:
            raise SavedError(f"{path} is a {kind!r} of format {form}; expected an 'encoder' of format {FORMAT}.")
        return Manifest(**spec)
    except (ValueError, TypeError) as error:
        raise SavedError(f"{path} is damaged ({error}). Tune the encoder anew.") from error


def tensors(folder: Path) -> dict[str, Any]:
    """What was learned; raises `SavedError` where the file is damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(folder / WEIGHTS))
    except (OSError, SafetensorError) as error:
        raise SavedError(f"{folder / WEIGHTS} cannot be read ({error}). Tune the encoder anew.") from error


def digest(folder: Path) -> str:
    """Hash of what was learned."""
    return weights.digest(folder, (WEIGHTS,))


def refuse_strange(folder: Path) -> None:
    """A folder that holds something else than a tuned encoder is never replaced; raises `SavedError`."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        read(folder)
    except (SavedError, WeightsError, OSError) as error:
        raise SavedError(
            f"{folder} exists and is no tuned encoder; it is left as it is. Choose another folder."
        ) from error
