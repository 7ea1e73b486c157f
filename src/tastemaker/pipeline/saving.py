"""Pipelines on disk: a folder that describes itself.

``component.json`` (format number, version, specifications, fingerprints, notes such as the metrics at the time
of saving), ``model/``, ``data/``, ``vectors.safetensors``, ``fusion.safetensors``, ``whitening.safetensors``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from tastemaker import __version__
from tastemaker.core import SavedError, settings_of, spec_of
from tastemaker.core.files import replacing_folder, write_json
from tastemaker.core.saved import read_manifest, read_mapped, read_state, write_state
from tastemaker.data import Features, FeatureSet, ItemVectors
from tastemaker.models import load as load_model

if TYPE_CHECKING:
    from tastemaker.pipeline.pipeline import Pipeline

FORMAT = 1
Arrays = Mapping[str, NDArray[Any]]


def save(pipeline: Pipeline, folder: Path, notes: dict[str, Any]) -> None:
    """Write `pipeline` into `folder`; a killed process leaves the old version whole."""
    from tastemaker.data.saved import save as save_data

    data = pipeline.data
    refuse_strange(folder)
    with replacing_folder(folder) as new:
        pipeline.model.save(new / "model")
        save_data(data, new / "data")
        write_state(new / "vectors.safetensors", _vectors(pipeline))
        write_state(new / "fusion.safetensors", pipeline.fusion.state() if pipeline.features else {})
        write_state(new / "whitening.safetensors", _whitenings(pipeline))
        write_json(new / "component.json", _manifest(pipeline, notes))


def refuse_strange(folder: Path) -> None:
    """A folder that holds something else is never replaced."""
    if folder.exists() and (
        not folder.is_dir() or (any(folder.iterdir()) and not (folder / "component.json").is_file())
    ):
        raise SavedError(f"{folder} exists and is no saved pipeline; it is left as it is. Choose another folder.")


def _manifest(pipeline: Pipeline, notes: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "pipeline",
        "format": FORMAT,
        "version": __version__,
        "encoders": [{**spec_of(e), "fingerprint": e.fingerprint()} for e in pipeline.encoders],
        "whiten": settings_of(pipeline.whiten),
        "impute": settings_of(pipeline.impute),
        "comments": settings_of(pipeline.comments),
        "log": settings_of(pipeline.log),
        "fusion": spec_of(pipeline.fusion),
        "model": spec_of(pipeline.model),
        "sources": {name: found.source for name, found in pipeline.features.items()},
        "user_sources": {name: found.source for name, found in pipeline.users.items()},
        "notes": notes,
    }


def _vectors(pipeline: Pipeline) -> Arrays:
    arrays = {**_feature_arrays("items", pipeline.features), **_feature_arrays("users", pipeline.users)}
    if pipeline.items is not None:
        arrays |= {"fused.vectors": pipeline.items.vectors, "fused.known": pipeline.items.known}
    return arrays


def _feature_arrays(whose: str, features: FeatureSet) -> Arrays:
    arrays: dict[str, NDArray[Any]] = {}
    for name, found in features.items():
        arrays[f"{whose}/{name}.vectors"], arrays[f"{whose}/{name}.present"] = found.vectors, found.present
    return arrays


def _whitenings(pipeline: Pipeline) -> Arrays:
    pairs = ((name, w.state()) for name, w in pipeline.whitenings.items())
    return {f"{name}.{key}": np.asarray(value) for name, state in pairs for key, value in state.items()}


def load(folder: Path) -> Pipeline:
    """Rebuild the pipeline that `save` wrote; raises `SavedError`."""
    from tastemaker.data.saved import load as load_data
    from tastemaker.features.whiten import Whitening

    spec: dict[str, Any] = read_manifest(folder, "pipeline", FORMAT)
    try:
        pipeline = _unfitted(spec, folder)
        arrays = read_mapped(folder / "vectors.safetensors")
        pipeline.features = _features("items", spec["sources"], arrays)
        pipeline.users = _features("users", spec["user_sources"], arrays)
        if "fused.vectors" in arrays:
            pipeline.items = ItemVectors(arrays["fused.vectors"], arrays["fused.known"])
            pipeline.fusion.restore(read_state(folder / "fusion.safetensors"))
        whitening = read_state(folder / "whitening.safetensors")
        pipeline.whitenings = {name: Whitening.restore(_part(whitening, name)) for name in pipeline.features}
    except (KeyError, TypeError, ValidationError) as error:
        raise SavedError(f"{folder} is damaged: {error!r} is missing or wrong. Fit it anew.") from error
    pipeline.remember(load_data(folder / "data"))
    return pipeline


def _unfitted(spec: Mapping[str, Any], folder: Path) -> Pipeline:
    """The pipeline of a manifest with its model, without vectors."""
    from tastemaker.data.settings import DataSettings
    from tastemaker.features.catalog import ENCODERS
    from tastemaker.features.comments import Comments
    from tastemaker.features.whiten import Whiten
    from tastemaker.fusion.catalog import FUSIONS
    from tastemaker.fusion.impute import Impute
    from tastemaker.pipeline.pipeline import Pipeline

    encoders = [{k: v for k, v in e.items() if k != "fingerprint"} for e in spec["encoders"]]
    return Pipeline(
        model=load_model(folder / "model"),
        encoders=[ENCODERS.build(e) for e in encoders],
        fusion=FUSIONS.build(spec["fusion"]),
        whiten=Whiten(**spec["whiten"]),
        impute=Impute(**spec.get("impute", {})),
        comments=Comments(**spec.get("comments", {})),
        log=DataSettings(**spec.get("log", {})),
    )


def _features(whose: str, sources: Mapping[str, Any], arrays: Arrays) -> FeatureSet:
    return {
        name: Features(source, arrays[f"{whose}/{name}.vectors"], arrays[f"{whose}/{name}.present"])
        for name, source in sources.items()
    }


def _part(arrays: Arrays, name: str) -> Arrays:
    return {key[len(name) + 1 :]: value for key, value in arrays.items() if key.startswith(f"{name}.")}
