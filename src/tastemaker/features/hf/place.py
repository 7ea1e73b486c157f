"""Where a model lies: a folder, what was pulled, or the hub library's own cache. Nothing is downloaded."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

from tastemaker.core import WeightsError
from tastemaker.features import weights
from tastemaker.features.weights import find, hub

ID = re.compile(r"[\w.-]+/[\w.-]+|[\w.-]+")


def place(model: str, revision: str) -> Path:
    """The folder of a model.

    Args:
        model: A folder, an id on the hub such as "BAAI/bge-small-en-v1.5", or ``hub:ORG/NAME@REVISION``.
        revision: Commit or tag of an id; "" takes the one that is here.

    Raises:
        WeightsError: It is not here; the text says how to get it.
    """
    if not model:
        raise WeightsError("The encoder 'hf' needs a model: set `model` to a folder or an id on the hub.")
    if model.startswith(hub.PREFIX) or Path(model).expanduser().is_dir():
        return weights.folder("hf", model)
    found = (
        (_pulled(model, revision) or _cached(model, revision)) if ID.fullmatch(model) and ".." not in model else None
    )
    if found is None:
        raise WeightsError(
            f"There is no folder {model!r}, and no such model has been fetched. Give the folder of a copy, or fetch "
            f"it: tastemaker weights pull hub:{model if '/' in model else 'ORG/NAME'}@{revision or 'REVISION'}"
        )
    return found


def _pulled(model: str, revision: str) -> Path | None:
    """What `weights pull` fetched."""
    start = f"hub--{model.replace('/', '--')}@{revision}"
    found = [path for path in sorted(find.store().glob("hub--*")) if path.is_dir()]
    found = [path for path in found if (path.name == start if revision else path.name.startswith(start))]
    if len(found) > 1:
        names = ", ".join(path.name.split("@", 1)[1] for path in found)
        raise WeightsError(f"Several revisions of {model} are here: {names}. Set `revision` to one of them.")
    return found[0] if found else None


def _cached(model: str, revision: str) -> Path | None:
    """What the hub's own library has in its cache."""
    try:
        library: Any = importlib.import_module("huggingface_hub")
        return Path(library.snapshot_download(model, revision=revision or None, local_files_only=True))
    except (ImportError, OSError, ValueError):  # the library's errors are among these
        return None
