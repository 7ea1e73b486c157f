"""What saved folders have in common: a manifest in JSON, and arrays as safetensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core.errors import SavedError
from tastemaker.core.files import replacing

MANIFEST = "component.json"
_NOTHING = np.empty(0, np.uint8)
_KINDS = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64, "U8": np.uint8, "BOOL": np.bool_}


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


def write_state(path: Path, state: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays as safetensors, whole or not at all."""
    from safetensors.numpy import save_file

    with replacing(path) as new:
        save_file({k: np.ascontiguousarray(v) for k, v in state.items()}, new)


def read_mapped(path: Path) -> dict[str, NDArray[Any]]:
    """As `read_state`, but the arrays stay on disk, read-only, until they are touched; for what is large."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header: dict[str, Any] = json.loads(file.read(length))
        mapped = np.memmap(path, np.uint8, "r", offset=8 + length) if path.stat().st_size > 8 + length else _NOTHING
        return {
            name: mapped[slice(*about["data_offsets"])].view(_KINDS[about["dtype"]]).reshape(about["shape"])
            for name, about in header.items()
            if name != "__metadata__"
        }
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise SavedError(f"{path} cannot be read ({error!r}). Make and save it anew.") from error


def read_state(path: Path) -> dict[str, NDArray[Any]]:
    """Read arrays that `write_state` wrote; raises `SavedError` where the file is damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise SavedError(f"{path} cannot be read ({error}). Make and save it anew.") from error
