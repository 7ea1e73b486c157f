"""Recommenders on disk: a folder with ``component.json`` and ``state.safetensors``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tastemaker.core import BadSetting, SavedError, UnknownName, spec_of
from tastemaker.core.files import replacing, replacing_folder, write_json

if TYPE_CHECKING:
    from tastemaker.models.base import Recommender, State

FORMAT = 1
MANIFEST, STATE = "component.json", "state.safetensors"
_NOTHING = np.empty(0, np.uint8)


def save(model: Recommender, folder: Path) -> None:
    """Write `model` into `folder`; a killed process leaves the old version whole."""
    with replacing_folder(folder) as new:
        write_state(new / STATE, model.state())
        write_json(new / MANIFEST, {"kind": "recommender", "format": FORMAT, **spec_of(model)})


def load(folder: Path) -> Recommender:
    """Rebuild the recommender that `save` wrote into `folder`; raises `SavedError`."""
    from tastemaker.models.catalog import RECOMMENDERS

    spec = read_manifest(folder, "recommender", FORMAT)
    try:
        model = RECOMMENDERS.build(spec)
    except (UnknownName, BadSetting) as error:
        raise SavedError(f"{folder / MANIFEST} names a recommender that this version cannot build: {error}") from error
    model.restore(read_state(folder / STATE))
    return model


def read_manifest(folder: Path, kind: str, form: int) -> dict[str, object]:
    """The specification in ``component.json``, checked for kind and format."""
    path = folder / MANIFEST
    try:
        spec: dict[str, object] = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise SavedError(f"{folder} holds no saved {kind}: its component.json is no JSON ({error}).") from error
    found, version = spec.pop("kind", None), spec.pop("format", None)
    if found != kind or version != form:
        raise SavedError(
            f"{path} is a {found!r} of format {version}; expected a {kind!r} of format {form}. Fit it anew."
        )
    return spec


def write_state(path: Path, state: State) -> None:
    """Write arrays as safetensors, whole or not at all."""
    from safetensors.numpy import save_file

    with replacing(path) as new:
        save_file({k: np.ascontiguousarray(v) for k, v in state.items()}, new)


def read_mapped(path: Path) -> State:
    """As `read_state`, but the arrays stay on disk, read-only, until they are touched; for what is large."""
    kinds = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64, "U8": np.uint8, "BOOL": np.bool_}
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header: dict[str, Any] = json.loads(file.read(length))
        mapped = np.memmap(path, np.uint8, "r", offset=8 + length) if path.stat().st_size > 8 + length else _NOTHING
        return {
            name: mapped[slice(*about["data_offsets"])].view(kinds[about["dtype"]]).reshape(about["shape"])
            for name, about in header.items()
            if name != "__metadata__"
        }
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise SavedError(f"{path} cannot be read ({error!r}). Fit and save the model anew.") from error


def read_state(path: Path) -> State:
    """Read arrays that `write_state` wrote; raises `SavedError` where the file is damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise SavedError(f"{path} cannot be read ({error}). Fit and save the model anew.") from error
