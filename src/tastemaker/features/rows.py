"""Vectors of many contents in one array, by content hash."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.core.arrays import release, zeros

BLOCK = 8192  # items that are gathered at once
Vectors = Mapping[str, NDArray[np.float32]]


class Known:
    """Which contents have a vector, and of what width.

    Args:
        keys: Content hashes of all that may come.
    """

    def __init__(self, keys: Collection[str]) -> None:
        self._place = {key: place for place, key in enumerate(keys)}
        self._width = np.zeros(len(self._place), np.int32)

    @property
    def keys(self) -> Collection[str]:
        """All contents, those without a vector among them."""
        return self._place.keys()

    def __contains__(self, key: object) -> bool:
        place = self._place.get(key) if isinstance(key, str) else None
        return place is not None and self._width[place] > 0

    def __len__(self) -> int:
        return int(np.count_nonzero(self._width))

    def lacking(self) -> list[str]:
        """Contents without a vector, in their order."""
        return [key for key, width in zip(self._place, self._width.tolist(), strict=True) if not width]

    def put(self, vectors: Vectors) -> None:
        """Note vectors of contents that are among `keys`."""
        self._width[self._places(vectors)] = [len(vector) for vector in vectors.values()]

    def settle(self) -> None:
        """Forget the vectors that are not of the width that most have."""
        widths, counts = np.unique(self._width[self._width > 0], return_counts=True)
        if len(widths) > 1:
            self._width[self._width != widths[counts.argmax()]] = 0

    def _places(self, keys: Collection[str]) -> list[int]:
        return [self._place[key] for key in keys]


class Rows(Known):
    """Vectors of contents; where they are many, they lie on the disk.

    Args:
        keys: Content hashes of all that may come.
        folder: Of the disk.
    """

    def __init__(self, keys: Collection[str], folder: Path) -> None:
        super().__init__(keys)
        self._folder = folder
        self._arrays: dict[int, NDArray[np.float32]] = {}  # by width

    def put(self, vectors: Vectors) -> None:
        """Keep vectors of contents that are among `keys`."""
        super().put(vectors)
        for width in {len(vector) for vector in vectors.values()}:
            mine = {key: vector for key, vector in vectors.items() if len(vector) == width}
            array = self._arrays.get(width)
            if array is None:
                array = self._arrays[width] = zeros(len(self._place), width, self._folder)
            array[self._places(mine)] = np.stack(list(mine.values()))
            release(array)

    def settle(self) -> None:
        """Forget the vectors that are not of the width that most have."""
        super().settle()
        self._arrays = {width: array for width, array in self._arrays.items() if (self._width == width).any()}

    def of(self, keys: Collection[str]) -> NDArray[np.float32]:
        """The vectors of contents that have one, (n, dim)."""
        return self._at(self._places(keys))

    def gathered(self, keys: Sequence[tuple[str, ...]], dim: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """One vector an item, the mean over its contents, and whether it has any.

        Args:
            keys: Contents by item, all of them among `keys`.
            dim: The width where no content has a vector.
        """
        out = zeros(len(keys), next(iter(self._arrays), dim), self._folder)
        present = np.zeros(len(keys), bool)
        good = (self._width > 0).tobytes()
        for start in range(0, len(keys), BLOCK):
            part = [[p for p in self._places(mine) if good[p]] for mine in keys[start : start + BLOCK]]
            alone = [row for row, places in enumerate(part) if len(places) == 1]
            if alone:
                out[[start + row for row in alone]] = self._at([part[row][0] for row in alone])
            for row, places in enumerate(part, start):
                if len(places) > 1:
                    out[row] = np.mean(self._at(places), axis=0)
            present[start : start + BLOCK] = list(map(bool, part))
            for array in (out, *self._arrays.values()):
                release(array)
        return out, present

    def _at(self, places: list[int]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self._arrays[int(self._width[places[0]])][places]
        return found
