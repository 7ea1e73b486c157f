"""Factors of behaviour; the regression that predicts them is that of ``features.ridge``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tastemaker.core import generator
from tastemaker.features.ridge import Linear, Real, ridge

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Linear", "factors", "ridge"]
SMALL = 400  # up to here a full decomposition costs nothing


def factors(behaviour: csr_array, k: int, seed: int) -> tuple[Real, Real]:
    """The `k` strongest directions of a user x item matrix: sizes (k,) and item vectors (items, k).

    Fewer where the matrix has fewer. Source: PureSVD, Cremonesi et al. 2010.
    """
    from scipy.sparse.linalg import svds

    least = min(behaviour.shape)
    if least <= SMALL or k >= least:
        gram = (behaviour.T @ behaviour if behaviour.shape[1] == least else behaviour @ behaviour.T).toarray()
        value, vector = np.linalg.eigh(gram.astype(np.float64))
        size, vector = np.sqrt(np.maximum(value[::-1][:k], 0)), vector[:, ::-1][:, :k]
        strong = size > 1e-6 * max(size.max(initial=0.0), 1e-300)
        size, vector = size[strong], vector[:, strong]
        items = vector if behaviour.shape[1] == least else behaviour.T @ vector / size
        return size, items
    start = generator(seed, "factors").normal(size=least)
    _, size, right = svds(behaviour.astype(np.float64), k=k, v0=start)
    order = np.argsort(-size)
    return np.asarray(size[order], np.float64), np.asarray(right[order].T, np.float64)
