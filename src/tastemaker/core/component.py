"""Components: objects whose constructor arguments are their settings, checked and storable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, dataclass_transform

import pydantic
from pydantic.dataclasses import dataclass

from tastemaker.core.errors import BadSetting

T = TypeVar("T")


@dataclass_transform(kw_only_default=True)
def component(cls: type[T]) -> type[T]:
    """Make `cls` a component: keyword-only settings, validated, unknown ones refused."""
    config = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False)
    return dataclass(config=config, kw_only=True, eq=False)(cls)  # type: ignore[return-value]


def refused(head: str, error: pydantic.ValidationError) -> BadSetting:
    """`head`, then one line a setting that cannot be taken, with its value."""
    lines = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']} (got {e['input']!r})" for e in error.errors()]
    return BadSetting("\n".join([head, *lines]))


def settings_of(instance: object) -> dict[str, Any]:
    """The settings that would rebuild `instance`, as plain JSON values."""
    pairs = ((f.name, getattr(instance, f.name)) for f in fields(instance) if f.init)  # type: ignore[arg-type]
    return {name: _plain(value) for name, value in pairs}


def spec_of(instance: object) -> dict[str, Any]:
    """``{"name": ..., **settings}``: what `Catalog.build` turns back into `instance`."""
    return {"name": getattr(type(instance), "name"), **settings_of(instance)}  # noqa: B009


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {key: _plain(v) for key, v in value.items()}
    if is_dataclass(value):
        return spec_of(value)
    return value
