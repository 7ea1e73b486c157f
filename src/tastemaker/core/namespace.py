"""Catalogs as namespaces: ``tm.models.ItemKNN`` is the recommender called ``item_knn``."""

from __future__ import annotations

from typing import Any

from tastemaker.core.catalog import Catalog


class Namespace:
    """Classes of one or more catalogs by their class names; nothing is imported until it is named."""

    def __init__(self, *catalogs: Catalog[Any]) -> None:
        self._catalogs = catalogs

    def __getattr__(self, name: str) -> type[Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        wanted = name.lower().replace("_", "")
        for catalog in self._catalogs:
            for known in catalog.names():
                if known.replace("_", "") == wanted:
                    return catalog.get(known)
        known = ", ".join(self.__dir__())
        raise AttributeError(f"There is no {self._catalogs[0].kind} called {name!r}. Known: {known}.")

    def __dir__(self) -> list[str]:
        return sorted(name for catalog in self._catalogs for name in catalog.names())
