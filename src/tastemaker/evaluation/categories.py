"""Categories of items, from their attributes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tastemaker.core import BadSetting
from tastemaker.data import Column, Dataset

USUAL = ("category", "categories", "genre", "genres")


def item_categories(data: Dataset, attribute: str | None = None) -> Any:
    """Equal parts of each item's categories, sparse (n_items, n_categories), rows sum to 1 or 0; or None.

    Raises:
        BadSetting: `attribute` is no column of categories.
    """
    from scipy.sparse import csr_array

    name = attribute_of(data, attribute)
    if name is None:
        return None
    lists = [_several(value) for value in data.item_attributes[name].values]
    number = {label: row for row, label in enumerate(sorted({label for found in lists for label in found}))}
    item = np.repeat(np.arange(len(lists)), [len(found) for found in lists])
    column = np.array([number[label] for found in lists for label in found], np.int64)
    part = np.repeat([1 / max(len(found), 1) for found in lists], [len(found) for found in lists])
    return csr_array((part, (item, column)), shape=(len(lists), len(number)))


def attribute_of(data: Dataset, attribute: str | None = None) -> str | None:
    """The column of categories that calibration looks at, or None where no column suits."""
    columns = {name: c for name, c in data.item_attributes.items() if c.kind == "category"}
    if attribute is not None:
        if attribute not in columns:
            known = ", ".join(columns) or "none"
            raise BadSetting(f"The items have no categories called {attribute!r}. They have: {known}.")
        return attribute
    usual = [name for name in columns if name.lower() in USUAL]
    return next(iter(usual or [name for name, c in columns.items() if _shared(c)]), None)


def _several(value: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in value.split("|") if part.strip()))


def _shared(column: Column) -> bool:
    """Whether categories are fewer than half of the items that have one: no names, no ids."""
    there = column.values[column.present]
    return len({label for value in there for label in _several(value)}) * 2 <= len(there)
