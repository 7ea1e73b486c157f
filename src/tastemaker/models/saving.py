"""Recommenders on disk: a folder with ``component.json`` and ``state.safetensors``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tastemaker.core import BadSetting, SavedError, UnknownName, spec_of
from tastemaker.core.files import replacing_folder, write_json
from tastemaker.core.saved import MANIFEST, read_manifest, read_state, write_state

if TYPE_CHECKING:
    from tastemaker.models.base import Recommender

FORMAT = 1
STATE = "state.safetensors"


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
