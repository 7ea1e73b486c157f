"""Groups of users by their attributes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting
from tastemaker.data.table import Column, Table


def segments(table: Table, names: Sequence[str], bands: int, n: int) -> NDArray[np.int32]:
    """The group of each of `n` users, int32 of shape (n,): one a combination of values; -1 where one is missing.

    Numbers are cut into `bands` groups of about equal size, categories stand as they are, of places the
    coarsest level counts.

    Raises:
        BadSetting: the users have no such attribute.
    """
    codes = [_codes(_column(table, name), bands) for name in names]
    if not codes:
        return np.full(n, -1, np.int32)
    both = np.stack(codes, axis=1)
    there = (both >= 0).all(axis=1)
    out = np.full(n, -1, np.int32)
    if there.any():
        out[there] = np.unique(both[there], axis=0, return_inverse=True)[1].ravel()
    return out


def _column(table: Table, name: str) -> Column:
    if name not in table:
        known = ", ".join(sorted(table)) or "none"
        raise BadSetting(f"Users have no attribute {name!r} to be grouped by. Known: {known}.")
    return table[name]


def _codes(column: Column, bands: int) -> NDArray[np.int64]:
    """A number a value, -1 where it is missing."""
    there = column.present
    out = np.full(len(column), -1, np.int64)
    values = column.values[there]
    if column.kind == "number":
        numbers = values.astype(np.float64)
        edges = np.quantile(numbers, np.arange(1, bands) / bands) if len(numbers) else np.empty(0)
        out[there] = np.searchsorted(np.unique(edges), numbers, side="right")
    elif len(values):
        coarse = [v.split("/")[0] for v in values] if column.kind == "place" else values.tolist()
        out[there] = np.unique(coarse, return_inverse=True)[1]
    return out
