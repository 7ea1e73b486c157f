"""Folders in the layout of the Hugging Face hub: which files count, what the configuration says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tastemaker.core import WeightsError
from tastemaker.features import engine, weights
from tastemaker.features.weights.pulling import MANIFEST


def digest(folder: Path) -> str:
    """Hash of configuration, tokenizer and all safetensors of a folder."""
    names = sorted(path.name for path in folder.glob("*.safetensors"))
    if not names:
        raise WeightsError(f"{folder} holds no safetensors file; other formats are not read.")
    names += [name for name in ("config.json", "tokenizer.json") if (folder / name).is_file()]
    return weights.digest(folder, names)


def config(folder: Path) -> dict[str, Any]:
    """The folder's config.json; raises `WeightsError`."""
    try:
        read = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{folder} holds no model: config.json cannot be read: {error}") from error
    if not isinstance(read, dict):
        raise WeightsError(f"{folder / 'config.json'} holds no object.")
    return read


def digest_all(folder: Path) -> str:
    """Hash of all safetensors, JSON and tokenizer files of a folder and of its sub-folders."""
    files = [path for path in folder.rglob("*") if path.suffix in (".safetensors", ".json", ".txt", ".model")]
    names = sorted(path.relative_to(folder).as_posix() for path in files)
    if not any(name.endswith(".safetensors") for name in names):
        raise WeightsError(f"{folder} holds no safetensors file; other formats are not read.")
    return weights.digest(folder, [name for name in names if name != MANIFEST])


def load(folder: Path, kind: str) -> Any:
    """The folder's model in eval mode; nothing is downloaded and no code of the folder is run.

    Args:
        folder: A folder with config.json and safetensors.
        kind: Class of transformers, such as "AutoModel".

    Raises:
        WeightsError: transformers cannot read it, or weights are missing (they would be random).
    """
    return load_as(folder, kind)[0]


def load_as(folder: Path, kind: str, dtype: Any = None) -> tuple[Any, bool]:
    """What `load` gives, in `dtype` where one is given, and whether the folder has the weights of its pooler."""
    transformers = engine.import_transformers()
    from safetensors import SafetensorError

    how = {"local_files_only": True, "use_safetensors": True, "trust_remote_code": False}
    try:
        model, info = getattr(transformers, kind).from_pretrained(
            folder, output_loading_info=True, **how, **({} if dtype is None else {"dtype": dtype})
        )
    except (OSError, TypeError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise WeightsError(f"{folder} holds no model that transformers can read: {error}") from error
    missing = sorted(info["missing_keys"])
    rest = [name for name in missing if "pooler" not in name]  # the pooler is used only where it is there
    if rest:
        raise WeightsError(f"The weights in {folder} do not fit its config.json: {rest[0]} ... is missing.")
    return model.eval(), not missing
