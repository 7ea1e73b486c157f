"""Nearest items and users, exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.core.top import top_k
from tastemaker.data import Dataset

Found = tuple[NDArray[np.int32], list[float]]


def nearest(vectors: NDArray[np.float32], row: int, k: int, known: NDArray[np.bool_]) -> Found:
    """The `k` rows with the largest cosine to one row, without itself.

    Args:
        vectors: Shape (n, dim).
        row: The row whose neighbours are wanted.
        k: How many.
        known: Rows that may be found, shape (n,).
    """
    length = np.linalg.norm(vectors, axis=1) * np.linalg.norm(vectors[row])
    cosine = (vectors @ vectors[row]) / np.maximum(length, 1e-12)
    return _best(np.where(known, cosine, -np.inf), row, k)


def nearest_users(data: Dataset, row: int, k: int) -> Found:
    """The `k` users with the largest cosine between the sets of items liked, without the user himself."""
    from scipy import sparse

    log = data.interactions
    liked = log.sign > 0
    shape = (len(data.users), len(data.items))
    ones = np.ones(int(liked.sum()), np.float32)
    matrix = sparse.csr_array((ones, (log.user[liked], log.item[liked])), shape=shape)
    matrix.data[:] = 1.0
    shared = matrix @ matrix[[row], :].toarray()[0]
    size = np.sqrt(np.diff(matrix.indptr))
    cosine = shared / np.maximum(size * size[row], 1e-12)
    return _best(np.where(shared > 0, cosine, -np.inf), row, k)


def _best(scores: NDArray[np.floating], row: int, k: int) -> Found:
    one = scores.astype(np.float32)[None]
    one[0, row] = -np.inf
    found, best = top_k(one, min(k, one.shape[1]))
    there = found[0] >= 0
    return found[0][there], best[0][there].astype(float).tolist()
