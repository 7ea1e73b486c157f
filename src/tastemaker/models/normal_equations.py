"""Many small weighted least-squares problems over the rows of a sparse matrix, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CELLS = 1 << 23  # numbers of one batch: about 32 MiB for each array that is held
FINE = 8  # rows are padded to lengths that are at most a share of 1 / FINE longer

Reals = NDArray[np.float32]


def solve(cells: csr_array, target: Reals, vectors: Reals, ridge: Reals) -> Reals:
    """For each row r the x that minimises ``sum_j w_rj (t_rj - x v_j)^2 + sum_f ridge_rf x_f^2``, shape (rows, d).

    A row shorter than d is solved in the space of its entries: with ``A = sqrt(w) V``, D the diagonal of `ridge`
    and b the weighted targets, ``x = D^-1 A' (I + A D^-1 A')^-1 b``; else by ``(A'A + D)^-1 A' b``.

    Args:
        cells: Weights w, above 0, shape (rows, n).
        target: Targets beside ``cells.data``.
        vectors: V, shape (n, d).
        ridge: Above 0, shape (rows, d) or (rows, 1).
    """
    d = vectors.shape[1]
    out = np.zeros((cells.shape[0], d), np.float32)
    root = np.sqrt(cells.data)
    goal = root * target
    for rows, length in batches(np.diff(cells.indptr), d):
        place = cells.indptr[rows][:, None] + np.arange(length)
        there = place < cells.indptr[rows + 1][:, None]
        place = np.where(there, place, 0)
        near = vectors[cells.indices[place]] * (root[place] * there)[:, :, None]
        out[rows] = (_dual if length < d else _primal)(near, goal[place] * there, ridge[rows])
    return out


def _dual(near: Reals, goal: Reals, ridge: Reals) -> Reals:
    scaled = near / ridge[:, None, :]
    gram = scaled @ near.transpose(0, 2, 1) + np.eye(near.shape[1], dtype=np.float32)
    found = np.linalg.solve(gram, goal[:, :, None])
    out: Reals = (found.transpose(0, 2, 1) @ scaled)[:, 0]
    return out


def _primal(near: Reals, goal: Reals, ridge: Reals) -> Reals:
    gram = near.transpose(0, 2, 1) @ near
    diagonal = np.arange(near.shape[2])
    gram[:, diagonal, diagonal] += ridge
    out: Reals = np.linalg.solve(gram, near.transpose(0, 2, 1) @ goal[:, :, None])[:, :, 0]
    return out


def batches(sizes: NDArray[np.integer], d: int) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Rows with entries in batches of one padded length; the length depends on the row's own size alone."""
    step = 2.0 ** np.floor(np.log2(np.maximum(sizes, FINE))) / FINE
    length = (np.ceil(sizes / step) * step).astype(np.int64)
    for each in np.unique(length[sizes > 0]).tolist():
        rows = np.flatnonzero(length == each)
        most = max(1, CELLS // (each * d + min(each, d) ** 2 + 1))
        for at in range(0, len(rows), most):
            yield rows[at : at + most], each
