"""Arrays that grow by rows and whose readers never see a change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tastemaker.rules.cells import Codes, Pairs

Rows = NDArray[np.intp]


class Series:
    """One value a row.

    Rows behind the end are written where they will stand; a change of a row that readers may hold goes into a copy.

    Args:
        kind: Type of the values.
        missing: Stands where nothing was put.
    """

    def __init__(self, kind: DTypeLike, missing: float) -> None:
        self._missing = missing
        self._cells: NDArray[Any] = np.full(0, missing, kind)
        self._size = 0

    def put(self, rows: Rows, values: NDArray[Any], size: int) -> None:
        """Set `rows` to `values`; there are `size` rows afterwards."""
        old = rows < self._size
        changed = not np.array_equal(self._cells[rows[old]], values[old], equal_nan=self._cells.dtype.kind == "f")
        if size > len(self._cells) or changed:
            room = len(self._cells) if size <= len(self._cells) else max(size, 2 * self._size)
            cells = np.full(room, self._missing, self._cells.dtype)
            cells[: self._size] = self._cells[: self._size]
            self._cells = cells
        self._cells[rows] = values
        self._size = size

    def fill(self, rows: Rows, places: Sequence[int], values: Sequence[Any], size: int) -> None:
        """Set ``rows[places]`` to `values`, and the other `rows` to missing."""
        every = np.full(len(rows), self._missing, self._cells.dtype)
        every[list(places)] = values
        self.put(rows, every, size)

    def append(self, values: NDArray[Any]) -> None:
        """Put `values` behind the end."""
        self.put(np.arange(self._size, self._size + len(values)), values, self._size + len(values))

    def __len__(self) -> int:
        """Number of rows."""
        return self._size

    def view(self, size: int) -> NDArray[Any]:
        """The first `size` rows as they are now and stay in this array; those that were never put are missing."""
        if size > self._size:
            self.put(np.empty(0, np.intp), self._cells[:0], size)
        view = self._cells[:size]
        view.flags.writeable = False
        return view


class Postings:
    """Several texts a row, as pairs of a row and a code."""

    def __init__(self) -> None:
        self._rows, self._codes, self._there = Series(np.int32, -1), Series(np.int32, -1), Series(np.bool_, 0)

    def fill(self, rows: Rows, places: Sequence[int], values: Sequence[Sequence[int]], size: int) -> None:
        """Set ``rows[places]`` to the codes `values`, and the other `rows` to missing."""
        self._drop(rows, size)
        at = np.repeat(rows[list(places)], [len(v) for v in values]) if places else np.empty(0, np.intp)
        self._rows.append(at.astype(np.int32))
        self._codes.append(np.array([code for value in values for code in value], np.int32))
        self._there.fill(rows, places, [True] * len(places), size)

    def _drop(self, rows: Rows, size: int) -> None:
        gone = np.zeros(size, np.bool_)
        gone[rows] = True
        pairs = self._pairs()
        keep = ~gone[pairs[0]]
        if not keep.all():
            self._rows, self._codes = Series(np.int32, -1), Series(np.int32, -1)
            self._rows.append(pairs[0][keep])
            self._codes.append(pairs[1][keep])

    def _pairs(self) -> tuple[Codes, Codes]:
        return self._rows.view(len(self._rows)), self._codes.view(len(self._codes))

    def view(self, size: int) -> Pairs:
        """The first `size` rows as they are now."""
        return Pairs(*self._pairs(), self._there.view(size))
