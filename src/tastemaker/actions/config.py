"""``tastemaker.toml``: one file, one schema; unknown keys are refused with the nearest name."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any

import pydantic
from annotated_types import Ge, Le
from pydantic import Field

from tastemaker.core import BadSetting, component
from tastemaker.core.component import refused
from tastemaker.core.errors import hint
from tastemaker.core.files import read_toml
from tastemaker.data.settings import DataSettings

Spec = dict[str, Any]
NAME = "tastemaker.toml"
DEFAULT_MODEL = "auto"


@component
class Config:
    """Everything that a run can be told.

    Attributes:
        data: How the folder is read and cleaned, table ``[data]``.
        split: How test data are held out; None decides by the data.
        encoders: Names or tables with a name; None decides by the content and the weights at hand.
        whiten: Settings of the whitening of each encoder's vectors, table ``[whiten]``.
        impute: Whether and how missing vectors are filled, table ``[impute]``.
        comments: Whether and how comments count as text of the items, table ``[comments]``.
        fusion: Name or table with a name.
        model: Name or table with a name.
        k: Length of the measured lists.
    """

    data: DataSettings = Field(default_factory=DataSettings)
    split: str | None = None
    encoders: list[str | Spec] | None = None
    whiten: Spec = Field(default_factory=dict)
    impute: Spec = Field(default_factory=dict)
    comments: Spec = Field(default_factory=dict)
    fusion: str | Spec = "weighted"
    model: str | Spec = DEFAULT_MODEL
    k: Annotated[int, Ge(1), Le(1000)] = 10


def load_config(folder: Path, file: Path | None = None, **given: Any) -> Config:
    """The folder's ``tastemaker.toml``, over it `file`, over it what is `given` (None: not given).

    `file` may be the name of a preset: ``reference`` is BERT-base, ResNet-50 and the network over both.

    Raises:
        DataError: a file cannot be read or is no TOML.
        BadSetting: a key or a value is not understood.
    """
    settings: Spec = {}
    file = file and _preset(file)
    for path in (folder / NAME, file):
        if path is not None and (path == file or path.is_file()):
            settings.update(read_toml(path))
    config = _build(settings, file or folder / NAME)
    given = {key: value for key, value in given.items() if value is not None}
    model = given.pop("model", None)
    if model is not None and _name(config.model) != model:
        given["model"] = model
    try:
        return replace(config, **given)
    except pydantic.ValidationError as error:
        raise refused("These options cannot be taken:", error) from error


def _preset(file: Path) -> Path:
    """`file`, or the preset of that name that comes with the package, such as ``reference``."""
    preset = Path(__file__).with_name("presets") / f"{file}.toml"
    return preset if not file.exists() and len(file.parts) == 1 and preset.is_file() else file


def _build(settings: Spec, path: Path) -> Config:
    known = [f.name for f in fields(Config)]
    for key in settings:
        if key not in known:
            raise BadSetting(f"{path} has an unknown key {key!r}.{hint(key, known)} Known: {', '.join(known)}.")
    try:
        return Config(**settings)
    except pydantic.ValidationError as error:
        raise refused(f"{path} has settings that cannot be taken:", error) from error


def _name(spec: str | Spec) -> Any:
    return spec if isinstance(spec, str) else spec.get("name")
