"""Graphs of the networks: who liked what, which items are alike, and what flows along both."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CELLS = 1 << 24  # similarities held at a time: 64 MiB


def knn_graph(
    vectors: NDArray[np.floating],
    present: NDArray[np.bool_],
    k: int = 10,
    *,
    own: bool = True,
    among: NDArray[np.bool_] | None = None,
) -> csr_array:
    """The `k` items of largest cosine to each item, computed in blocks.

    Items without a vector, and those whose vector is zero, have no neighbours and are nobody's. All that tie
    with the last neighbour are kept, so that no item number matters.

    Args:
        vectors: Shape (n, d); rows that are not `present` are never read.
        present: Which items have a vector, (n,).
        k: Neighbours an item, at least 1.
        own: Whether an item is among its own neighbours, as in Zhou & Shen 2023 (FREEDOM).
        among: Which items may be neighbours, (n,); None: all.

    Returns:
        Cosines, float32 of shape (n, n); absent entries are no neighbours.
    """
    from scipy.sparse import csr_array

    known = np.flatnonzero(present)
    unit = np.asarray(vectors[known], np.float32)
    norms = np.linalg.norm(unit, axis=1)
    known, unit = known[norms > 0], unit[norms > 0] / norms[norms > 0, None]
    size = max(1, CELLS // max(1, len(known)))
    barred = (np.zeros(len(present), bool) if among is None else ~among)[known]
    parts = [_nearest(unit, slice(at, at + size), k, own, barred) for at in range(0, len(known), size)]
    n = len(present)
    if not parts:
        nothing = np.empty(0, np.int64)
        return csr_array((np.empty(0, np.float32), (nothing, nothing)), shape=(n, n))
    rows, columns, values = (np.concatenate(each) for each in zip(*parts, strict=True))
    out = csr_array((values, (known[rows], known[columns])), shape=(n, n))
    out.sort_indices()
    return out


def _nearest(
    unit: NDArray[np.float32], part: slice, k: int, own: bool, barred: NDArray[np.bool_]
) -> tuple[NDArray[Any], ...]:
    """Rows, columns and cosines of the neighbours of ``unit[part]`` among those that are not barred."""
    alike = unit[part] @ unit.T
    alike[:, barred] = -np.inf
    if not own:
        alike[np.arange(len(alike)), np.arange(part.start, part.start + len(alike))] = -np.inf
    if k < alike.shape[1]:
        last = np.partition(alike, -k, axis=1)[:, -k, None]
        alike[alike < last] = -np.inf
    rows, columns = np.nonzero(np.isfinite(alike))
    return rows + part.start, columns, alike[rows, columns]


def mixed(graphs: Sequence[csr_array], shares: Sequence[float]) -> csr_array:
    """One graph from the graphs of several sources, float32; each row sums to 1, or to 0 without neighbours.

    Neighbours of one source weigh alike, as in FREEDOM; an item that lacks a source relies on the others.

    Args:
        graphs: One a source, each (n, n).
        shares: What each source weighs, at least 0.
    """
    from scipy.sparse import diags_array

    def even(graph: csr_array) -> csr_array:
        out = graph.copy()
        out.data = (1.0 / np.maximum(1, np.diff(graph.indptr))).repeat(np.diff(graph.indptr))
        return out

    total = sum((share * even(graph) for graph, share in zip(graphs, shares, strict=True)), 0 * graphs[0])
    sums = np.asarray(total.sum(axis=1)).ravel()
    out: csr_array = (diags_array(np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)) @ total).tocsr()
    out.eliminate_zeros()
    return out.astype(np.float32)


def normalised(matrix: csr_array) -> csr_array:
    """``D^-1/2 M E^-1/2`` with D and E the sums of rows and columns, float32.

    Of who liked what, (users, items), this is the block of the graph of LightGCN (He et al. 2020, eq. 6-8).
    """
    from scipy.sparse import diags_array

    rows, columns = (np.asarray(matrix.sum(axis=axis)).ravel() for axis in (1, 0))
    left, right = (diags_array(np.divide(1, np.sqrt(n), out=np.zeros(len(n)), where=n > 0)) for n in (rows, columns))
    out: csr_array = (left @ matrix @ right).tocsr().astype(np.float32)
    out.sort_indices()
    return out


class Edges(NamedTuple):
    """A sparse matrix and the same transposed, both CSR: what flows along a graph, and back.

    Attributes:
        there: Shape (n, m).
        back: Shape (m, n).
    """

    there: Tensor
    back: Tensor

    @staticmethod
    def of(matrix: csr_array, device: torch.device | str = "cpu") -> Edges:
        """Edges of a matrix of scipy."""
        return Edges(to_torch(matrix, device), to_torch(matrix.T.tocsr(), device))

    def forth(self, dense: Tensor) -> Tensor:
        """``matrix @ dense``, (m, d) to (n, d)."""
        return product(self.there, dense, self.back)

    def home(self, dense: Tensor) -> Tensor:
        """``matrix.T @ dense``, (n, d) to (m, d)."""
        return product(self.back, dense, self.there)


def to_torch(matrix: csr_array, device: torch.device | str = "cpu") -> Tensor:
    """The same matrix as a sparse CSR tensor, float32."""
    starts, columns = (torch.from_numpy(a.astype(np.int64)) for a in (matrix.indptr, matrix.indices))
    values = torch.from_numpy(matrix.data.astype(np.float32))
    rows, width = (int(n) for n in matrix.shape)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        out = torch.sparse_csr_tensor(starts, columns, values, [rows, width], check_invariants=True)
    return out.to(device)


class _Product(torch.autograd.Function):
    """``matrix @ dense``; its gradient is another sparse product, with no matrix turned on the way."""

    @staticmethod
    def forward(ctx: Any, dense: Tensor, matrix: Tensor, turned: Tensor) -> Tensor:
        ctx.turned = turned
        return matrix @ dense

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        return ctx.turned @ grads[0].contiguous(), None, None


def product(matrix: Tensor, dense: Tensor, turned: Tensor | None = None) -> Tensor:
    """``matrix @ dense`` with gradients for `dense`, (n, d).

    Args:
        matrix: Sparse CSR, (n, m).
        dense: Shape (m, d).
        turned: The matrix transposed, sparse CSR; None where it is symmetric.
    """
    out: Tensor = _Product.apply(dense, matrix, matrix if turned is None else turned)  # type: ignore[no-untyped-call]
    return out


def propagate(start: Tensor, likes: Edges, layers: int) -> Tensor:
    """Mean of `start` and of what `layers` walks item - user - item make of it, (n_items, d).

    Two layers of LightGCN (He et al. 2020, eq. 4) each; users have no vectors of their own.
    """
    total = step = start
    for _ in range(layers):
        step = likes.home(likes.forth(step))
        total = total + step
    return total / (layers + 1)
