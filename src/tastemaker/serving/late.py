"""Items that came after the model: each stands where its nearest items by content stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset

NEAREST = 20
SHARP = 8.0  # weights fall with this power of the cosine


@dataclass(frozen=True)
class Neighbours:
    """For each of n items its nearest items that people have had.

    Attributes:
        rows: Rows of the model, int32, shape (n, m), the nearest first.
        weights: Summing to 1; 0 everywhere for an item without content, float32, shape (n, m).
    """

    rows: NDArray[np.int32]
    weights: NDArray[np.float32]


class Placing:
    """Finds those neighbours.

    A score of a later item is then the weighted mean of its neighbours' scores, whatever the model: nothing is
    learned anew, and the scale stays the model's.

    Args:
        joint: Content of the model's items, unit rows, shape (n_items, d).
        data: What the model learned from.
    """

    def __init__(self, joint: NDArray[np.float32], data: Dataset) -> None:
        had = np.bincount(data.interactions.item, minlength=len(data.items)) > 0
        self._rows = np.flatnonzero(had & joint.any(axis=1)).astype(np.int32)
        self._joint = joint

    def place(self, vectors: NDArray[np.float32]) -> Neighbours:
        """Neighbours of items with these joint vectors, shape (n, d)."""
        n, m = len(vectors), min(NEAREST, len(self._rows))
        if not m or not vectors.shape[1]:
            return Neighbours(np.zeros((n, 0), np.int32), np.zeros((n, 0), np.float32))
        likeness = vectors @ self._joint[self._rows].T
        best = np.argpartition(-likeness, m - 1, axis=1)[:, :m]
        near = np.take_along_axis(likeness, best, axis=1)
        order = np.argsort(-near, axis=1, kind="stable")
        best, near = np.take_along_axis(best, order, axis=1), np.take_along_axis(near, order, axis=1)
        weights = np.maximum(near, 0) ** SHARP
        total = weights.sum(axis=1, keepdims=True)
        return Neighbours(self._rows[best], np.divide(weights, total, out=np.zeros_like(weights), where=total > 0))
