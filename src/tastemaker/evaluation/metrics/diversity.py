"""Diversity within a list."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Dataset, ItemVectors, Recommendations

BLOCK = 1024  # lists at a time: the vectors of their items are gathered


@component
class Diversity:
    """Mean of ``1 - cosine`` over all pairs of items in the first `k` places.

    The vectors should come from content that the model does not use: a content model is close to itself by
    design. Items without a vector do not count.

    Attributes:
        k: Places of a list that count.

    Source: Ziegler et al. 2005, section 3.3 (intra-list similarity); Vargas & Castells 2011.
    """

    name: ClassVar[str] = "diversity"
    k: Annotated[int, Ge(1)] = 10

    def measure(
        self, recs: Recommendations, truth: Dataset, train: Dataset, *, items: ItemVectors | None = None
    ) -> NDArray[np.float64]:
        """One value a user in [0, 2], shape (q,); nan without two items that have vectors."""
        listed = recs.items[:, : self.k]
        if items is None:
            return np.full(len(listed), np.nan)
        unit, known = _unit(items)
        blocks = range(0, len(listed), BLOCK)
        parts = [_spread(listed[at : at + BLOCK], unit, known) for at in blocks]
        return np.concatenate(parts) if parts else np.empty(0)


def _unit(items: ItemVectors) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Vectors of length 1, (n, dim), and which items have one, (n,)."""
    length = np.linalg.norm(items.vectors, axis=1)
    known = items.known & (length > 0)
    scale = np.where(known, 1 / np.where(length > 0, length, 1), 0).astype(np.float32)
    return items.vectors * scale[:, None], known


def _spread(listed: NDArray[np.int32], unit: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """From the length of the sum: |sum v|^2 = m + 2 * (sum of the cosines of all pairs)."""
    there = (listed >= 0) & known[listed]
    m = there.sum(axis=1)
    total = np.einsum("qk,qkd->qd", there.astype(np.float32), unit[listed]).astype(np.float64)
    cosines = (np.square(total).sum(axis=1) - m) / 2
    pairs = m * (m - 1) / 2
    return np.where(pairs > 0, np.clip(1 - cosines / np.maximum(pairs, 1), 0, 2), np.nan)
