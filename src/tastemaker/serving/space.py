"""Content of all items in few numbers: what is like what, by text, picture, sound, and altogether."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Features, FeatureSet
from tastemaker.serving.growing import Growing

WIDTH = 64  # whitened vectors come in the order of their variance: the first numbers tell most
BLOCK = 65_536
Floats = NDArray[np.float32]


class Space:
    """Unit vectors of the items by source, zeros where an item has none.

    Args:
        features: Whitened vectors of the model's items, by encoder.
        n: Number of those items.
    """

    def __init__(self, features: FeatureSet, n: int) -> None:
        self.sources: Mapping[str, str] = {name: found.source for name, found in features.items()}
        self._dims = {name: min(WIDTH, found.dim) for name, found in features.items()}
        self._parts = {name: Growing(cut(found, self._dims[name])) for name, found in features.items()}
        self._joint = Growing(self._join({name: part.rows for name, part in self._parts.items()}, n))

    @property
    def joint(self) -> Floats:
        """All sources side by side, of which an item's own weigh the same, shape (n, d)."""
        return self._joint.rows

    def of(self, source: str) -> list[Floats]:
        """Vectors of each encoder that reads `source`."""
        return [self._parts[name].rows for name, read in self.sources.items() if read == source]

    def part(self, name: str) -> Floats:
        """Vectors of one encoder."""
        return self._parts[name].rows

    def grow(self, n: int) -> None:
        """Give every row below `n` a place; one that was not put yet has no content."""
        for growing in (self._joint, *self._parts.values()):
            if n > len(growing.rows):
                growing.put(np.array([n - 1]), np.zeros((1, growing.rows.shape[1]), np.float32))

    def put(self, rows: NDArray[np.int32], features: FeatureSet) -> Floats:
        """Place later items by their whitened vectors (absent encoders count as missing); their joint vectors."""
        parts = {name: np.zeros((len(rows), dim), np.float32) for name, dim in self._dims.items()}
        parts |= {name: cut(found, self._dims[name]) for name, found in features.items() if name in parts}
        for name, vectors in parts.items():
            self._parts[name].put(rows, vectors)
        joint = self._join(parts, len(rows))
        self._joint.put(rows, joint)
        return joint

    def _join(self, parts: Mapping[str, Any], n: int) -> Floats:
        joint = np.zeros((n, sum(self._dims.values())), np.float32)
        at = 0
        for name, dim in self._dims.items():
            joint[:, at : at + dim] = parts[name]
            at += dim
        return unit(joint)


def of_rows(vectors: Floats, rows: NDArray[np.integer]) -> Floats:
    """Vectors of any rows, shape (n, d); zeros for items that have not been placed yet."""
    there = rows < len(vectors)
    if there.all():
        found: Floats = vectors[rows]
        return found
    out = np.zeros((len(rows), vectors.shape[1]), np.float32)
    out[there] = vectors[rows[there]]
    return out


def cut(found: Features, dim: int) -> Floats:
    """The first `dim` numbers of each vector, made unit vectors again; in blocks, as they may lie on disk."""
    out = np.zeros((len(found.vectors), dim), np.float32)
    for at in range(0, len(out), BLOCK):
        out[at : at + BLOCK] = found.vectors[at : at + BLOCK, :dim]
    out[~found.present] = 0
    return unit(out)


def unit(rows: Floats) -> Floats:
    """Rows of length 1; zeros stay, in place."""
    rows /= np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)
    return rows
