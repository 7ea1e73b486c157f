"""Dense symmetric algebra of the linear item models, in place: one matrix of items x items is held at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting
from tastemaker.models import sparse

if TYPE_CHECKING:
    from scipy.sparse import csr_array

STEEP = 1e5  # condition from which on float32 loses too many digits
FULL = 0.1  # share of entries from which on a full product is faster
TILE = 1024  # rows mirrored at a time
NEAR = 256  # columns multiplied at a time

Square = NDArray[np.floating]


def gram(rows: csr_array) -> Square:
    """``rows' rows`` as a full matrix, float32 of shape (columns, columns).

    Beside the answer, `sparse.WORK` products are held at a time.
    """
    left = rows.T.tocsr()
    out = np.empty((left.shape[0], left.shape[0]), np.float32)
    for part in sparse.blocks(left, rows):
        out[part] = (left[part] @ rows).toarray()
    return out


def add_gram(matrix: Square, vectors: NDArray[np.float32], weight: float) -> None:
    """Add ``weight * vectors @ vectors.T`` to a float32 matrix, in place and in blocks of rows.

    Args:
        matrix: Shape (n, n).
        vectors: Shape (n, dim).
        weight: What the product weighs.
    """
    for start in range(0, len(matrix), TILE):
        part = slice(start, start + TILE)
        matrix[part] += (np.float32(weight) * vectors[part]) @ vectors.T


def add_sparse(matrix: Square, other: csr_array, weight: float) -> None:
    """Add ``weight * other`` in place and in blocks of rows."""
    for start in range(0, len(matrix), TILE):
        part = slice(start, start + TILE)
        matrix[part] += np.float32(weight) * other[part].toarray()


def times(matrix: Square, other: csr_array) -> Square:
    """``matrix @ other`` for a symmetric matrix, shape (n, n)."""
    if other.nnz > FULL * other.shape[0] * other.shape[1]:
        return np.asarray(matrix @ other.toarray().astype(matrix.dtype))
    turned, out = other.T.tocsr().astype(matrix.dtype), np.empty_like(matrix)
    for start in range(0, len(matrix), NEAR):  # so that a tile of the product stays near the processor
        part = slice(start, start + NEAR)
        out[part] = (turned @ np.ascontiguousarray(matrix[:, part])).T
    return out


def invert(matrix: Square) -> Square:
    """The inverse of a positive definite matrix, in its own memory where it lies in C order.

    By Cholesky (LAPACK's potrf and potri), a third of the work of a general inverse.

    Raises:
        BadSetting: `matrix` is not positive definite.
    """
    from scipy.linalg import lapack

    single = matrix.dtype == np.float32
    factor, solve = (lapack.spotrf, lapack.spotri) if single else (lapack.dpotrf, lapack.dpotri)
    root, failed = factor(
        matrix.T, lower=1, overwrite_a=1, clean=0
    )  # symmetric: the transpose is it, in LAPACK's order
    if not failed:
        root, failed = solve(root, lower=1, overwrite_c=1)
    if failed:
        raise BadSetting("The items' matrix cannot be inverted; set a larger `reg`.")
    out: Square = root.T
    _mirror(out)
    return out


def steep(matrix: Square, least: float) -> bool:
    """Whether a positive semi-definite matrix with `least` added to its diagonal asks for float64 when inverted."""
    greatest = np.abs(matrix).sum(axis=1).max(initial=0.0)  # no eigenvalue is larger
    return bool(greatest > STEEP * least)


def _mirror(matrix: Square) -> None:
    """Copy the upper triangle into the lower one."""
    n = len(matrix)
    for start in range(0, n, TILE):
        end = min(start + TILE, n)
        corner = matrix[start:end, start:end]
        corner[:] = np.triu(corner) + np.triu(corner, 1).T
        matrix[end:, start:end] = matrix[start:end, end:].T
