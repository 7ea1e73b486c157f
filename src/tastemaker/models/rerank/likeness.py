"""Which items are alike: by their content, else by who liked them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data import Dataset
from tastemaker.models import sparse
from tastemaker.models.base import Given
from tastemaker.models.content_space import plain
from tastemaker.models.linear import factors

FACTORS = 64  # directions of behaviour, where there is no content
DIM = 128  # directions of content


def unit_vectors(data: Dataset, given: Given, seed: int) -> NDArray[np.float32]:
    """Vectors of length 1 whose products are likeness, shape (n_items, d); zeros where nothing is known.

    The fused content, centred; without content the strongest directions of who liked what.
    """
    if given.items is not None:
        return narrow(plain(given.items).unit, seed)
    size, where = factors(sparse.liked(data), FACTORS, seed)
    return _unit(where * size)


def narrow(unit: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """The same in the strongest `DIM` directions, length 1 again; as they are where they have no more.

    Source: Halko et al. 2011 (randomised subspace iteration).
    """
    if unit.shape[1] <= DIM:
        return unit
    start = generator(seed, "likeness").normal(size=(unit.shape[1], DIM)).astype(np.float32)
    for _ in range(2):
        start, _ = np.linalg.qr(unit.T @ (unit @ start))
    return _unit(unit @ start)


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.where(length > 1e-9, vectors / np.maximum(length, 1e-9), 0).astype(np.float32)


def products(unit: NDArray[np.float32], items: NDArray[np.int32]) -> NDArray[np.float32]:
    """Cosines of each pair of candidates, shape (q, c, c), for candidates (q, c), -1 pads."""
    vectors = unit[items] * (items >= 0)[:, :, None]
    out: NDArray[np.float32] = vectors @ vectors.transpose(0, 2, 1)
    return out
