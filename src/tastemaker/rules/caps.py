"""At most so many items of one value in a list."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting
from tastemaker.core.errors import hint
from tastemaker.rules.cells import Cells, Codes
from tastemaker.rules.columns import View, Viewed

Rows = NDArray[np.integer]


def capped(candidates: Rows, columns: Viewed, caps: Mapping[str, int], k: int) -> NDArray[np.intp]:
    """Places of the first `k` candidates such that no value of an attribute comes more often than its cap.

    Greedy from the first on. An item with several texts counts for each; one without a value is never held back.

    Args:
        candidates: Row numbers, best first, shape (c,).
        columns: Where the attributes are.
        caps: How many items may have the same value, 1 at least, by attribute: ``{"category": 3, "author": 1}``.
        k: Fewer come where the caps leave fewer.

    Raises:
        BadSetting: No item has such an attribute, or a cap is below 1.
    """
    view = columns.view()
    asked = _checked(caps, view)
    if len(asked) == 1:
        cells = view.cells.get(asked[0][0], Cells())
        if cells.texts is not None and cells.kinds() == ["a text"]:
            return _of_one(cells.texts[candidates], asked[0][1], k)
    limits = [(_values(candidates, view, name), cap) for name, cap in asked]
    full: set[Hashable] = set()
    count: dict[Hashable, int] = {}
    chosen: list[int] = []
    for place in range(len(candidates) if k else 0):
        mine = [((name, value), cap) for name, (values, cap) in enumerate(limits) for value in values[place]]
        if not full.isdisjoint([key for key, _ in mine]):
            continue
        chosen.append(place)
        if len(chosen) == k:
            break
        for key, cap in mine:
            count[key] = count.get(key, 0) + 1
            if count[key] == cap:
                full.add(key)
    return np.array(chosen, np.intp)


def _of_one(codes: Codes, cap: int, k: int) -> NDArray[np.intp]:
    """As `capped` for one attribute, of which each item has one text or none (-1)."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    nth = np.empty(len(codes), np.intp)  # of its text
    nth[order] = np.arange(len(codes)) - np.searchsorted(ordered, ordered)
    return np.flatnonzero((nth < cap) | (codes < 0))[:k]


def _checked(caps: Mapping[str, int], view: View) -> list[tuple[str, int]]:
    for name, cap in caps.items():
        if name not in view.cells and view.size:
            known = ", ".join(view.cells)
            raise BadSetting(f"No item has {name!r}, which is capped.{hint(name, view.cells)} Known: {known}.")
        if cap < 1:
            raise BadSetting(f"A cap is at least 1; got {cap} for {name!r}. To leave items out, use a filter.")
    return list(caps.items())


def _values(candidates: Rows, view: View, name: str) -> list[list[Hashable]]:
    """What counts for each candidate: codes of texts; other kinds are told apart."""
    cells: Cells = view.cells.get(name, Cells())
    if cells.texts is None:
        values: list[list[Hashable]] = [[] for _ in candidates]
    else:
        values = [[code] if code >= 0 else [] for code in cells.texts[candidates].tolist()]
    kinds: list[tuple[str, NDArray[Any] | None]] = [("numbers", cells.numbers), ("truths", cells.truths)]
    for kind, column in kinds:
        if column is not None:
            own: dict[str, Any] = {kind: column[candidates]}
            there = np.flatnonzero(Cells(**own).there())
            for place, value in zip(there.tolist(), own[kind][there].tolist(), strict=True):
                values[place].append((kind, value))
    if cells.pairs is not None:
        where = {row: place for place, row in enumerate(candidates.tolist())}
        listed = np.zeros(view.size, np.bool_)
        listed[candidates] = True
        pairs = np.flatnonzero(listed[cells.pairs.rows])
        for row, code in zip(cells.pairs.rows[pairs].tolist(), cells.pairs.codes[pairs].tolist(), strict=True):
            values[where[row]].append(code)
    return values
