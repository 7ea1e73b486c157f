"""Sparse algebra of the neighbourhood models: who took what, in blocks, the best of each row kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import SavedError
from tastemaker.data import Dataset
from tastemaker.models.histories import latest

if TYPE_CHECKING:
    from scipy.sparse import coo_array, csr_array

WORK = 1 << 24  # products of one block: about 200 MiB while it is computed

Weigh = Callable[[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]], NDArray[np.float32]]


def liked(data: Dataset) -> csr_array:
    """Which user liked which item, float32 ones of shape (users, items).

    Of several opinions of one user on one item the latest holds; neutral interactions say nothing.
    """
    from scipy.sparse import csr_array

    log = data.interactions
    places = np.flatnonzero(log.sign)
    places = places[latest(log.user[places], log.item[places])]
    places = places[log.sign[places] > 0]
    shape = (len(data.users), len(data.items))
    ones = np.ones(len(places), np.float32)
    out = csr_array((ones, (log.user[places], log.item[places])), shape=shape)
    out.sort_indices()
    return out


def sizes(matrix: csr_array) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Number of entries of each row and of each column, float32."""
    rows = np.diff(matrix.indptr).astype(np.float32)
    columns = np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.float32)
    return rows, columns


def best_products(left: csr_array, right: csr_array, weigh: Weigh, k: int) -> csr_array:
    """Rows of ``left @ right`` after `weigh`, each with its `k` largest entries (all that tie with the last).

    Computed in blocks of rows: beside the answer about `WORK` products are held at a time.

    Args:
        left: Shape (n, m).
        right: Shape (m, p).
        weigh: From values, rows and columns to new values; entries of 0 are left out.
        k: Entries kept a row.
    """
    from scipy.sparse import vstack

    done = [_block(left, right, weigh, k, part) for part in blocks(left, right)]
    out: csr_array = vstack(done, format="csr")
    return out


def blocks(left: csr_array, right: csr_array) -> list[slice]:
    """Slices of the rows of `left` so that each multiplies about `WORK` pairs with `right`."""
    pairs = np.diff(right.indptr)[left.indices]
    ends = np.concatenate([[0], np.cumsum(pairs)])[left.indptr[1:]]
    cuts = np.flatnonzero(np.diff(ends // WORK)) + 1
    edges = [0, *cuts.tolist(), left.shape[0]]
    return [slice(a, b) for a, b in pairwise(edges)]


def _block(left: csr_array, right: csr_array, weigh: Weigh, k: int, part: slice) -> csr_array:
    product: coo_array = (left[part] @ right).tocoo()
    product.data = weigh(product.data, product.row + np.int32(part.start), product.col).astype(np.float32)
    out = product.tocsr()
    out.eliminate_zeros()
    return largest(out, k)


def largest(matrix: csr_array, k: int) -> csr_array:
    """Each row's `k` largest entries and all that tie with the last of them, so that no row number matters."""
    matrix.sort_indices()
    keep = np.ones(matrix.nnz, bool)
    for row in np.flatnonzero(np.diff(matrix.indptr) > k):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        values = matrix.data[part]
        keep[part] = values >= np.partition(values, -k)[-k]
    if not keep.all():
        matrix.data[~keep] = 0
        matrix.eliminate_zeros()
    return matrix


def opinions(product: csr_array) -> NDArray[np.float32]:
    """The same numbers as a full array with nan where nothing stands."""
    out = np.full(product.shape, np.nan, np.float32)
    start = np.repeat(np.arange(out.shape[0]) * out.shape[1], np.diff(product.indptr))
    said = product.data != 0
    out.ravel()[(start + product.indices)[said]] = product.data[said]
    return out


def pack(name: str, matrix: csr_array) -> dict[str, NDArray[Any]]:
    """A sparse matrix as the arrays of a state, each name starting with `name`."""
    return {
        f"{name}.data": matrix.data,
        f"{name}.indices": matrix.indices.astype(np.int32),
        f"{name}.indptr": matrix.indptr.astype(np.int64),
        f"{name}.shape": np.asarray(matrix.shape, np.int64),
    }


def unpack(name: str, state: Mapping[str, NDArray[Any]]) -> csr_array:
    """The matrix that `pack` took apart; raises `SavedError` where its arrays do not fit together."""
    from scipy.sparse import csr_array

    try:
        parts = tuple(state[f"{name}.{part}"] for part in ("data", "indices", "indptr"))
        rows, columns = (int(n) for n in state[f"{name}.shape"])
        out = csr_array(parts, shape=(rows, columns))
        out.check_format(full_check=True)
    except (KeyError, ValueError) as error:
        raise SavedError(f"The saved matrix {name!r} is incomplete or damaged ({error}). Fit it anew.") from error
    return out
