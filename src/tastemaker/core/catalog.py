"""Catalogs: the one place where a name in a file or a request meets a class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

import pydantic

from tastemaker.core.component import refused
from tastemaker.core.errors import BadSetting, UnknownName

T = TypeVar("T")
Import = Callable[[], type[T]]


class Catalog(Generic[T]):
    """Names of one kind of component, each with a function that imports its class.

    Nothing is imported until it is asked for, so listing names is cheap and an absent
    optional dependency hurts only the component that needs it. Other packages add names
    through the entry-point group ``tastemaker.<kind>``.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._imports: dict[str, Import[T]] = {}

    def entry(self, name: str) -> Callable[[Import[T]], Import[T]]:
        """Register the decorated import function under `name`."""

        def add(imports: Import[T]) -> Import[T]:
            if name in self._imports:
                raise ValueError(f"There are two {self.kind}s called {name!r}.")
            self._imports[name] = imports
            return imports

        return add

    def names(self) -> list[str]:
        """All names, built in and from plug-ins, sorted."""
        return sorted({*self._imports, *self._plugins})

    def get(self, name: str) -> type[T]:
        """The class called `name`. Raises `UnknownName` with the nearest known name."""
        if name in self._imports:
            return self._imports[name]()
        if name in self._plugins:
            found: type[T] = self._plugins[name].load()
            return found
        raise UnknownName(self.kind, name, self.names())

    def build(self, spec: Mapping[str, Any] | str) -> T:
        """Make a component from a name or ``{"name": ..., **settings}``; raises `BadSetting`."""
        settings = {"name": spec} if isinstance(spec, str) else dict(spec)
        name = settings.pop("name", None)
        if not isinstance(name, str):
            raise BadSetting(f"A {self.kind} needs a name, such as {self.names()[0]!r}; got {name!r}.")
        made = self.get(name)
        try:
            return made(**settings)
        except pydantic.ValidationError as error:
            raise refused(f"The {self.kind} {name!r} cannot take these settings:", error) from error

    def coerce(self, value: object) -> object:
        """Build `value` if it is a name or a spec, else pass it on; for settings that are components."""
        return self.build(value) if isinstance(value, Mapping | str) else value

    @cached_property
    def _plugins(self) -> dict[str, EntryPoint]:
        return {e.name: e for e in entry_points(group=f"tastemaker.{self.kind}")}
